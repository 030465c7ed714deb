//! EvaluateCode gives the answers that were recorded on AWS, and all that is wrong with code.

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

/// Where AppSync's texts and kinds are not documented they are ours; the members and their meaning are those of
/// `CodeError` and `CodeErrorLocation` in AppSync's API reference.
#[tokio::test]
async fn all_errors_of_code_are_told_with_their_spans() {
    let harness = Harness::open(Arc::new(MemoryStore::default())).await;
    let id = harness.api("type Query { a: String }").await;
    let code = "export function request() {\n  throw 1;\n}\nexport function reply() { return ~1; }";
    let error = |kind: &str, value: &str, line: u32, column: u32, span: u32| {
        let location = json!({ "line": line, "column": column, "span": span });
        json!({ "errorType": kind, "value": value, "location": location })
    };
    let expected = json!([
        error("UNSUPPORTED_SYNTAX_USAGE", "throw is not supported by APPSYNC_JS", 2, 3, 8),
        error("UNSUPPORTED_SYNTAX_USAGE", "~ is not supported by APPSYNC_JS", 4, 34, 2),
        error("PARSER_ERROR", "the code must export a function named response", 4, 39, 0),
    ]);
    let runtime = json!({ "name": "APPSYNC_JS", "runtimeVersion": "1.0.0" });
    let asked = json!({ "runtime": runtime, "code": code, "context": "{}" });
    assert_eq!(harness.ok("EvaluateCode", asked).await["error"]["codeErrors"], expected);
    for (operation, named) in [
        ("CreateFunction", json!({ "name": "f" })),
        ("CreateResolver", json!({ "typeName": "Query", "fieldName": "a" })),
    ] {
        let mut input = json!({ "apiId": id, "dataSourceName": "none", "runtime": runtime, "code": code });
        input.as_object_mut().unwrap().extend(named.as_object().unwrap().clone());
        let refused = harness.call(operation, input).await.expect_err("refused");
        assert_eq!(refused.code, "BadRequestException", "{operation}");
        assert_eq!(refused.members["reason"], "CODE_ERROR", "{operation}");
        assert_eq!(refused.members["detail"]["codeErrors"], expected, "{operation}");
    }
}

#[tokio::test]
async fn a_span_that_is_not_known_is_less_than_nothing() {
    let harness = Harness::open(Arc::new(MemoryStore::default())).await;
    // That a name is taken is found where the code is loaded, which tells no lengths.
    let code = "let a;\nlet a;\nexport function request() {}\nexport function response() {}";
    let runtime = json!({ "name": "APPSYNC_JS", "runtimeVersion": "1.0.0" });
    let asked = json!({ "runtime": runtime, "code": code, "context": "{}" });
    let errors = harness.ok("EvaluateCode", asked).await["error"]["codeErrors"].clone();
    assert_eq!((&errors[0]["location"]["line"], &errors[0]["location"]["span"]), (&json!(2), &json!(-1)), "{errors}");
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
