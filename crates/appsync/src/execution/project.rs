//! Values cut down to what a selection set selects, by field name: payloads for subscribers, and `data` of errors.

use serde_json::{Map, Value};

use super::{Children, Fetched};
use crate::plan::{Field, Fields, Origin, Selection};

/// What a mutation selected of `value`, with what its resolvers fetched put in: all that subscribers can get.
fn project(selection: Option<&Selection>, value: &Value, children: &Children) -> Value {
    let Some(selection) = selection else { return value.clone() };
    match value {
        Value::Array(items) => {
            let item = |(index, item)| project(Some(selection), item, children.item(index));
            items.iter().enumerate().map(item).collect()
        }
        Value::Object(object) => match selection {
            Selection::Object(fields) => Value::Object(fields_of(fields, object, children)),
            Selection::Abstract(possible) => {
                let name = object.get("__typename").and_then(Value::as_str).unwrap_or_default();
                match possible.fields(name) {
                    Ok(Some(fields)) => {
                        let mut projected = fields_of(&fields, object, children);
                        projected.insert("__typename".into(), name.into());
                        Value::Object(projected)
                    }
                    _ => Value::Null,
                }
            }
        },
        _ => Value::Null,
    }
}

/// What a root field of a mutation came to.
pub(crate) fn root(field: &Field, fetched: Option<&Fetched>) -> Value {
    match fetched {
        Some(Fetched::Resolved { result: Ok(value), children, .. }) => {
            project(field.selection.as_ref(), value, children)
        }
        _ => Value::Null,
    }
}

/// `data` of a failed field, filtered by what is selected of it.
pub(crate) fn filter(field: &Field, data: &Value) -> Value {
    project(field.selection.as_ref(), data, &Children::None)
}

fn fields_of(fields: &Fields, object: &Map<String, Value>, children: &Children) -> Map<String, Value> {
    let mut projected = Map::new();
    for (position, field) in fields.fields.iter().enumerate() {
        if !matches!(field.origin, Origin::Property | Origin::Resolver(_)) {
            continue;
        }
        let selection = field.selection.as_ref();
        let property = || object.get(field.name.as_str()).unwrap_or(&Value::Null);
        let value = match children.field(position) {
            Some(Fetched::Resolved { result: Ok(value), children, .. }) => project(selection, value, children),
            Some(Fetched::Resolved { result: Err(_), .. }) => Value::Null,
            Some(Fetched::Nested(children)) => project(selection, property(), children),
            None => project(selection, property(), &Children::None),
        };
        projected.insert(field.name.to_string(), value);
    }
    projected
}
