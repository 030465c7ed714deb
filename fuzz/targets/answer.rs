//! What data sources answer: DynamoDB's items and pages, Lambda's payloads, bodies over HTTP.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::Map;
use stepwell_fuzz::Subject;

static SUBJECT: LazyLock<Subject> = LazyLock::new(Subject::default);

const QUERY: &str = r#"{
  item(id: "1") { __typename id name price tags more item { id } }
  page { items { id more } nextToken scannedCount }
  call
  fetch
}"#;

fuzz_target!(|answer: &[u8]| {
    SUBJECT.told.tell(answer);
    SUBJECT.ask(QUERY, Map::new());
    SUBJECT.still_answers();
});
