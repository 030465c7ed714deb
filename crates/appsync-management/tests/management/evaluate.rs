//! EvaluateCode gives the answers that were recorded on AWS.

use std::sync::Arc;

use serde_json::{Value, json};
use store::MemoryStore;

use super::harness::Harness;

const CASES: &str = include_str!("../../../../tests/conformance/appsync-utils/cases.json");

#[tokio::test]
async fn recorded_answers_are_ours() {
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    let harness = Harness::open(Arc::new(MemoryStore::default())).await;
    let mut wrong = Vec::new();
    for case in &cases {
        let expression = case["expression"].as_str().unwrap();
        let code = format!(
            "import {{ util }} from '@aws-appsync/utils';
             import * as ddb from '@aws-appsync/utils/dynamodb';
             import * as rds from '@aws-appsync/utils/rds';
             export function request(ctx) {{ return {expression}; }}
             export function response(ctx) {{ return {expression}; }}"
        );
        let input = json!({
            "runtime": { "name": "APPSYNC_JS", "runtimeVersion": "1.0.0" },
            "code": code, "context": case["context"].to_string(), "function": case["function"],
        });
        let answer = harness.ok("EvaluateCode", input).await;
        if !is_right(&answer, case) {
            wrong.push(format!("{expression}\n  gave     {answer}\n  expected {}", case["expected"]));
        }
    }
    println!("recorded answers through EvaluateCode: {}/{} passed", cases.len() - wrong.len(), cases.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn is_right(answer: &Value, case: &Value) -> bool {
    if case["expected_undefined"] == true {
        return answer.get("evaluationResult").is_none() && answer.get("error").is_none();
    }
    if let (Value::String(message), Some(1)) =
        (&case["expected"]["message"], case["expected"].as_object().map(serde_json::Map::len))
    {
        let given = answer["error"]["message"].as_str().unwrap_or_default();
        // After `code.js:L:C: `.
        return given.splitn(4, ':').nth(3).map_or(given, str::trim_start) == message;
    }
    let result = answer["evaluationResult"].as_str().unwrap_or("null");
    serde_json::from_str::<Value>(result).is_ok_and(|result| result == case["expected"])
}
