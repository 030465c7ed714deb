//! `java.lang.Number` and, through any number, the static methods of its classes: `$Integer.parseInt("5")` works
//! where `$Integer` is a number.

use std::cmp::Ordering;

use serde_json::Number;

use super::{Answer, answer, thrown};
use crate::vtl::{comparison::order, heap::Value, interpreter::Interpreter};

pub(super) fn call(run: &mut Interpreter<'_>, number: &Number, name: &str, arguments: &[Value]) -> Answer {
    match (name, arguments) {
        ("intValue" | "longValue" | "shortValue" | "byteValue", []) => {
            answer(Value::Number(number.clone()).as_integer().map_or(Value::Null, Value::from))
        }
        ("doubleValue" | "floatValue", []) => {
            answer(number.as_f64().and_then(Number::from_f64).map_or(Value::Null, Value::Number))
        }
        ("compareTo" | "compare", [Value::Number(other)]) => answer(sign(order(number, other))),
        ("toString", [value]) => answer(Value::Text(run.text(value)?)),
        ("parseInt" | "parseLong" | "parseDouble" | "parseFloat" | "valueOf", [value]) => {
            let text = run.text(value)?;
            let whole = text.parse::<i64>().ok().filter(|_| !matches!(name, "parseDouble" | "parseFloat"));
            let float = || text.trim().parse::<f64>().ok().filter(|_| !matches!(name, "parseInt" | "parseLong"));
            match whole.map(Number::from).or_else(|| float().and_then(Number::from_f64)) {
                Some(number) => answer(Value::Number(number)),
                None => thrown(format!("For input string: \"{text}\"")),
            }
        }
        _ => Ok(None),
    }
}

fn sign(order: Option<Ordering>) -> i64 {
    order.map_or(0, |order| order as i64)
}
