//! Resolver code in JavaScript, in both dialects; and whoever comes after it finds a clean context.
#![no_main]

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use libfuzzer_sys::fuzz_target;
use resolver::{
    Context, End, Handler, Handlers, Language, Limits, Source,
    javascript::{Dialect, JavaScript},
};
use serde_json::json;

/// Shorter than in the server, so that more is tried.
const LIMITS: fn() -> Limits = || Limits { time: Duration::from_millis(50), ..Limits::default() };

/// Module state, and what every value inherits: none of it may have been touched.
const CONTROL: &str = "
const seen = [];
export function request(ctx) {
  seen.push([1, 2].map((each) => each * 2).join('-'));
  return { seen, leaks: [({}).leak, [].leak, 'x'.leak].filter((leak) => leak) };
}
export function response(ctx) { return ctx.result; }";

struct Runtime {
    language: JavaScript,
    control: Arc<dyn Handlers>,
}

static RUNTIMES: LazyLock<[Runtime; 2]> = LazyLock::new(|| {
    [Dialect::Strict, Dialect::Relaxed].map(|dialect| {
        let language = JavaScript::new(dialect, LIMITS());
        let source = Source { name: "control.js".into(), code: CONTROL.into() };
        let control = language.compile(&source).expect("the control compiles");
        Runtime { language, control }
    })
});

fuzz_target!(|text: &str| {
    let context = Context { auth_type: "API Key Authorization", ..Context::default() };
    for Runtime { language, control } in &*RUNTIMES {
        let source = Source { name: "code.js".into(), code: text.into() };
        if let Ok(handlers) = language.compile(&source) {
            for handler in [Handler::Request, Handler::Response] {
                if let End::Raised(error) = handlers.invoke(handler, &context).end {
                    assert!(error.kind.is_some() || !error.message.is_empty(), "an error says what is wrong");
                }
            }
        }
        let expected = json!({ "seen": ["2-4"], "leaks": [] });
        assert_eq!(control.invoke(Handler::Request, &context).end, End::Returned(Some(expected)));
    }
});
