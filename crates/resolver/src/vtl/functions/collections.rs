//! `$util.list.*` and `$util.map.*`: changed copies.

use std::cmp::Ordering;

use super::{Interpreter, Table, argument};
use crate::{
    util::Fault,
    vtl::{comparison::order, heap::Value},
};

/// The longest list that `sortList` sorts (developer guide, "List helpers in $util.list").
const SORTED: usize = 1_000;

pub(super) const FUNCTIONS: Table = &[
    ("util.list.copyAndRetainAll", |run, arguments| copy_list(run, arguments, true)),
    ("util.list.copyAndRemoveAll", |run, arguments| copy_list(run, arguments, false)),
    ("util.list.sortList", sort_list),
    ("util.map.copyAndRetainAllKeys", |run, arguments| copy_map(run, arguments, true)),
    ("util.map.copyAndRemoveAllKeys", |run, arguments| copy_map(run, arguments, false)),
];

fn items(run: &Interpreter<'_>, value: &Value, function: &str) -> Result<Vec<Value>, Fault> {
    match value {
        Value::List(id) => Ok(run.heap.items(*id).clone()),
        _ => Err(Fault::code(format!("{function} expects a list"))),
    }
}

fn copy_list(run: &mut Interpreter<'_>, arguments: &[Value], present: bool) -> Result<Value, Fault> {
    let list = items(run, &argument(arguments, 0), "$util.list")?;
    let others = items(run, &argument(arguments, 1), "$util.list")?;
    let kept = run.retained(list, &others, present).map_err(Fault::Code)?;
    run.heap.list(kept).map_err(Fault::Code)
}

fn copy_map(run: &mut Interpreter<'_>, arguments: &[Value], present: bool) -> Result<Value, Fault> {
    let Value::Map(id) = argument(arguments, 0) else { return Err(Fault::code("$util.map expects a map")) };
    let keys = items(run, &argument(arguments, 1), "$util.map")?;
    let keys: Vec<&str> = keys.iter().filter_map(Value::as_text).collect();
    let mut fields = run.heap.fields(id).clone();
    fields.retain(|key, _| keys.contains(&&**key) == present);
    run.heap.map(fields).map_err(Fault::Code)
}

/// `(list, descending, property)`: by a property of its maps, or, where that is empty, by its items.
fn sort_list(run: &mut Interpreter<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let list = items(run, &argument(arguments, 0), "$util.list.sortList")?;
    if list.len() > SORTED {
        return Err(Fault::code(format!("$util.list.sortList sorts {SORTED} items at most")));
    }
    let property = argument(arguments, 2);
    let property = property.as_text().filter(|name| !name.is_empty());
    let key = |item: &Value| match (item, property) {
        (Value::Map(id), Some(name)) => run.heap.fields(*id).get(name).cloned().unwrap_or(Value::Null),
        (item, _) => item.clone(),
    };
    let mut keyed: Vec<(Value, Value)> = list.into_iter().map(|item| (key(&item), item)).collect();
    let kind =
        |value: &Value| matches!(value, Value::Number(_) | Value::Text(_)).then(|| std::mem::discriminant(value));
    let first = keyed.first().and_then(|(key, _)| kind(key));
    if keyed.iter().any(|(key, _)| kind(key).is_none() || kind(key) != first) {
        return Err(Fault::code("$util.list.sortList sorts numbers or texts, not a mixture"));
    }
    keyed.sort_by(|(left, _), (right, _)| compare(left, right));
    if argument(arguments, 1).is_true() {
        keyed.reverse();
    }
    run.heap.list(keyed.into_iter().map(|(_, item)| item).collect()).map_err(Fault::Code)
}

fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => order(left, right).unwrap_or(Ordering::Equal),
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        _ => Ordering::Equal,
    }
}
