//! What is refused before a function runs, and whom an invocation goes to.

use std::sync::Arc;

use aws_protocol::BoxFuture;
use clock::RealClock;
use lambda::{Elsewhere, Error, Function, Invocation, Lambda, Outcome, Run};
use parking_lot::Mutex;
use serde_json::json;

use crate::harness::{call, config, folder, function, service, shell};

#[derive(Default)]
struct Remembering(Mutex<Vec<Invocation>>);

impl Elsewhere for Remembering {
    fn invoke(&self, invocation: Invocation) -> BoxFuture<'_, Result<Outcome, Error>> {
        self.0.lock().push(invocation);
        let outcome = Outcome { status: 200, payload: r#""far""#.to_owned(), ..Outcome::default() };
        Box::pin(std::future::ready(Ok(outcome)))
    }
}

#[tokio::test]
async fn refusals_are_those_of_aws() {
    let folder = folder(&[]);
    let lambda = service(function(&folder, Run::Stdio(shell("cat")), ""));
    let long = "x".repeat(6_291_455);
    let event = "x".repeat(1 << 20);
    let cases = [
        (
            json!({ "FunctionName": "g" }),
            "ResourceNotFoundException",
            404,
            "Function not found: arn:aws:lambda:us-east-1:111111111111:function:g:$LATEST",
        ),
        (
            json!({ "FunctionName": "a b" }),
            "ValidationException",
            400,
            "1 validation error detected: Value 'a b' at 'functionName'",
        ),
        (
            json!({ "FunctionName": "f", "Payload": long }),
            "RequestTooLargeException",
            413,
            "6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)",
        ),
        (
            json!({ "FunctionName": "f", "InvocationType": "Event", "Payload": event }),
            "RequestTooLargeException",
            413,
            "1048578 byte payload is too large for the Event invocation type",
        ),
        (
            json!({ "FunctionName": "f", "PayloadText": "{" }),
            "InvalidRequestContentException",
            400,
            "Could not parse request body into json",
        ),
        (
            json!({ "FunctionName": "f", "InvocationType": "x" }),
            "InvalidParameterValueException",
            400,
            "1 validation error detected: Value 'x' at 'invocationType'",
        ),
    ];
    for (input, code, status, message) in cases {
        let error = call(&lambda, input).await.expect_err(code);
        assert_eq!((error.code.as_ref(), error.status), (code, status));
        assert!(error.message.starts_with(message), "{error}");
        assert_eq!(error.members["Type"], "User");
    }
}

#[tokio::test]
async fn a_dry_run_runs_nothing() {
    let folder = folder(&[]);
    let lambda = service(function(&folder, Run::Stdio(shell("touch ran")), ""));
    let answer = call(&lambda, json!({ "FunctionName": "f", "InvocationType": "DryRun" })).await.expect("accepted");
    assert_eq!(answer["StatusCode"], 204);
    assert!(!folder.path().join("ran").exists());
}

#[tokio::test]
async fn a_function_that_nobody_runs_says_what_is_missing() {
    let folder = folder(&[]);
    let lambda = service(function(&folder, Run::Nobody("it needs a command".to_owned()), ""));
    let error = call(&lambda, json!({ "FunctionName": "f" })).await.expect_err("nobody runs it");
    assert_eq!(error.message, "stepwell does not run the function f: it needs a command");
}

#[tokio::test]
async fn functions_elsewhere_get_the_invocation_as_it_is() {
    let (one, others) = (Arc::new(Remembering::default()), Arc::new(Remembering::default()));
    let folder = folder(&[]);
    let far = Function { run: Run::Elsewhere(one.clone()), ..function(&folder, Run::Nobody(String::new()), "") };
    let lambda = Lambda::new(config(), Arc::new(RealClock), vec![far], Some(others.clone()));
    let foreign = "arn:aws:lambda:eu-west-1:222222222222:function:f";
    for name in ["f", "g:live", foreign] {
        let answer = call(&lambda, json!({ "FunctionName": name, "Payload": 1, "InvocationType": "Event" }));
        assert_eq!(answer.await.expect("an outcome")["Payload"], "far");
    }
    let names = |from: &Remembering| from.0.lock().iter().map(|asked| asked.function_name.clone()).collect::<Vec<_>>();
    assert_eq!((names(&one), names(&others)), (vec!["f".to_owned()], vec!["g:live".to_owned(), foreign.to_owned()]));
}
