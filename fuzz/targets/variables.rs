//! Bodies of requests: whatever JSON is sent as variables.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use stepwell_fuzz::Subject;

static SUBJECT: LazyLock<Subject> = LazyLock::new(Subject::default);

const QUERY: &str =
    "query Q($input: Input!, $list: [[Int]], $any: AWSJSON, $kind: Kind, $at: AWSDateTime, $on: Boolean!) {
  echo(input: $input, list: $list, any: $any) { id text @include(if: $on) number echo { text } }
  nodes(kind: $kind, at: $at) { id }
}";

fuzz_target!(|variables: &[u8]| {
    let Ok(text) = std::str::from_utf8(variables) else { return };
    let body = format!(r#"{{"query":{},"variables":{text}}}"#, Value::from(QUERY));
    match appsync::parse_body(body.as_bytes()) {
        Ok(body) => {
            SUBJECT.ask(&body.query, body.variables);
        }
        Err(refused) => {
            let answer: Value = serde_json::from_slice(&refused.body).expect("an answer is JSON");
            assert_ne!(answer["errors"], json!([]), "refused without an error");
        }
    }
    SUBJECT.still_answers();
});
