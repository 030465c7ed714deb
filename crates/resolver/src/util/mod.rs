//! `util.*`, `extensions.*`, `runtime.*` and the helper modules, once, for every resolver language.
//!
//! A [`Function`] takes JSON values and gives one back. What it needs from or leaves behind in the invocation (time,
//! randomness, errors, headers) is in the [`Scope`]. Each file has the table of its functions; [`find`] searches them
//! all. Names are paths: `util.time.nowISO8601`, `dynamodb.put`, `rds.select`.

mod ai;
mod conditions;
mod dynamodb;
mod dynamodb_requests;
mod dynamodb_update;
mod errors;
mod extensions;
mod http;
mod ids;
mod java_time;
mod math;
mod opensearch;
mod rds;
mod scope;
mod text;
mod time;
mod transform;
mod xml;

use serde_json::{Map, Value};

pub use scope::{Fault, Scope};
pub(crate) use text::pattern;

use crate::evaluation::End;

/// A function that resolvers call. Arguments that were left out are not in the slice; `undefined` is null.
pub type Function = fn(&mut Scope, &[Value]) -> Result<Value, Fault>;

/// One file's functions by their paths.
type Table = &'static [(&'static str, Function)];

const TABLES: &[Table] = &[
    ai::FUNCTIONS,
    conditions::FUNCTIONS,
    dynamodb::FUNCTIONS,
    dynamodb_requests::FUNCTIONS,
    dynamodb_update::FUNCTIONS,
    errors::FUNCTIONS,
    extensions::FUNCTIONS,
    http::FUNCTIONS,
    ids::FUNCTIONS,
    math::FUNCTIONS,
    opensearch::FUNCTIONS,
    rds::AGGREGATES,
    rds::FUNCTIONS,
    text::FUNCTIONS,
    time::FUNCTIONS,
    transform::FUNCTIONS,
    xml::FUNCTIONS,
];

/// Every function and its path.
pub fn functions() -> impl Iterator<Item = (&'static str, Function)> {
    TABLES.iter().flat_map(|table| table.iter().copied())
}

/// The function at `path`.
pub fn find(path: &str) -> Option<Function> {
    functions().find(|(name, _)| *name == path).map(|(_, function)| function)
}

/// The argument at `index`; null where it was left out.
fn argument(arguments: &[Value], index: usize) -> &Value {
    arguments.get(index).unwrap_or(&Value::Null)
}

/// A required string argument.
fn string_argument<'a>(function: &str, arguments: &'a [Value], index: usize) -> Result<&'a str, Fault> {
    argument(arguments, index)
        .as_str()
        .ok_or_else(|| Fault::code(format!("{function} expects a string as argument {}", index + 1)))
}

/// A required number argument; text that is a number counts.
fn number_argument(function: &str, arguments: &[Value], index: usize) -> Result<f64, Fault> {
    let value = argument(arguments, index);
    value
        .as_f64()
        .or_else(|| value.as_str()?.trim().parse().ok())
        .filter(|number| number.is_finite())
        .ok_or_else(|| Fault::code(format!("{function} expects a number as argument {}", index + 1)))
}

/// A required object argument.
fn object_argument<'a>(function: &str, arguments: &'a [Value], index: usize) -> Result<&'a Map<String, Value>, Fault> {
    argument(arguments, index)
        .as_object()
        .ok_or_else(|| Fault::code(format!("{function} expects an object as argument {}", index + 1)))
}

/// A JSON number as JavaScript writes it: whole numbers without a fraction.
pub(crate) fn number(value: f64) -> Value {
    const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= LARGEST_EXACT {
        return Value::from(value as i64);
    }
    serde_json::Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// A value as text, as string concatenation in a resolver gives it.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `value`, unless it is null.
fn present(value: &Value) -> Option<Value> {
    (!value.is_null()).then(|| value.clone())
}

/// Ends the invocation.
fn end(end: End) -> Fault {
    Fault::End(Box::new(end))
}
