//! Handlers of the managed runtimes, run by our own bootstrap.

use lambda::Interpreter;
use serde_json::{Value, json};

use crate::harness::{call, folder, function, invoke, managed, service};

const COMMON_JS: &str = r#"
exports.echo = async (event, context) => ({ event, colour: process.env.COLOUR, name: context.functionName,
  arn: context.invokedFunctionArn, left: context.getRemainingTimeInMillis() > 0, pid: process.pid });
exports.back = (event, context, callback) => setTimeout(() => callback(null, event.n + 1), 1);
exports.silent = () => {};
exports.sour = (event, context, callback) => callback(new RangeError("sour"));
exports.throws = async () => { throw Object.assign(new Error("boom"), { name: "OutOfStock" }); };
exports.text = async () => { throw "just text"; };
exports.later = async () => { setTimeout(() => { throw new TypeError("too late"); }, 0); await new Promise(() => {}); };
exports.leaves = async () => process.exit(7);
exports.says = async () => { console.log("hello from the function"); return null; };
exports.notAFunction = 5;
exports.much = async (event) => "x".repeat(event.length);
exports.pick = async (event, context) => exports[event.do](event, context);
"#;

const ES_MODULE: &str =
    "import { add } from './add.mjs';\nexport const handler = async (event) => add(event.a, event.b);\n";

const PYTHON: &str = r#"
import os
def echo(event, context):
    print("hello from the function")
    return {"event": event, "colour": os.environ["COLOUR"], "arn": context.invoked_function_arn, "n": 1.0}
class OutOfStock(Exception):
    pass
def throws(event, context):
    raise OutOfStock("boom")
def circle(event, context):
    return {1, 2}
"#;

async fn node(handler: &str, payload: Value) -> (Option<String>, Value) {
    let folder = folder(&[("app.js", COMMON_JS)]);
    invoke(&service(function(&folder, managed(Interpreter::Node), handler)), payload).await
}

async fn python(handler: &str, payload: Value) -> (Option<String>, Value) {
    let folder = folder(&[("app.py", PYTHON)]);
    invoke(&service(function(&folder, managed(Interpreter::Python), handler)), payload).await
}

#[tokio::test]
async fn a_node_handler_gets_event_context_and_environment() {
    let (error, payload) = node("app.echo", json!({ "id": 7 })).await;
    assert_eq!(error, None, "{payload}");
    assert_eq!(payload["event"], json!({ "id": 7 }));
    assert_eq!((&payload["colour"], &payload["name"], &payload["left"]), (&json!("blue"), &json!("f"), &json!(true)));
    assert_eq!(payload["arn"], "arn:aws:lambda:us-east-1:111111111111:function:f");
}

#[tokio::test]
async fn node_handlers_answer_with_a_promise_a_callback_or_nothing() {
    assert_eq!(node("app.back", json!({ "n": 1 })).await, (None, json!(2)));
    assert_eq!(node("app.silent", json!({})).await, (None, Value::Null));
    let folder = folder(&[("index.mjs", ES_MODULE), ("add.mjs", "export const add = (a, b) => a + b;")]);
    let lambda = service(function(&folder, managed(Interpreter::Node), "index.handler"));
    assert_eq!(invoke(&lambda, json!({ "a": 1, "b": 2 })).await, (None, json!(3)));
}

#[tokio::test]
async fn errors_of_node_handlers_have_the_name_the_message_and_the_trace() {
    let unhandled = Some("Unhandled".to_owned());
    let cases = [
        ("app.throws", "OutOfStock", "boom"),
        ("app.sour", "RangeError", "sour"),
        ("app.text", "string", "just text"),
        ("app.later", "TypeError", "too late"),
    ];
    for (handler, kind, message) in cases {
        let (error, payload) = node(handler, json!({})).await;
        let told = (error, payload["errorType"].as_str(), payload["errorMessage"].as_str());
        assert_eq!(told, (unhandled.clone(), Some(kind), Some(message)), "{handler}");
        assert!(payload["trace"].is_array(), "{payload}");
    }
    for length in [6_291_555, 9_000_000] {
        let (error, payload) = node("app.much", json!({ "length": length })).await;
        let told = (error.as_deref(), payload["errorType"].as_str());
        assert_eq!(told, (Some("Unhandled"), Some("Function.ResponseSizeTooLarge")), "{length}");
    }
    let (_, payload) = node("app.leaves", json!({})).await;
    assert_eq!(payload["errorType"], "Runtime.ExitError");
    assert!(payload["errorMessage"].as_str().is_some_and(|text| text.ends_with("exit status: 7")), "{payload}");
}

#[tokio::test]
async fn what_cannot_be_loaded_is_named() {
    let cases = [
        ("nowhere.handler", "Runtime.ImportModuleError"),
        ("app.nothing", "Runtime.HandlerNotFound"),
        ("app.notAFunction", "Runtime.HandlerNotFound"),
        ("app", "Runtime.MalformedHandlerName"),
    ];
    for (handler, kind) in cases {
        let (error, payload) = node(handler, json!({})).await;
        assert_eq!((error.as_deref(), payload["errorType"].as_str()), (Some("Unhandled"), Some(kind)), "{handler}");
    }
    let (error, payload) = python("app.nothing", json!({})).await;
    assert_eq!((error.as_deref(), &payload["errorType"]), (Some("Unhandled"), &json!("Runtime.HandlerNotFound")));
}

#[tokio::test]
async fn python_handlers_answer_and_fail_as_on_aws() {
    let (error, payload) = python("app.echo", json!({ "id": "é" })).await;
    assert_eq!(error, None, "{payload}");
    assert_eq!((&payload["event"]["id"], &payload["colour"]), (&json!("é"), &json!("blue")));
    let (error, payload) = python("app.throws", json!({})).await;
    assert_eq!(error.as_deref(), Some("Unhandled"));
    assert_eq!((&payload["errorType"], &payload["errorMessage"]), (&json!("OutOfStock"), &json!("boom")));
    assert!(payload["stackTrace"][0].as_str().is_some_and(|line| line.contains("in throws")), "{payload}");
    let members: Vec<_> = payload.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(members, ["errorMessage", "errorType", "requestId", "stackTrace"]);
    let (_, payload) = python("app.circle", json!({})).await;
    assert_eq!(payload["errorType"], "Runtime.MarshalError");
}

#[tokio::test]
async fn a_payload_as_text_keeps_the_text_that_the_function_wrote() {
    let folder = folder(&[("app.py", PYTHON)]);
    let lambda = service(function(&folder, managed(Interpreter::Python), "app.echo"));
    let answer = call(&lambda, json!({ "FunctionName": "f", "PayloadText": r#"{"a": 1.50}"#, "LogType": "Tail" }));
    let answer = answer.await.expect("an outcome");
    let text = answer["PayloadText"].as_str().expect("a text");
    assert!(text.starts_with(r#"{"event": {"a": 1.5}, "colour": "blue""#) && text.ends_with(r#""n": 1.0}"#), "{text}");
    assert!(answer["RequestId"].as_str().is_some_and(|id| id.len() == 36));
}

#[tokio::test]
async fn a_process_is_kept_for_the_next_event_and_replaced_when_it_ends() {
    let folder = folder(&[("app.js", COMMON_JS)]);
    let lambda = service(function(&folder, managed(Interpreter::Node), "app.pick"));
    let pid = async || invoke(&lambda, json!({ "do": "echo" })).await.1["pid"].clone();
    let first = pid().await;
    assert!(first.is_number());
    assert_eq!(pid().await, first);
    let (error, _) = invoke(&lambda, json!({ "do": "throws" })).await;
    assert_eq!(error.as_deref(), Some("Unhandled"));
    assert_eq!(pid().await, first, "an error of the handler leaves the process alone");
    let (error, _) = invoke(&lambda, json!({ "do": "leaves" })).await;
    assert_eq!(error.as_deref(), Some("Unhandled"));
    assert_ne!(pid().await, first);
}
