//! Mapping templates: request and response template of one run.
#![no_main]

use std::{sync::LazyLock, time::Duration};

use libfuzzer_sys::fuzz_target;
use resolver::{Context, End, Handler, Limits, Source, Templates, vtl::Vtl};
use serde_json::json;
use stepwell_fuzz::NOW;

/// Shorter than in the server, so that more is tried.
const LIMITS: fn() -> Limits = || Limits { time: Duration::from_millis(50), ..Limits::default() };

static CONTEXT: LazyLock<Context> = LazyLock::new(|| {
    let arguments = json!({ "id": "1", "list": [1, "two", null, { "three": 3.5 }], "map": { "a": { "b": [true] } } });
    Context {
        arguments: std::sync::Arc::new(arguments.as_object().cloned().unwrap_or_default()),
        source: std::sync::Arc::new(json!({ "name": "x" })),
        result: Some(std::sync::Arc::new(json!({ "items": [{ "id": "1" }], "nextToken": null }))),
        auth_type: "API Key Authorization",
        now_millis: NOW.0,
        seed: 1,
        ..Context::default()
    }
});

fuzz_target!(|text: &str| {
    let source = || Source { name: "template.vtl".into(), code: text.into() };
    let templates = Templates { request: source(), response: source() };
    let Ok(handlers) = Vtl::new(LIMITS()).compile(&templates) else { return };
    for handler in [Handler::Request, Handler::Response] {
        if let End::Raised(error) = handlers.invoke(handler, &CONTEXT).end {
            assert!(!error.message.is_empty(), "an error says what is wrong");
        }
    }
});
