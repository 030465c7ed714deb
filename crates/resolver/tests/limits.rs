//! Code that runs away hits a cap, and the next handler runs as if nothing had been.

mod support;

use std::time::{Duration, Instant};

use resolver::{
    End, Handler, Language, Limits, Source,
    javascript::{Dialect, JavaScript},
};
use serde_json::{Value, json};
use support::{compile_error, context, source, with_body};

/// A time that code which only ends by it has to wait for, and one that no other cap takes on the slowest machine.
const TIMES: [Duration; 2] = [Duration::from_millis(150), Duration::from_secs(120)];

fn limits(time: Duration) -> Limits {
    Limits { time, memory_bytes: 16 << 20, ..Limits::default() }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the cap is one of real time")]
fn runaway_code_hits_a_cap_and_the_next_handler_works() {
    let worlds = TIMES.map(|time| {
        let language = JavaScript::new(Dialect::Relaxed, limits(time));
        let next = language.compile(&source(&with_body("return [1].concat(2);"))).unwrap();
        (language, next)
    });
    for (body, text) in [
        ("for (;;) {}", "longer than"),
        ("for (;;) { try { for (;;) {} } catch (e) {} }", "longer than"),
        ("const a = []; for (;;) a.push('x'.repeat(1000) + a.length);", "memory"),
        ("return 'x'.repeat(1 << 29);", "memory"),
        ("const f = (n) => f(n + 1) + 1; return f(0);", "stack"),
        ("return /^(a+)+$/.test('a'.repeat(40) + 'b');", "longer than"),
        ("return '['.repeat(1e6) && JSON.parse('['.repeat(1e6));", "stack"),
        ("return new Array(4294967295).indexOf(1);", "longer than"),
        ("return new Array(4294967295).join();", "elements"),
        ("return Array.prototype.fill.call({ length: 2 ** 53 - 1 }, 1);", "elements"),
        ("const a = 'a'.repeat(4e6); return a.indexOf(a.slice(2e6) + 'b');", "too long"),
        ("return new Array(4294967295);", "larger than"),
        ("let a = [1]; for (let i = 0; i < 60; i++) a = [a, a]; return a;", "larger than"),
        ("const a = {}; a.a = a; return a;", "too deeply"),
        ("let a = 1; for (let i = 0; i < 200; i++) a = { a }; return a;", "too deeply"),
        ("return 'x'.repeat(6e6);", "larger than"),
        ("return util.base64Encode('x'.repeat(6e6));", "larger than"),
        ("const a = 'x'.repeat(4e6); for (;;) util.base64Encode(a);", "longer than"),
        ("return { get a() { for (;;) {} } };", "longer than"),
        ("ctx.stash.a = { toJSON() { for (;;) {} } };", "longer than"),
        ("let a = 1; for (let i = 0; i < 200; i++) a = { a }; ctx.stash.a = a;", "too deeply"),
        ("return JSON.stringify(1, new Array(4294967295));", "elements"),
        ("return 1n << 1000000000n;", ""),
        ("return 10n;", "BigInt"),
    ] {
        let is_of_time = text == "longer than";
        let (language, next) = &worlds[usize::from(!is_of_time)];
        let started = Instant::now();
        let handlers = language.compile(&source(&with_body(body))).unwrap();
        let evaluation = handlers.invoke(Handler::Request, &context());
        let End::Raised(raised) = &evaluation.end else { panic!("{body}: {:?}", evaluation.end) };
        assert_eq!(raised.kind.as_deref(), Some("Code"), "{body}");
        assert!(raised.message.contains(text), "{body}: {}", raised.message);
        assert!(!is_of_time || started.elapsed() < Duration::from_secs(60), "{body}: {:?}", started.elapsed());
        let evaluation = next.invoke(Handler::Request, &context());
        assert_eq!(evaluation.end, End::Returned(Some(json!([1, 2]))), "after {body}");
    }
}

#[test]
fn deep_values_going_in_are_an_error_where_they_are_read() {
    let deep = (0..10_000).fold(Value::Null, |value, _| Value::Array(vec![value]));
    let language = JavaScript::default();
    let mut context = context();
    context.source = deep.into();
    let handlers = language.compile(&source(&with_body("return ctx.source;"))).unwrap();
    let End::Raised(raised) = handlers.invoke(Handler::Request, &context).end else { panic!("no error") };
    assert!(raised.message.contains("too deeply"), "{}", raised.message);
    let handlers = language.compile(&source(&with_body("return 1;"))).unwrap();
    assert_eq!(handlers.invoke(Handler::Request, &context).end, End::Returned(Some(json!(1))));
    // A value this deep cannot be dropped by recursion on a small stack.
    let mut value = std::mem::take(std::sync::Arc::make_mut(&mut context.source));
    while let Value::Array(mut inner) = value {
        value = inner.pop().unwrap_or_default();
    }
}

#[test]
fn deep_and_long_sources_are_errors() {
    let limit = Limits::default().code_bytes;
    for opening in
        ["[", "(", "!", "a=>", "if(a)", "-", "{", "a?b:", "a=", "`${", "new ", "f(", "{a:", "a.b(()=>", "typeof "]
    {
        let code = format!("export function request() {{ return {} }}", opening.repeat((limit - 50) / opening.len()));
        compile_error(&code);
    }
    for nested in [["[", "]"], ["!(", ")"], ["(a=>", ")"]] {
        let depth = (limit - 100) / 8;
        let body = format!("const a = {}1{};", nested[0].repeat(depth), nested[1].repeat(depth));
        let code = format!("export function request() {{ {body} }}\nexport function response() {{}}");
        let _ =
            JavaScript::default().compile(&source(&code)).map(|handlers| handlers.invoke(Handler::Request, &context()));
    }
    assert!(compile_error(&" ".repeat(limit + 1)).first.message.contains("larger than"));
    let name = Source { name: "a\0b.js".into(), code: "export function request() {".into() };
    assert!(JavaScript::default().compile(&name).is_err());
}
