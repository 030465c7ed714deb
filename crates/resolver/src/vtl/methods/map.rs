//! `java.util.Map`. Views (`keySet`, `values`, `entrySet`) are copies: what is done to them does not reach the map.

use std::sync::Arc;

use super::{Answer, Failure, answer, nothing, thrown};
use crate::vtl::{
    heap::{Fields, MapId, Value},
    interpreter::Interpreter,
};

pub(super) fn call(run: &mut Interpreter<'_>, id: MapId, name: &str, arguments: &[Value]) -> Answer {
    let fields = run.heap.fields(id);
    match (name, arguments) {
        ("size", []) => answer(fields.len()),
        ("isEmpty", []) => answer(fields.is_empty()),
        ("keySet", []) => {
            let keys = fields.keys().cloned().map(Value::Text).collect();
            answer(run.heap.list(keys)?)
        }
        ("values", []) => {
            let values = fields.values().cloned().collect();
            answer(run.heap.list(values)?)
        }
        ("entrySet", []) => {
            let entries = fields.iter().map(|(key, value)| Value::Entry(Arc::new((key.clone(), value.clone()))));
            let entries = entries.collect();
            answer(run.heap.list(entries)?)
        }
        ("clear", []) => {
            run.heap.fields_mut(id).clear();
            nothing()
        }
        ("containsValue", [value]) => {
            let values: Vec<_> = fields.values().cloned().collect();
            answer(run.heap.position(&values, value)?.is_some())
        }
        ("putAll", [other]) => {
            let more = fields_of(run, other)?;
            run.heap.pay(2 * more.len(), 0)?;
            run.heap.fields_mut(id).extend(more);
            nothing()
        }
        (_, [key, rest @ ..]) => {
            let key = run.text(key)?;
            keyed(run, id, name, key, rest)
        }
        _ => Ok(None),
    }
}

/// Methods whose first argument is a key.
fn keyed(run: &mut Interpreter<'_>, id: MapId, name: &str, key: Arc<str>, rest: &[Value]) -> Answer {
    let found = run.heap.fields(id).get(&key).cloned();
    match (name, rest) {
        ("get", []) => answer(found.unwrap_or(Value::Null)),
        ("containsKey", []) => answer(found.is_some()),
        ("getOrDefault", [default]) => answer(found.unwrap_or_else(|| default.clone())),
        ("put", [value]) => put(run, id, key, value),
        ("putIfAbsent", [value]) => match found {
            Some(found) if !found.is_null() => answer(found),
            _ => put(run, id, key, value),
        },
        ("replace", [value]) if found.is_some() => put(run, id, key, value),
        ("replace", [_]) => answer(Value::Null),
        ("remove", []) => answer(run.heap.fields_mut(id).shift_remove(&key).unwrap_or(Value::Null)),
        _ => Ok(None),
    }
}

fn put(run: &mut Interpreter<'_>, id: MapId, key: Arc<str>, value: &Value) -> Answer {
    let value = run.materialized(value)?;
    answer(run.heap.put(id, key, value)?)
}

/// The fields of a map that is an argument.
fn fields_of(run: &mut Interpreter<'_>, value: &Value) -> Result<Fields, Failure> {
    match run.materialized(value)? {
        Value::Map(id) => Ok(run.heap.fields(id).clone()),
        other => thrown(format!("{} is no map", other.class())),
    }
}
