//! Query documents against an API that stays the same.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::Map;
use stepwell_fuzz::Subject;

static SUBJECT: LazyLock<Subject> = LazyLock::new(Subject::default);

fuzz_target!(|document: &str| {
    SUBJECT.ask(document, Map::new());
    SUBJECT.still_answers();
});
