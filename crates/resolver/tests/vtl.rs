//! Mapping templates: runs `tests/vtl/*.md`, and templates that mean harm. In the files, fenced blocks count:
//!
//! - `json context`: `arguments`, `source`, `identity`, `stash`, `result`, `prev`, `error`, `env` of what follows
//! - `cases`: lines of `TEMPLATE => OUTPUT`, the output being JSON or, after `!`, the message of an error
//! - `vtl`: one template, then `json` or `error` with what it comes to, and `json stash` and `json arguments` (null: unchanged) if that matters

mod support;

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use resolver::{
    CompileError, Context, ContextError, End, Evaluation, Handler, Handlers, Info, Limits, RaisedError, Runtime,
    Source, Templates, vtl::Vtl,
};
use serde_json::{Value, json};

#[test]
fn templates_give_what_their_files_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vtl");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let wrong: Vec<String> = files.iter().flat_map(|file| run_file(file)).collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn run_file(file: &Path) -> Vec<String> {
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let text = fs::read_to_string(file).unwrap();
    let mut context = context(&json!({}));
    let mut template = String::new();
    let mut evaluation = None;
    let mut wrong = Vec::new();
    for (line, kind, block) in blocks(&text) {
        let place = format!("{name}:{line}");
        let json = || serde_json::from_str::<Value>(&block).unwrap_or_else(|error| panic!("{place}: {error}"));
        match kind.as_str() {
            "json context" => context = self::context(&json()),
            "vtl" => {
                evaluation = Some(evaluate(&block, &context));
                template = block;
            }
            "json" | "error" | "json stash" | "json arguments" => {
                let evaluation = evaluation.as_ref().expect("a template comes first");
                let right = match kind.as_str() {
                    "json" => returned(evaluation) == Some(&json()),
                    "json stash" => Value::Object(evaluation.stash.clone()) == json(),
                    "json arguments" => json!(evaluation.changed_arguments) == json(),
                    _ => message(evaluation) == Some(block.trim_end()),
                };
                if !right {
                    wrong.push(format!("{place}\n{template}  gave {:?}, stash {:?}", evaluation.end, evaluation.stash));
                }
            }
            "cases" => wrong.extend(block.lines().filter_map(|case| run_case(&place, case, &context))),
            other => panic!("{place}: unknown block '{other}'"),
        }
    }
    wrong
}

fn run_case(place: &str, case: &str, context: &Context) -> Option<String> {
    let (template, expected) = case.rsplit_once(" => ").unwrap_or_else(|| panic!("{place}: no => in {case}"));
    let evaluation = evaluate(template.trim_end(), context);
    let right = match expected.trim().strip_prefix('!') {
        Some(expected) => message(&evaluation).is_some_and(|message| message.contains(expected)),
        None => returned(&evaluation).map(Value::to_string).as_deref() == Some(expected.trim()),
    };
    (!right).then(|| format!("{place}: {case}\n    gave {:?}", evaluation.end))
}

fn blocks(text: &str) -> Vec<(usize, String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String, String)> = None;
    for (index, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(kind)) => open = Some((index + 1, kind.to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some((_, _, block)), None) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

fn context(given: &Value) -> Context {
    let map = |name: &str| Arc::new(given[name].as_object().cloned().unwrap_or_default());
    Context {
        arguments: map("arguments"),
        source: Arc::new(given["source"].clone()),
        identity: Arc::new(given["identity"].clone()),
        stash: given["stash"].as_object().cloned().unwrap_or_default(),
        prev_result: given["prev"].get("result").cloned().map(Arc::new),
        result: given.get("result").cloned().map(Arc::new),
        error: given.get("error").map(|error| ContextError {
            message: error["message"].as_str().unwrap_or_default().into(),
            kind: error["type"].as_str().unwrap_or_default().into(),
        }),
        info: Arc::new(Info {
            field_name: "order".into(),
            parent_type_name: "Query".into(),
            output_type: "Order".into(),
            variables: given["arguments"].as_object().cloned().unwrap_or_default(),
            selection_set_list: vec!["id".into(), "lines".into(), "lines/sku".into()],
            selection_set_graphql: "{\n  id\n}".into(),
        }),
        env: map("env"),
        auth_type: "API Key Authorization",
        now_millis: 1_517_943_695_749,
        ..Context::default()
    }
}

fn source(name: &str, code: &str) -> Source {
    Source { name: name.into(), code: code.into() }
}

fn compile(vtl: &Vtl, template: &str) -> Result<Arc<dyn Handlers>, CompileError> {
    vtl.compile(&Templates { request: source("request.vtl", "{}"), response: source("response.vtl", template) })
}

/// Evaluates a response template; one that does not compile raises its error.
fn evaluate(template: &str, context: &Context) -> Evaluation {
    match compile(&Vtl::default(), template) {
        Ok(handlers) => handlers.invoke(Handler::Response, context),
        Err(error) => Evaluation {
            end: End::Raised(RaisedError { message: error.to_string(), kind: None, data: None, info: None }),
            stash: context.stash.clone(),
            changed_arguments: None,
            appended_errors: Vec::new(),
            logs: Vec::new(),
            response_headers: Vec::new(),
            extensions: Vec::new(),
        },
    }
}

fn returned(evaluation: &Evaluation) -> Option<&Value> {
    match &evaluation.end {
        End::Returned(value) => value.as_ref(),
        _ => None,
    }
}

fn message(evaluation: &Evaluation) -> Option<&str> {
    match &evaluation.end {
        End::Raised(error) => Some(&error.message),
        _ => None,
    }
}

#[test]
fn a_request_that_returns_ends_early() {
    let templates = Templates {
        request: source("a.vtl", "#if($ctx.args.early)#return({\"a\": [1, null]})#end {\"payload\": 1}"),
        response: source("b.vtl", "#return"),
    };
    let handlers = Vtl::default().compile(&templates).unwrap();
    assert_eq!(handlers.runtime(), Runtime::Templates);
    let early = context(&json!({ "arguments": { "early": true } }));
    let end = End::EarlyReturn { value: Some(json!({ "a": [1, null] })), skip_to_end: false };
    assert_eq!(handlers.invoke(Handler::Request, &early).end, end);
    let late = handlers.invoke(Handler::Request, &context(&json!({})));
    assert_eq!(late.end, End::Returned(Some(json!({ "payload": 1 }))));
    assert_eq!(handlers.invoke(Handler::Response, &early).end, End::Returned(Some(Value::Null)));
}

#[test]
fn errors_have_their_parts_and_notes_are_kept() {
    let raised = |template: &str| match evaluate(template, &context(&json!({}))).end {
        End::Raised(error) => error,
        other => panic!("{template}: {other:?}"),
    };
    let error = raised("#set($d = {\"a\": 1})$util.error('m', 'T', $d, [2])");
    assert_eq!((error.message.as_str(), error.kind.as_deref()), ("m", Some("T")));
    assert_eq!((error.data, error.info), (Some(json!({ "a": 1 })), Some(json!([2]))));
    let error = raised("$util.validate($util.isNull(1), 'bad')");
    assert_eq!((error.message.as_str(), error.kind.as_deref()), ("bad", Some("CustomTemplateException")));
    let evaluation = evaluate(
        "$util.appendError('one', 'E')$util.log.info('{} of {}', 1, [2])$util.http.addResponseHeader('x-a', 'b')\
         $extensions.evictFromApiCache('Query', 'order', {'k': 1})$util.toJson($ctx.outErrors)",
        &context(&json!({})),
    );
    assert_eq!(
        returned(&evaluation),
        Some(&json!([{ "message": "one", "type": "E", "data": null, "errorInfo": null }]))
    );
    assert_eq!(evaluation.appended_errors[0].message, "one");
    assert_eq!(evaluation.logs, ["1 of [2]"]);
    assert_eq!(evaluation.response_headers, [("x-a".to_owned(), "b".to_owned())]);
    assert_eq!(evaluation.extensions[0].0, "evictFromApiCache");
    assert_eq!(evaluate("$util.unauthorized()", &context(&json!({}))).end, End::Unauthorized);
}

#[test]
fn the_log_names_the_file() {
    let evaluation = evaluate("{}\n  $ctx.args.get('l').get(3)", &context(&json!({ "arguments": { "l": [] } })));
    let expected =
        "Error invoking method 'get(java.lang.Integer)' in java.util.ArrayList at velocity[line 2, column 21]";
    assert_eq!(message(&evaluation), Some(expected));
    assert!(evaluation.logs[1].starts_with("response.vtl:2:21: "), "{:?}", evaluation.logs);
}

/// Templates that run away hit a bound: of time, memory, output, nesting or turns.
#[test]
#[expect(clippy::disallowed_methods, reason = "the cap is one of real time")]
fn hostile_templates_hit_a_bound() {
    let loops = |inside: &str| format!("{}{inside}{}", "#foreach($a in [1..1000])".repeat(4), "#end".repeat(4));
    let doubling = "#set($s = 'x')#foreach($i in [1..1000])#set($s = \"$s$s\")#end";
    let growing = "#set($l = [1])#foreach($i in [1..1000])$util.qr($l.addAll($l))#end";
    let sharing = "#set($l = [1])#foreach($i in [1..60])#set($l = [$l, $l])#end";
    let cyclic = "#set($m = {})$util.qr($m.put('m', $m))";
    let deep = "#set($m = {})#foreach($i in [1..1000])#set($m = {'m': $m})#end";
    for (template, text) in [
        (loops(""), "than"),
        (loops("$util.qr($util.toJson([1..1000]))"), "than"),
        (loops("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), "larger than"),
        (doubling.into(), "larger than"),
        (growing.into(), "memory"),
        (format!("{sharing}$util.toJson($l)"), "er than"),
        (format!("{sharing}$l"), "er than"),
        (
            format!("{sharing}#set($k = [1])#foreach($i in [1..60])#set($k = [$k, $k])#end#if($k == $l)1#end"),
            "too large",
        ),
        (format!("{cyclic}$util.toJson($m)"), "deeper than"),
        (format!("{cyclic}$m"), "deeper than"),
        (format!("{cyclic}$util.qr($ctx.stash.put('m', $m)){{}}"), "deeper than"),
        (format!("{deep}$util.toJson($m)"), "deeper than"),
        ("#foreach($i in [1..1001])#end".into(), "1000 times at most"),
        ("#set($l = [1..1000000000])".into(), "the range has more"),
        ("#set($l = [-9223372036854775807..9223372036854775807])".into(), "the range has more"),
        ("$util.toJson('x'.repeat(3))".into(), "expected ')'"),
        ("#set($s = 'x')$util.toJson($s.repeat(999999999))".into(), "larger than"),
        ("#set($s = 'a')#set($s = $s.repeat(4000000))$util.toJson($s.replace('a', $s))".into(), "larger than"),
        ("#set($s = 'a')#set($s = $s.repeat(4000000))$util.toJson($s.replaceAll('a', $s))".into(), "larger than"),
        ("#set($s = 'a')$util.toJson($s.matches('(x{1000}){1000}'))".into(), "Error invoking method 'matches"),
        (format!("#set($s = '{}')$s.replaceAll('(a+)+$', '$9')", "a".repeat(50_000)), "Error invoking"),
    ] {
        let started = Instant::now();
        let evaluation = evaluate(&template, &context(&json!({})));
        let shown = &template[..template.len().min(120)];
        let message = message(&evaluation).unwrap_or_else(|| panic!("{shown}: {:?}", evaluation.end));
        assert!(message.contains(text), "{shown}: {message}");
        assert!(started.elapsed() < Duration::from_secs(5), "{shown}: {:?}", started.elapsed());
    }
}

/// No text, however deep or long, is more than an error.
#[test]
fn hostile_texts_are_errors_or_text() {
    let long = 60 << 10;
    for opening in [
        "#if(",
        "#if(true)",
        "#foreach($a in [1])",
        "#set($a = ",
        "[",
        "(",
        "!",
        "-",
        "{",
        "$a.b(",
        "$a[",
        "${a",
        "${",
        "#{",
        "\"",
        "'",
        "#[[",
        "#*",
        "\\",
        "$",
        "#",
        "$!{",
        "#return(",
        "#set($a=[",
        "#set($a={'a':",
        "#set($a=\"$b(\"\"",
    ] {
        let template = opening.repeat(long / opening.len());
        if let Ok(handlers) = compile(&Vtl::default(), &template) {
            handlers.invoke(Handler::Response, &context(&json!({})));
        }
    }
    for (prefix, repeated, suffix) in [
        ("#set($x = 1", " + 1", ")$x"),
        ("#set($x = true", " && true", ")$x"),
        ("$ctx", ".a", ""),
        ("$ctx.args", ".toString()", ""),
        ("#if(false)", "#elseif(false)", "#end"),
    ] {
        let template = format!("{prefix}{}{suffix}", repeated.repeat(long / repeated.len()));
        let handlers =
            compile(&Vtl::default(), &template).unwrap_or_else(|error| panic!("{prefix}{repeated}: {error}"));
        handlers.invoke(Handler::Response, &context(&json!({})));
    }
    assert!(
        compile(&Vtl::default(), &" ".repeat((64 << 10) + 1))
            .is_err_and(|error| error.first.message.contains("larger"))
    );
}

#[test]
fn deep_values_going_in_are_an_error_where_they_are_read() {
    let deep = (0..200).fold(Value::Null, |value, _| Value::Array(vec![value]));
    let context = Context { source: deep.into(), ..Context::default() };
    assert!(message(&evaluate("$util.toJson($ctx.source)", &context)).unwrap().contains("deeper than"));
    assert_eq!(returned(&evaluate("1", &context)), Some(&json!(1)));
    let limits = Limits { result_bytes: 10, ..Limits::default() };
    let handlers = compile(&Vtl::new(limits), "[1, 2, 3, 4, 5]").unwrap();
    assert!(message(&handlers.invoke(Handler::Response, &context)).unwrap().contains("larger than 10 bytes"));
}

/// Every function of the guide's pages on `$util` and `$extensions` is called, and none is unknown.
#[test]
fn every_documented_function_is_there() {
    let documented = "
        $util: parseJson toJson urlEncode urlDecode base64Encode base64Decode autoId autoUlid autoKsuid error appendError
            validate isNull isNullOrEmpty isNullOrBlank defaultIfNull defaultIfNullOrEmpty defaultIfNullOrBlank typeOf
            matches authType isString isNumber isBoolean isList isMap qr quiet escapeJavaScript unauthorized
        $util.log: info debug error
        $util.time: nowISO8601 nowEpochSeconds nowEpochMilliSeconds nowFormatted parseFormattedToEpochMilliSeconds
            parseISO8601ToEpochMilliSeconds epochMilliSecondsToSeconds epochMilliSecondsToISO8601
            epochMilliSecondsToFormatted
        $util.list: copyAndRetainAll copyAndRemoveAll sortList
        $util.map: copyAndRetainAllKeys copyAndRemoveAllKeys
        $util.dynamodb: toDynamoDB toDynamoDBJson toString toStringJson toStringSet toStringSetJson toNumber toNumberJson
            toNumberSet toNumberSetJson toBinary toBinaryJson toBinarySet toBinarySetJson toBoolean toBooleanJson toNull
            toNullJson toList toListJson toMap toMapJson toMapValues toMapValuesJson toS3Object toS3ObjectJson
            fromS3ObjectJson
        $util.rds: toJsonString toJsonObject
        $util.http: copyHeaders addResponseHeader addResponseHeaders
        $util.xml: toMap toJsonString
        $util.transform: toDynamoDBFilterExpression toDynamoDBConditionExpression toElasticsearchQueryDSL
            toSubscriptionFilter
        $util.math: roundNum minVal maxVal randomDouble randomWithinRange
        $util.str: toUpper toLower toReplace normalize
        $extensions: evictFromApiCache setSubscriptionFilter setSubscriptionInvalidationFilter invalidateSubscriptions";
    let paths = support::paths(documented);
    let unknown = |path: &String| {
        let evaluation = evaluate(&format!("{path}()"), &context(&json!({})));
        message(&evaluation).is_some_and(|message| message.contains("there is no function"))
    };
    let missing: Vec<&String> = paths.iter().filter(|path| unknown(path)).collect();
    assert!(paths.len() > 90 && missing.is_empty(), "{} of {} missing: {missing:?}", missing.len(), paths.len());
    assert!(unknown(&"$util.nope".to_owned()));
}
