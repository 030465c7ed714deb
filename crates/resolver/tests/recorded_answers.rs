//! Every recorded answer of `util.*` and the helper modules, through a resolver, as EvaluateCode runs it.

use std::sync::Arc;

use resolver::{Context, ContextError, End, Handler, Info, Language, Source, javascript::JavaScript};
use serde_json::Value;

const CASES: &str = include_str!("../../../tests/conformance/appsync-utils/cases.json");

#[test]
fn recorded_answers_are_ours() {
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    let language = JavaScript::default();
    let wrong: Vec<String> = cases.iter().filter_map(|case| run(&language, case).err()).collect();
    println!("recorded answers: {}/{} passed", cases.len() - wrong.len(), cases.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn run(language: &JavaScript, case: &Value) -> Result<(), String> {
    let expression = case["expression"].as_str().unwrap();
    let code = format!(
        "import {{ util }} from '@aws-appsync/utils';
         import * as ddb from '@aws-appsync/utils/dynamodb';
         import * as rds from '@aws-appsync/utils/rds';
         export function request(ctx) {{ return {expression}; }}
         export function response(ctx) {{ return {expression}; }}"
    );
    let handlers = language.compile(&Source { name: "code.js".into(), code }).map_err(|error| error.to_string())?;
    let context = context(&case["context"]);
    let evaluation = handlers.invoke(Handler::Request, &context);
    let expected = &case["expected"];
    let right = match (&evaluation.end, &expected["message"]) {
        (End::Raised(raised), Value::String(message)) => without_place(&raised.message) == message,
        (End::Returned(Some(value)), _) => value == expected,
        _ => false,
    };
    if right { Ok(()) } else { Err(format!("{expression}\n  gave     {:?}\n  expected {expected}", evaluation.end)) }
}

/// The message after `code.js:L:C: `.
fn without_place(message: &str) -> &str {
    message.splitn(4, ':').nth(3).map_or(message, str::trim_start)
}

fn context(given: &Value) -> Context {
    let map = |name: &str| Arc::new(given[name].as_object().cloned().unwrap_or_default());
    Context {
        arguments: map("arguments"),
        source: Arc::new(given["source"].clone()),
        identity: Arc::new(given["identity"].clone()),
        stash: given["stash"].as_object().cloned().unwrap_or_default(),
        prev_result: given["prev"].get("result").cloned().map(Arc::new),
        result: given.get("result").cloned().map(Arc::new),
        error: given.get("error").map(|error| ContextError {
            message: error["message"].as_str().unwrap_or_default().into(),
            kind: error["type"].as_str().unwrap_or_default().into(),
        }),
        info: Arc::new(Info::default()),
        env: map("env"),
        auth_type: "API Key Authorization",
        ..Context::default()
    }
}
