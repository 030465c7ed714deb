//! The methods of Java's classes, as far as templates call them on values.

mod list;
mod map;
mod number;
mod text;

use std::sync::Arc;

use super::{heap::Value, interpreter::Interpreter};

/// Why a method gave no value.
#[derive(Debug)]
pub(super) enum Failure {
    /// It throws in Java too.
    Thrown(String),
    /// A bound of the run.
    Bound(String),
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Bound(message)
    }
}

/// The answer of a method; `None` where its class has none of this name and number of arguments.
type Answer = Result<Option<Value>, Failure>;

/// Calls a method.
pub(super) fn call(run: &mut Interpreter<'_>, receiver: &Value, name: &str, arguments: &[Value]) -> Answer {
    match (name, arguments) {
        ("toString", []) => return answer(Value::Text(run.text(receiver)?)),
        ("equals", [other]) => return answer(run.heap.equals(receiver, other)?),
        _ => {}
    }
    match receiver {
        Value::Map(id) => map::call(run, *id, name, arguments),
        Value::List(id) => list::call(run, *id, name, arguments),
        Value::Text(text) => text::call(run, text, name, arguments),
        Value::Number(number) => number::call(run, number, name, arguments),
        Value::Entry(entry) => Ok(match (name, arguments) {
            ("getKey", []) => Some(Value::Text(entry.0.clone())),
            ("getValue", []) => Some(entry.1.clone()),
            _ => None,
        }),
        Value::Boolean(value) => match (name, arguments) {
            ("booleanValue", []) => answer(*value),
            ("compareTo", [Value::Boolean(other)]) => answer(i64::from(*value) - i64::from(*other)),
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

fn answer(value: impl Into<Value>) -> Answer {
    Ok(Some(value.into()))
}

/// What methods without a result print.
fn nothing() -> Answer {
    answer(Value::text(""))
}

/// A new text.
fn made(run: &mut Interpreter<'_>, text: String) -> Answer {
    answer(Value::Text(run.new_text(text)?))
}

fn thrown<T>(message: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Thrown(message.into()))
}

/// An index of something `length` long, its end included or not.
fn index(value: &Value, length: usize, end: bool) -> Result<usize, Failure> {
    let index = value.as_integer().and_then(|index| usize::try_from(index).ok());
    match index.filter(|index| *index < length || (end && *index == length)) {
        Some(index) => Ok(index),
        None => thrown(format!("index {value:?} is out of bounds for length {length}")),
    }
}

/// The items of a list, or the values of a map: what `addAll` and its like take.
fn items_of(run: &Interpreter<'_>, value: &Value) -> Result<Vec<Value>, Failure> {
    match value {
        Value::List(id) => Ok(run.heap.items(*id).clone()),
        Value::Map(id) => Ok(run.heap.fields(*id).values().cloned().collect()),
        other => thrown(format!("{} is no collection", other.class())),
    }
}

/// A text that a method needs.
fn text_argument(value: &Value) -> Result<&Arc<str>, Failure> {
    match value {
        Value::Text(text) => Ok(text),
        other => thrown(format!("{} is no text", other.class())),
    }
}

impl Failure {
    /// What went wrong.
    pub(super) fn into_message(self) -> String {
        match self {
            Self::Thrown(message) | Self::Bound(message) => message,
        }
    }
}
