//! `$util.isNull` and its like: what values are, defaults for them, JSON, validation, logging, text.

use serde_json::Value as Json;

use super::{Interpreter, Table, argument};
use crate::{
    End, RaisedError,
    util::{self, Fault},
    vtl::heap::Value,
};

pub(super) const FUNCTIONS: Table = &[
    ("util.qr", |_, _| Ok(Value::text(""))),
    ("util.quiet", |_, _| Ok(Value::text(""))),
    ("util.isNull", |_, arguments| Ok(argument(arguments, 0).is_null().into())),
    ("util.isNullOrEmpty", |run, arguments| Ok(is_empty(run, &argument(arguments, 0)).into())),
    ("util.isNullOrBlank", |run, arguments| Ok(is_blank(run, &argument(arguments, 0)).into())),
    ("util.defaultIfNull", |_, arguments| Ok(default_if(arguments, Value::is_null))),
    ("util.defaultIfNullOrEmpty", |run, arguments| Ok(default_if(arguments, |value| is_empty(run, value)))),
    ("util.defaultIfNullOrBlank", |run, arguments| Ok(default_if(arguments, |value| is_blank(run, value)))),
    ("util.isString", |_, arguments| Ok(matches!(argument(arguments, 0), Value::Text(_)).into())),
    ("util.isNumber", |_, arguments| Ok(matches!(argument(arguments, 0), Value::Number(_)).into())),
    ("util.isBoolean", |_, arguments| Ok(matches!(argument(arguments, 0), Value::Boolean(_)).into())),
    ("util.isList", |_, arguments| Ok(matches!(argument(arguments, 0), Value::List(_)).into())),
    ("util.isMap", |_, arguments| {
        Ok(matches!(argument(arguments, 0), Value::Map(_) | Value::Context | Value::Info).into())
    }),
    ("util.typeOf", |_, arguments| Ok(Value::text(type_of(&argument(arguments, 0))))),
    ("util.toJson", |run, arguments| {
        let json = run.json(&argument(arguments, 0)).map_err(Fault::Code)?;
        text(run, json.to_string())
    }),
    ("util.parseJson", parse_json),
    ("util.validate", validate),
    ("util.log.info", log),
    ("util.log.debug", log),
    ("util.log.error", log),
    ("util.str.toUpper", |run, arguments| map_text(run, arguments, str::to_uppercase)),
    ("util.str.toLower", |run, arguments| map_text(run, arguments, str::to_lowercase)),
    ("util.str.toReplace", to_replace),
    ("util.rds.toJsonString", |run, arguments| {
        let rows = super::call(run, "util.rds.toJsonObject", arguments)?;
        let json = run.json(&rows).map_err(Fault::Code)?;
        text(run, json.to_string())
    }),
];

fn is_empty(run: &Interpreter<'_>, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => text.is_empty(),
        Value::List(id) => run.heap.items(*id).is_empty(),
        Value::Map(id) => run.heap.fields(*id).is_empty(),
        _ => false,
    }
}

fn is_blank(run: &Interpreter<'_>, value: &Value) -> bool {
    value.as_text().map_or_else(|| is_empty(run, value), |text| text.trim().is_empty())
}

/// The first argument, or the second where the first is not there in the sense of `absent`.
fn default_if(arguments: &[Value], absent: impl Fn(&Value) -> bool) -> Value {
    Some(argument(arguments, 0)).filter(|value| !absent(value)).unwrap_or_else(|| argument(arguments, 1))
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Number(_) => "Number",
        Value::Text(_) => "String",
        Value::Map(_) | Value::Context | Value::Info => "Map",
        Value::List(_) => "List",
        Value::Boolean(_) => "Boolean",
        Value::Entry(_) | Value::Loop(_) | Value::Namespace(_) => "Object",
    }
}

fn text(run: &mut Interpreter<'_>, text: String) -> Result<Value, Fault> {
    run.new_text(text).map(Value::Text).map_err(Fault::Code)
}

fn parse_json(run: &mut Interpreter<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let Value::Text(text) = argument(arguments, 0) else {
        return Err(Fault::code("$util.parseJson expects text"));
    };
    let json: Json = serde_json::from_str(&text).map_err(|error| Fault::code(format!("$util.parseJson: {error}")))?;
    run.value(&json).map_err(Fault::Code)
}

/// `(condition, message, errorType?, data?)`.
fn validate(run: &mut Interpreter<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    if argument(arguments, 0).is_true() {
        return Ok(Value::text(""));
    }
    let mut json = |index| run.json(&argument(arguments, index)).map_err(Fault::Code);
    let (message, kind, data) = (json(1)?, json(2)?, json(3)?);
    let kind = if kind.is_null() { "CustomTemplateException".to_owned() } else { util::text_of(&kind) };
    let data = Some(data).filter(|data| !data.is_null());
    let error = RaisedError { message: util::text_of(&message), kind: Some(kind), data, info: None };
    Err(Fault::End(Box::new(End::Raised(error))))
}

/// `(value)` or `(text, values...)`: each `{}` of the text is a value.
fn log(run: &mut Interpreter<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let mut line = match argument(arguments, 0) {
        Value::Text(text) => text.to_string(),
        other => run.json(&other).map_err(Fault::Code)?.to_string(),
    };
    for value in arguments.iter().skip(1) {
        let value = util::text_of(&run.json(value).map_err(Fault::Code)?);
        line = line.replacen("{}", &value, 1);
        run.check_time().map_err(Fault::Code)?;
    }
    run.scope.log(line);
    Ok(Value::text(""))
}

fn map_text(run: &mut Interpreter<'_>, arguments: &[Value], change: fn(&str) -> String) -> Result<Value, Fault> {
    let value = argument(arguments, 0);
    let changed = value.as_text().map(change).ok_or_else(|| Fault::code("$util.str expects text as argument 1"))?;
    text(run, changed)
}

/// `(text, old, new)`.
fn to_replace(run: &mut Interpreter<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let [Value::Text(_), Value::Text(_), Value::Text(_)] = arguments else {
        return Err(Fault::code("$util.str.toReplace expects three texts"));
    };
    let replaced = crate::vtl::methods::call(run, &arguments[0], "replace", &arguments[1..]);
    let replaced = replaced.map_err(|failure| Fault::code(failure.into_message()))?;
    Ok(replaced.unwrap_or(Value::Null))
}
