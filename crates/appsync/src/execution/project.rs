//! Values cut down to what a selection set selects, by field name: payloads for subscribers, and `data` of errors.

use serde_json::{Map, Value};

use super::{
    Fetched,
    fetch::{Child, Children},
};
use crate::plan::{Field, Fields, Origin, Selection};

/// What the root field at `position` came to, cut down to what is selected: all that subscribers can get.
pub(crate) fn root(field: &Field, position: usize, fetched: &Fetched) -> Value {
    match fetched.root.field(position) {
        Some(child) => child_value(field, child, &Value::Null, fetched),
        None => Value::Null,
    }
}

/// `data` of a failed field, filtered by what is selected of it.
pub(super) fn filter(field: &Field, data: &Value) -> Value {
    project(field.selection.as_ref(), data, &Children::None, &Fetched::default())
}

/// Recursion follows the plan, whose depth is bounded.
fn project(selection: Option<&Selection>, value: &Value, children: &Children, fetched: &Fetched) -> Value {
    let Some(selection) = selection else { return value.clone() };
    match (value, selection) {
        (Value::Array(items), _) => {
            let item = |(index, item)| project(Some(selection), item, children.item(index), fetched);
            items.iter().enumerate().map(item).collect()
        }
        (Value::Object(object), Selection::Object(fields)) => {
            Value::Object(fields_of(fields, object, children, fetched))
        }
        (Value::Object(object), Selection::Abstract(possible)) => {
            let name = object.get("__typename").and_then(Value::as_str).unwrap_or_default();
            let Ok(Some(fields)) = possible.fields(name) else { return Value::Null };
            let mut projected = fields_of(&fields, object, children, fetched);
            projected.insert("__typename".into(), name.into());
            Value::Object(projected)
        }
        _ => Value::Null,
    }
}

fn fields_of(
    fields: &Fields,
    object: &Map<String, Value>,
    children: &Children,
    fetched: &Fetched,
) -> Map<String, Value> {
    let mut projected = Map::new();
    for (position, field) in fields.fields.iter().enumerate() {
        if !matches!(field.origin, Origin::Property | Origin::Resolver(_)) {
            continue;
        }
        let property = object.get(field.name.as_str()).unwrap_or(&Value::Null);
        let value = match children.field(position) {
            Some(child) => child_value(field, child, property, fetched),
            None => project(field.selection.as_ref(), property, &Children::None, fetched),
        };
        projected.insert(field.name.to_string(), value);
    }
    projected
}

fn child_value(field: &Field, child: &Child, property: &Value, fetched: &Fetched) -> Value {
    let selection = field.selection.as_ref();
    match child {
        Child::Nested(children) => project(selection, property, children, fetched),
        Child::Beyond if matches!(field.origin, Origin::Resolver(_)) => Value::Null,
        Child::Beyond => project(selection, property, &Children::Beyond, fetched),
        Child::Resolved(slot) => match fetched.outcome(*slot).map(|resolved| (&resolved.result, &resolved.children)) {
            Some((Ok(value), children)) => project(selection, value, children, fetched),
            _ => Value::Null,
        },
    }
}
