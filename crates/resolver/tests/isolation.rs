//! Nothing that one handler does reaches another, and nothing reaches the host.

mod support;

use resolver::{
    End, Handler, Language, Limits,
    javascript::{Dialect, JavaScript},
};
use serde_json::json;
use support::{context, source, with_body};

#[test]
fn module_state_lives_for_one_handler() {
    let code = "let count = 0; const seen = [];
        export function request(ctx) { count += 1; seen.push(1); ctx.stash.n = count; return [count, seen.length]; }
        export function response(ctx) { count += 1; return [count, seen.length]; }";
    let handlers = support::strict(code);
    for _ in 0..3 {
        let evaluation = handlers.invoke(Handler::Request, &context());
        assert_eq!(evaluation.end, End::Returned(Some(json!([1, 1]))));
        assert_eq!(evaluation.stash.len(), 1);
        assert_eq!(handlers.invoke(Handler::Response, &context()).end, End::Returned(Some(json!([1, 0]))));
    }
}

#[test]
fn shared_objects_cannot_be_changed() {
    let language = JavaScript::new(Dialect::Relaxed, Limits::default());
    let compile = |body: &str| language.compile(&source(&with_body(body))).unwrap();
    let probe = compile(
        "return [typeof [].x, typeof ({}).y, [1, 2].map((a) => a).length, JSON.stringify([1]), typeof util.z, \
         Object.isFrozen(globalThis), typeof leak, util.base64Encode('a'), new Date(5).getTime(), `${[1]}`];",
    );
    let clean = json!(["undefined", "undefined", 2, "[1]", "undefined", true, "undefined", "YQ==", 5, "1"]);
    for attack in [
        "Array.prototype.x = 1;",
        "Object.prototype.y = 1;",
        "({}).__proto__.y = 1;",
        "[].constructor.prototype.map = () => [];",
        "Array.prototype.map = () => [];",
        "Object.defineProperty(Array.prototype, 'map', { value: () => [] });",
        "JSON.stringify = () => 'no';",
        "util.z = 1;",
        "util.base64Encode = () => 'no';",
        "globalThis.leak = 1;",
        "leak = 1;",
        "Object.setPrototypeOf(Array.prototype, { x: 1 });",
        "Date.prototype.getTime = () => 0;",
        "Date.now.x = 1; Date.prototype.x = 1;",
        "Object.prototype.toString = () => 'no';",
        "(function* () {}).constructor.prototype.x = 1;",
        "Object.getPrototypeOf([][Symbol.iterator]()).next = () => ({ done: true });",
        "console.log = () => {};",
        "ctx.stash = {};",
        "ctx.env.A = 1;",
    ] {
        let evaluation = compile(attack).invoke(Handler::Request, &context());
        assert!(matches!(evaluation.end, End::Raised(_)), "{attack}: {:?}", evaluation.end);
        assert_eq!(probe.invoke(Handler::Request, &context()).end, End::Returned(Some(clean.clone())), "{attack}");
    }
}

#[test]
fn own_properties_may_have_names_of_the_prototype() {
    let body = "const a = {}; a.constructor = 1; a.toString = () => 'x'; a.valueOf = 2; const e = { ...a }; \
                return [a.constructor, `${a}`, Object.keys(e)];";
    let language = JavaScript::default();
    let handlers = language.compile(&source(&with_body(body))).unwrap();
    assert_eq!(
        handlers.invoke(Handler::Request, &context()).end,
        End::Returned(Some(json!([1, "x", ["constructor", "toString", "valueOf"]])))
    );
}

#[test]
fn the_host_is_out_of_reach() {
    let language = JavaScript::new(Dialect::Relaxed, Limits::default());
    for name in [
        "eval",
        "Function",
        "WebAssembly",
        "Atomics",
        "SharedArrayBuffer",
        "Promise",
        "Proxy",
        "WeakRef",
        "process",
        "require",
        "setTimeout",
        "fetch",
        "performance",
        "queueMicrotask",
        "Deno",
        "std",
        "os",
    ] {
        let handlers = language.compile(&source(&with_body(&format!("return typeof {name};")))).unwrap();
        let end = handlers.invoke(Handler::Request, &context()).end;
        assert_eq!(end, End::Returned(Some(json!("undefined"))), "{name}");
    }
    for body in [
        "return (() => 1).constructor('return 1')();",
        "return (function* () {}).constructor('return 1')();",
        "return Object.getPrototypeOf(function* () {}).constructor('yield 1')();",
        "return Reflect.construct((() => 1).constructor, ['return 1'])();",
        "return [].map.constructor('return 1')();",
    ] {
        let handlers = language.compile(&source(&with_body(body))).unwrap();
        assert!(matches!(handlers.invoke(Handler::Request, &context()).end, End::Raised(_)), "{body}");
    }
}

#[test]
fn many_threads_share_a_language() {
    let language = JavaScript::default();
    let handlers = language.compile(&source(&with_body("ctx.stash.n = ctx.args.n; return ctx.args.n;"))).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let handlers = handlers.clone();
            scope.spawn(move || {
                for round in 0..50 {
                    let mut context = context();
                    let arguments = json!({ "n": thread * 1_000 + round });
                    context.arguments = arguments.as_object().unwrap().clone().into();
                    let evaluation = handlers.invoke(Handler::Request, &context);
                    assert_eq!(evaluation.end, End::Returned(Some(arguments["n"].clone())));
                    assert_eq!(evaluation.stash["n"], arguments["n"]);
                }
            });
        }
    });
}
