//! Handlers through the public interface: what goes in, what comes out, where errors are.

mod support;

use resolver::{
    CompileError, Context, ContextError, End, Handler, Info, Limits, Problem, ProblemKind, RaisedError,
    javascript::Dialect,
};
use serde_json::json;
use support::{EMPTY, compile_error, context, evaluate, evaluate_in, returned, strict};

#[test]
fn a_handler_sees_its_context() {
    let mut context = context();
    context.arguments = map(json!({ "id": "a", "n": 9_007_199_254_740_991_i64, "f": 1.5 }));
    context.source = json!({ "__proto__": 1, "constructor": 2 }).into();
    context.stash = json!({ "a": [1] }).as_object().unwrap().clone();
    context.prev_result = Some(json!(7).into());
    context.result = Some(json!(null).into());
    context.error = Some(ContextError { message: "m".into(), kind: "k".into() });
    context.env = map(json!({ "TABLE": "t" }));
    let body = "return [ctx.args, ctx.arguments === ctx.args, ctx.source, ctx.stash, ctx.prev.result, ctx.result, \
                ctx.error, ctx.env, ctx.request, Object.keys(ctx).length];";
    assert_eq!(
        returned(body, &context),
        json!([
            { "id": "a", "n": 9_007_199_254_740_991_i64, "f": 1.5 }, true, { "__proto__": 1, "constructor": 2 },
            { "a": [1] }, 7, null, { "message": "m", "type": "k" }, { "TABLE": "t" },
            { "headers": {}, "domainName": null }, 11,
        ])
    );
}

#[test]
fn info_leaves_the_selection_sets_out_of_json() {
    let mut context = context();
    context.info = std::sync::Arc::new(Info {
        field_name: "order".into(),
        parent_type_name: "Query".into(),
        selection_set_list: vec!["id".into()],
        selection_set_graphql: "{ id }".into(),
        ..Info::default()
    });
    let info = json!({ "fieldName": "order", "parentTypeName": "Query", "variables": {} });
    assert_eq!(
        returned(
            "return [JSON.parse(JSON.stringify(ctx.info)), ctx.info, ctx.info.selectionSetList, \
             ctx.info.selectionSetGraphQL];",
            &context
        ),
        json!([info, info, ["id"], "{ id }"])
    );
}

#[test]
fn undefined_is_left_out_and_json_rules_hold() {
    assert_eq!(evaluate("").end, End::Returned(None));
    assert_eq!(
        returned("return { a: undefined, b: [undefined, NaN, () => 1], c: new Date(0), d: -0, e: 1e21 };", &context()),
        json!({ "b": [null, null, null], "c": "1970-01-01T00:00:00.000Z", "d": 0, "e": 1e21 })
    );
    assert_eq!(returned("return 'a\\ud800b';", &context()), json!("a\u{fffd}b"));
}

#[test]
fn time_and_randomness_come_from_the_context() {
    let mut context = context();
    context.now_millis = 1_700_000_000_123;
    context.seed = 5;
    let body = "return [new Date().toISOString(), util.time.nowEpochMilliSeconds(), Math.random(), util.autoId()];";
    let first = returned(body, &context);
    assert_eq!(first[0], "2023-11-14T22:13:20.123Z");
    assert_eq!(first[1], 1_700_000_000_123_i64);
    assert_eq!(returned(body, &context), first);
    context.seed = 6;
    assert_ne!(returned(body, &context)[3], first[3]);
}

#[test]
fn errors_end_the_handler_with_their_parts() {
    let error = |message: &str, kind: Option<&str>, data, info| RaisedError {
        message: message.into(),
        kind: kind.map(str::to_owned),
        data,
        info,
    };
    let evaluation = evaluate(
        "util.appendError('first'); util.appendError('second', 'T', { a: 1 }, [2]); ctx.stash.a = 1; \
         console.log('x', { a: 1 }); util.error('third', 'E', { b: 2 }, 3); ctx.stash.a = 2;",
    );
    assert_eq!(evaluation.end, End::Raised(error("third", Some("E"), Some(json!({ "b": 2 })), Some(json!(3)))));
    assert_eq!(
        evaluation.appended_errors,
        [error("first", None, None, None), error("second", Some("T"), Some(json!({ "a": 1 })), Some(json!([2])))]
    );
    assert_eq!(evaluation.stash["a"], 1);
    assert_eq!(evaluation.logs, ["x {\"a\":1}"]);
    assert_eq!(evaluate("util.unauthorized();").end, End::Unauthorized);
}

#[test]
fn an_early_return_ends_a_request_handler_only() {
    let early = |value, skip_to_end| End::EarlyReturn { value, skip_to_end };
    assert_eq!(evaluate("runtime.earlyReturn({ a: 1 });").end, early(Some(json!({ "a": 1 })), false));
    assert_eq!(evaluate("runtime.earlyReturn(1, { skipTo: 'END' });").end, early(Some(json!(1)), true));
    assert_eq!(evaluate("runtime.earlyReturn();").end, early(None, false));
    let handlers = strict("export function request() {}\nexport function response() {\n  runtime.earlyReturn(1);\n}");
    let End::Raised(raised) = handlers.invoke(Handler::Response, &context()).end else { panic!("no error") };
    assert_eq!(raised.kind.as_deref(), Some("Code"));
    assert!(raised.message.starts_with("code.js:"), "{}", raised.message);
}

#[test]
fn extensions_and_headers_are_noted() {
    let evaluation = evaluate(
        "util.http.addResponseHeader('x-a', 1); extensions.evictFromApiCache('Query', 'a', { k: 1 }); return 1;",
    );
    assert_eq!(evaluation.response_headers, [("x-a".to_owned(), "1".to_owned())]);
    assert_eq!(
        evaluation.extensions,
        [("evictFromApiCache".to_owned(), vec![json!("Query"), json!("a"), json!({ "k": 1 })])]
    );
}

#[test]
fn faults_have_the_place_in_the_source() {
    let handlers = strict(
        "import { util } from '@aws-appsync/utils';\n\nexport function request(ctx) {\n  const a = ctx.args;\n  \
         return a.b.c;\n}\nexport const response = (ctx) => {\n  return util.time.parseISO8601ToEpochMilliSeconds('x');\n};",
    );
    for (handler, place) in [(Handler::Request, "code.js:5:"), (Handler::Response, "code.js:8:")] {
        let End::Raised(raised) = handlers.invoke(handler, &context()).end else { panic!("no error") };
        assert_eq!(raised.kind.as_deref(), Some("Code"));
        assert!(raised.message.starts_with(place), "{}", raised.message);
    }
}

#[test]
fn an_exported_handler_that_is_no_function_is_a_fault() {
    let handlers = strict("export const request = 1;\nconst b = () => 2;\nexport { b as response };");
    let End::Raised(raised) = handlers.invoke(Handler::Request, &context()).end else { panic!("no error") };
    assert_eq!(raised.message, "code.js: TypeError: request is not a function");
    assert_eq!(handlers.invoke(Handler::Response, &context()).end, End::Returned(Some(json!(2))));
}

#[test]
fn code_that_does_not_compile_says_where() {
    for (code, place, text) in [
        ("export function request() {\n  return 1 +;\n}", "code.js:2:13", "Unexpected token"),
        ("export function request() {}\n", "code.js:1:", "response"),
        ("let a;\nlet a;\nexport function request() {}\nexport function response() {}", "code.js:2:", "a"),
        ("import fs from 'fs';\n", "code.js:1:16", "cannot be imported"),
        ("import { utils } from '@aws-appsync/utils';\n", "code.js:1:10", "no export named utils"),
        ("import { toJsonObject } from '@aws-appsync/utils/ai';\n", "code.js:1:10", "no export named toJsonObject"),
        ("export default 1;\n", "code.js:1:1", "named exports"),
        ("export async function request() {}", "code.js:1:8", "async"),
    ] {
        let error = compile_error(code).to_string();
        assert!(error.starts_with(place) && error.contains(text), "{code}\n{error}");
    }
}

/// `line:column+span message` of each problem.
fn problems(error: &CompileError) -> Vec<String> {
    let told = |problem: &Problem| {
        let Problem { line, column, span, message, .. } = problem;
        format!("{line}:{column}+{} {message}", span.map_or(-1, i64::from))
    };
    error.problems().map(told).collect()
}

#[test]
fn all_that_is_wrong_is_told_in_the_order_of_the_source() {
    let code = "import { utils } from '@aws-appsync/utils';\nimport fs from 'fs';
export function request(ctx) {
  /* é */ for (let i = 0; i < 1; i++) {}
  try {
    a();
  } catch (e) {}
  return () => 1;
}
function a() { a(); b(); }
function b() { c(); }
function c() { b(); }
";
    assert_eq!(
        problems(&compile_error(code)),
        [
            "1:10+5 @aws-appsync/utils has no export named utils",
            "2:16+4 fs cannot be imported: only @aws-appsync/utils, @aws-appsync/utils/dynamodb, \
             @aws-appsync/utils/rds and @aws-appsync/utils/ai can",
            "4:11+30 for with a counter is not supported by APPSYNC_JS",
            "4:34+3 ++ and -- are not supported by APPSYNC_JS",
            "5:3+31 try is not supported by APPSYNC_JS",
            "8:10+7 returning a function is not supported by APPSYNC_JS",
            "10:16+1 recursion is not supported by APPSYNC_JS",
            "11:16+1 recursion is not supported by APPSYNC_JS",
            "12:16+1 recursion is not supported by APPSYNC_JS",
            "12:22+0 the code must export a function named response",
        ],
        "a calls b, which is no recursion"
    );
}

#[test]
fn code_that_cannot_be_read_is_not_judged() {
    let error = compile_error("throw 1;\nconst a;\nconst b;");
    let lines: Vec<_> = error.problems().map(|problem| (problem.line, problem.kind)).collect();
    assert_eq!(lines, [(2, ProblemKind::Code), (3, ProblemKind::Code)], "{:?}", problems(&error));
}

#[test]
fn no_more_problems_are_told_than_the_most() {
    let error = compile_error(&format!("{}{EMPTY}", "throw 1;\n".repeat(3 * Problem::MOST)));
    let lines: Vec<_> = error.problems().map(|problem| problem.line as usize).collect();
    assert_eq!(lines, (1..=Problem::MOST).collect::<Vec<_>>());
    assert!(error.problems().all(|problem| problem.kind == ProblemKind::Unsupported));
}

#[test]
fn strict_code_has_the_ways_of_the_service() {
    for (body, expected) in [
        ("return JSON.parse('{');", json!("")),
        ("return 'a1b22'.replaceAll('[0-9]+', '#');", json!("a#b#")),
        ("return 'A1'.replace('(?i)a', 'b');", json!("b1")),
        ("return ['b', 'a', 10, 9].sort();", json!([10, 9, "a", "b"])),
        (
            "const { a, ...rest } = { a: 1, b: 2, c: [3] }; return { ...rest, d: `${a}` };",
            json!({ "b": 2, "c": [3], "d": "1" }),
        ),
        (
            "let n = 0; for (const x of [1, 2]) { n += x; } for (const k in { a: 1 }) { n += k.length; } return n;",
            json!(4),
        ),
        (
            "const double = (x) => x * 2; const twice = (x) => double(double(x)); return [1].map(double).map(twice);",
            json!([8]),
        ),
        (
            "const f = (f) => f + 1; return [f(1), Object.hasOwn({ a: 1 }, 'a'), String.raw`a\\n`];",
            json!([2, true, "a\\n"]),
        ),
        ("return ctx.args?.a ?? [3, 1].map((x) => x * 2).filter((x) => x > 2);", json!([6])),
    ] {
        assert_eq!(returned(body, &context()), expected, "{body}");
    }
}

#[test]
fn strict_code_refuses_what_the_service_refuses() {
    for (line, text) in [
        ("try { f(); } catch (e) {}", "try"),
        ("throw 1;", "throw"),
        ("while (true) {}", "while"),
        ("do {} while (true);", "do-while"),
        ("for (let i = 0; i < 1; i += 1) {}", "for with a counter"),
        ("for (const a of []) { continue; }", "continue"),
        ("class A {}", "classes"),
        ("return this;", "this"),
        ("const f = async () => 1;", "async"),
        ("function* f() {}", "generators"),
        ("let i = 0; i++;", "++"),
        ("return ~1;", "~"),
        ("return /a/.test('a');", "regular expression"),
        ("return 'a' in ctx;", "in is"),
        ("return ctx instanceof Object;", "instanceof"),
        ("return new Map();", "new"),
        ("return f.call(1);", "call"),
        ("return [2, 1].sort((a, b) => a - b);", "sort"),
        ("return eval('1');", "functions from text"),
        ("a: for (const b of []) {}", "labels"),
        ("function* f() { yield 1; }", "generators"),
        ("const f = async () => { await 1; };", "async"),
        ("return Promise.resolve(1);", "Promise"),
        ("return new Promise();", "new"),
        ("return Object.freeze({});", "Object.freeze"),
        ("return Array.from([]);", "Array.from"),
        ("return String.fromCharCode(65);", "String.fromCharCode"),
        ("return 'a'.padStart(3);", "padStart"),
        ("const f = (n) => (n === 0 ? 1 : f(n - 1));", "recursion"),
        ("function f() { g(); } function g() { h(); } const h = function () { [1].forEach(() => f()); };", "recursion"),
        ("const f = (g) => 1; return f(() => 1);", "passing a function"),
        ("const f = (g) => 1; const h = () => 1; return f(h);", "passing a function"),
        ("return () => 1;", "returning a function"),
        ("const f = () => () => 1;", "returning a function"),
        ("const f = function () {}; return f;", "returning a function"),
        ("const f = () => 1; const g = f;", "assigning a function"),
        ("const f = () => 1; let g; g = f;", "assigning a function"),
    ] {
        let code = format!("export function request(ctx) {{\n  {line}\n}}\nexport function response() {{}}");
        let error = compile_error(&code);
        assert!(error.first.line == 2 && error.first.message.contains(text), "{line}: {error}");
    }
}

#[test]
fn relaxed_code_may_use_the_language() {
    let body = "class A { constructor() { this.n = 0; } }
        const a = new A();
        for (let i = 0; i < 3; i++) a.n++;
        try { throw new TypeError('x'); } catch (e) { e.name = 'Mine'; return [a.n, e.name, /b/.test('abc'), 'a.b'.replace('.', '-')]; }";
    let evaluation = evaluate_in(Dialect::Relaxed, Limits::default(), body, &context());
    assert_eq!(evaluation.end, End::Returned(Some(json!([3, "Mine", true, "a-b"]))));
    let evaluation = evaluate_in(
        Dialect::Relaxed,
        Limits::default(),
        "try { util.error('a'); } catch (e) { return 1; }",
        &context(),
    );
    assert!(matches!(evaluation.end, End::Raised(raised) if raised.message == "a"));
}

/// Every function of the guide's pages on `util`, `extensions` and `runtime`, and of the types of `@aws-appsync/utils`.
#[test]
fn every_documented_function_is_there() {
    let documented = "
        util: escapeJavaScript urlEncode urlDecode base64Encode base64Decode autoId autoUlid autoKsuid unauthorized error
            appendError matches authType
        util.time: nowISO8601 nowEpochSeconds nowEpochMilliSeconds nowFormatted parseFormattedToEpochMilliSeconds
            parseISO8601ToEpochMilliSeconds epochMilliSecondsToSeconds epochMilliSecondsToISO8601
            epochMilliSecondsToFormatted
        util.dynamodb: toDynamoDB toString toStringSet toNumber toNumberSet toBinary toBinarySet toBoolean toNull toList
            toMap toMapValues toS3Object fromS3ObjectJson
        util.rds: toJsonObject
        util.http: copyHeaders addResponseHeader addResponseHeaders
        util.xml: toMap toJsonString
        util.transform: toDynamoDBFilterExpression toDynamoDBConditionExpression toElasticsearchQueryDSL
            toSubscriptionFilter
        util.math: roundNum minVal maxVal randomDouble randomWithinRange
        util.str: normalize
        extensions: evictFromApiCache setSubscriptionFilter setSubscriptionInvalidationFilter invalidateSubscriptions
        runtime: earlyReturn
        ddb: get put update remove query scan sync batchGet batchPut batchDelete transactGet transactWrite toStringSet
            toNumberSet toBinarySet
        ddb.operations: add remove replace increment decrement append prepend updateListItem
        rds: select insert update remove sql createPgStatement createMySQLStatement toJsonObject
        rds.typeHint: DATE DECIMAL JSON TIME TIMESTAMP UUID
        rds.agg: avg avgDistinct count countDistinct max maxDistinct min minDistinct sum sumDistinct";
    let paths = support::paths(documented);
    let kinds: Vec<String> = paths.iter().map(|path| format!("'{path}': typeof {path}")).collect();
    let code = format!(
        "import {{ util, extensions, runtime }} from '@aws-appsync/utils';
         import * as ddb from '@aws-appsync/utils/dynamodb';
         import * as rds from '@aws-appsync/utils/rds';
         export function request() {{ return {{ {} }}; }}
         export function response() {{}}",
        kinds.join(", ")
    );
    let End::Returned(Some(kinds)) = strict(&code).invoke(Handler::Request, &context()).end else { panic!("no kinds") };
    let missing: Vec<&String> = paths.iter().filter(|path| kinds[path.as_str()] != "function").collect();
    assert!(paths.len() > 90 && missing.is_empty(), "{} of {} missing: {missing:?}", missing.len(), paths.len());
}

fn map(value: serde_json::Value) -> std::sync::Arc<serde_json::Map<String, serde_json::Value>> {
    std::sync::Arc::new(value.as_object().unwrap().clone())
}

#[test]
fn default_contexts_work() {
    assert_eq!(strict(support::EMPTY).invoke(Handler::Request, &Context::default()).end, End::Returned(None));
}

/// The handlers of a channel namespace ("Process real-time events with AWS AppSync event handlers", Events guide).
mod events {
    use std::sync::Arc;

    use resolver::{Context, End, EventContext, EventHandler, Handler, Language, RaisedError, javascript::JavaScript};
    use serde_json::{Value, json};

    use crate::support::source;

    fn context(events: Value) -> Context {
        let info = json!({
            "channel": { "path": "/news/sport", "segments": ["news", "sport"] },
            "channelNamespace": { "name": "news" },
            "operation": "PUBLISH",
        });
        Context {
            event: Some(Arc::new(EventContext { events, info })),
            identity: Arc::new(json!({ "username": "ada" })),
            result: Some(Arc::new(json!({ "stored": true }))),
            ..super::context()
        }
    }

    #[test]
    fn a_handler_is_a_function_or_an_object() {
        let code = "
            import { util } from '@aws-appsync/utils';
            export const onSubscribe = (ctx) => {
                if (ctx.info.channel.segments.includes('secret')) util.unauthorized();
            };
            export const onPublish = {
                request: (ctx) => ({ payload: ctx.events.length }),
                response(ctx) { return ctx.events.map((event) => ({ ...event, by: ctx.identity.username, ...ctx.result })) },
            };";
        let handlers = JavaScript::default().compile_events(&source(code)).unwrap_or_else(|error| panic!("{error}"));
        let Some(EventHandler::Function(subscribe)) = handlers.on_subscribe else { panic!("a function") };
        let Some(EventHandler::Object(publish)) = handlers.on_publish else { panic!("an object") };
        let events = json!([{ "id": "1", "payload": { "a": [1] } }]);
        let run = |which| match publish.invoke(which, &context(events.clone())).end {
            End::Returned(Some(value)) => value,
            other => panic!("{other:?}"),
        };
        assert_eq!(run(Handler::Request), json!({ "payload": 1 }));
        let expected = json!([{ "id": "1", "payload": { "a": [1] }, "by": "ada", "stored": true }]);
        assert_eq!(run(Handler::Response), expected);
        assert_eq!(subscribe.invoke(Handler::Request, &context(Value::Null)).end, End::Returned(None));
        let mut secret = context(Value::Null);
        let info = json!({ "channel": { "path": "/a/secret", "segments": ["a", "secret"] } });
        secret.event = Some(Arc::new(EventContext { events: Value::Null, info }));
        assert_eq!(subscribe.invoke(Handler::Request, &secret).end, End::Unauthorized);
    }

    #[test]
    fn contexts_have_what_events_have_and_nothing_else() {
        let code = "
            export function onPublish(ctx) {
                return [ctx.channel, ctx.info.operation, ctx.events, ctx.args, ctx.source, ctx.prev, ctx.env, Object.keys(ctx)];
            }";
        let handlers = JavaScript::default().compile_events(&source(code)).expect("compiles");
        assert!(handlers.on_subscribe.is_none());
        let Some(EventHandler::Function(publish)) = handlers.on_publish else { panic!("a function") };
        let keys = ["identity", "events", "channel", "stash", "result", "error", "info", "request"];
        let expected = json!(["/news/sport", "PUBLISH", [], null, null, null, null, keys]);
        assert_eq!(publish.invoke(Handler::Request, &context(json!([]))).end, End::Returned(Some(expected)));
        // A payload that is deeper than values of handlers may be fails the handler, and nothing else.
        let deep = (0..120).fold(json!(1), |inner, _| json!([inner]));
        let end = publish.invoke(Handler::Request, &context(json!([{ "id": "1", "payload": deep }]))).end;
        assert!(matches!(end, End::Raised(RaisedError { kind: Some(kind), .. }) if kind == "Code"));
    }

    #[test]
    fn code_without_a_handler_is_refused_with_its_place() {
        let cases = [
            ("export function request() {}", 1, "the code must export onPublish or onSubscribe"),
            ("\nexport const onPublish = 1;", 2, "onPublish must be a function, or an object"),
            ("const a = {};\nexport const onSubscribe = a;", 2, "onSubscribe must be a function, or an object"),
            ("import { onPublish } from 'x';\nexport { onPublish };", 1, "x cannot be imported"),
            ("export function onPublish(ctx) { while (1) {} }", 1, "while is not supported"),
        ];
        for (code, line, message) in cases {
            let Err(error) = JavaScript::default().compile_events(&source(code)) else { panic!("compiled: {code}") };
            assert!(error.first.message.starts_with(message) && error.first.line == line, "{code}: {error}");
        }
    }
}
