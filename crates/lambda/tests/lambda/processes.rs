//! Commands of one's own: for each event, or speaking the Runtime API themselves; time-outs, crashes, concurrency.

use std::sync::Arc;

use clock::{SimulatedClock, Timestamp};
use lambda::{Command, Function, Interpreter, Run};
use serde_json::{Value, json};

use crate::harness::{call, folder, function, invoke, managed, service, service_with, shell};

fn stdio(script: &str) -> (tempfile::TempDir, Function) {
    let folder = folder(&[]);
    let function = function(&folder, Run::Stdio(shell(script)), "");
    (folder, function)
}

#[tokio::test]
async fn a_command_for_each_event_reads_the_event_and_writes_the_result() {
    let (_folder, function) = stdio(r#"printf '{"got": %s, "colour": "%s"}' "$(cat)" "$COLOUR""#);
    let lambda = service(function);
    assert_eq!(invoke(&lambda, json!([1, 2])).await, (None, json!({ "got": [1, 2], "colour": "blue" })));
    let (_folder, function) = stdio("true");
    assert_eq!(invoke(&service(function), json!({})).await, (None, Value::Null));
}

#[tokio::test]
async fn a_command_that_fails_or_writes_no_json_is_a_function_error() {
    let cases = [
        ("echo 'no tea left' >&2; exit 3", "Runtime.ExitError", "exit status: 3\nno tea left"),
        ("echo tea", "Runtime.MarshalError", "is not JSON: tea"),
        ("kill -9 $$", "Runtime.ExitError", "SIGKILL"),
    ];
    for (script, kind, message) in cases {
        let (_folder, function) = stdio(script);
        let (error, payload) = invoke(&service(function), json!({})).await;
        assert_eq!((error.as_deref(), payload["errorType"].as_str()), (Some("Unhandled"), Some(kind)), "{script}");
        assert!(payload["errorMessage"].as_str().is_some_and(|text| text.contains(message)), "{payload}");
    }
}

#[tokio::test]
async fn an_answer_of_more_than_six_megabytes_is_a_function_error() {
    let (_folder, function) = stdio("printf '\"'; head -c 7000000 /dev/zero | tr '\\0' x; printf '\"'");
    let (error, payload) = invoke(&service(function), json!({})).await;
    assert_eq!(error.as_deref(), Some("Unhandled"));
    assert_eq!(payload["errorType"], "Function.ResponseSizeTooLarge");
}

#[tokio::test]
async fn a_time_out_ends_the_process_and_what_it_started() {
    let folder = folder(&[("app.js", "exports.handler = () => new Promise(() => setInterval(() => {}, 1000));")]);
    let node = Function { timeout_seconds: 1, ..function(&folder, managed(Interpreter::Node), "app.handler") };
    let (_folder, sleeper) = stdio("sleep 1000");
    let sleeper = Function { timeout_seconds: 1, ..sleeper };
    for function in [node, sleeper] {
        let (error, payload) = invoke(&service(function), json!({})).await;
        assert_eq!((error.as_deref(), &payload["errorType"]), (Some("Unhandled"), &json!("Sandbox.Timedout")));
        let message = payload["errorMessage"].as_str().expect("a message");
        assert!(message.ends_with("Error: Task timed out after 1.00 seconds"), "{message}");
    }
}

#[tokio::test]
async fn a_process_that_never_asks_for_an_event_fails_the_invocation_not_the_service() {
    let folder = folder(&[]);
    let lambda = service(function(&folder, Run::RuntimeApi(shell("echo starting; exit 2")), ""));
    let answer = call(&lambda, json!({ "FunctionName": "f", "LogType": "Tail" })).await.expect("an outcome");
    assert_eq!(answer["Payload"]["errorType"], "Runtime.ExitError");
    let clock = SimulatedClock::new(Timestamp(0), 1);
    let function = function(&folder, Run::RuntimeApi(shell("sleep 1000")), "");
    let lambda = service_with(function, Arc::new(clock.clone()));
    let (answer, ()) = tokio::join!(invoke(&lambda, json!({})), async {
        while clock.next_wake().is_none() {
            tokio::task::yield_now().await;
        }
        clock.advance_millis(30_000);
    });
    assert_eq!(answer.1["errorType"], "Sandbox.Timedout");
}

/// A runtime of one's own, in Python, that lets one event go by.
const FORGETFUL: &str = r#"
import json, os, urllib.request
root = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    event = urllib.request.urlopen(root + "next")
    id, payload = event.headers["Lambda-Runtime-Aws-Request-Id"], event.read()
    if payload == b'"forget"':
        continue
    urllib.request.urlopen(root + id + "/response", data=payload)
"#;

#[tokio::test]
async fn a_command_may_speak_the_runtime_api_itself_and_owes_an_answer_to_every_event() {
    let folder = folder(&[]);
    let arguments = ["-c", FORGETFUL].map(str::to_owned).to_vec();
    let command = Command { program: "python3".to_owned(), arguments };
    let lambda = service(function(&folder, Run::RuntimeApi(command), ""));
    assert_eq!(invoke(&lambda, json!({ "n": 1 })).await, (None, json!({ "n": 1 })));
    let (error, payload) = invoke(&lambda, json!("forget")).await;
    assert_eq!((error.as_deref(), &payload["errorType"]), (Some("Unhandled"), &json!("Runtime.NoResponse")));
    assert_eq!(invoke(&lambda, json!(2)).await, (None, json!(2)));
}

#[tokio::test]
async fn a_command_that_does_not_start_is_a_mistake_of_the_settings() {
    let folder = folder(&[]);
    let command = || Command { program: "no-such-program".to_owned(), arguments: Vec::new() };
    for run in [Run::Stdio(command()), Run::RuntimeApi(command())] {
        let error = call(&service(function(&folder, run, "")), json!({ "FunctionName": "f" })).await;
        let error = error.expect_err("no outcome");
        assert_eq!((error.code.as_ref(), error.status), ("InvalidRuntimeException", 400));
        assert!(error.message.contains("its command 'no-such-program' does not start"), "{error}");
    }
}

#[tokio::test]
async fn invocations_beyond_the_concurrency_wait_for_a_process() {
    let folder = folder(&[("app.js", "exports.handler = async (event) => ({ n: event.n, pid: process.pid });")]);
    let function = Function { concurrency: 2, ..function(&folder, managed(Interpreter::Node), "app.handler") };
    let lambda = service(function);
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..12 {
        let lambda = lambda.clone();
        calls.spawn(async move { invoke(&lambda, json!({ "n": n })).await });
    }
    let answers = calls.join_all().await;
    let mut seen: Vec<_> = answers.iter().map(|(_, payload)| payload["n"].as_u64().expect("answered")).collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..12).collect::<Vec<_>>());
    let pids: std::collections::HashSet<_> = answers.iter().map(|(_, payload)| payload["pid"].to_string()).collect();
    assert!(pids.len() <= 2, "{pids:?}");
}

#[tokio::test]
async fn a_shutdown_refuses_what_comes_after_it() {
    let (_folder, function) = stdio("true");
    let lambda = service(function);
    lambda.shutdown();
    let error = call(&lambda, json!({ "FunctionName": "f" })).await.expect_err("refused");
    assert_eq!((error.code.as_ref(), error.status), ("ServiceException", 500));
}
