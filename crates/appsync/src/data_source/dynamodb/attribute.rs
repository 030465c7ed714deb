//! Typed attribute values: from what resolvers write to what DynamoDB reads, and from DynamoDB to plain JSON.

use serde_json::{Map, Value, json};

use crate::data_source::Failure;

/// A typed value for DynamoDB. Resolvers may write numbers as JSON numbers and NULL as null; the wire may not.
fn typed(value: &Value, path: &str) -> Result<Value, Failure> {
    let invalid = || Failure::invalid(path);
    let Some((tag, inner)) = value.as_object().filter(|map| map.len() == 1).and_then(|map| map.iter().next()) else {
        return Err(invalid());
    };
    let inner = match tag.as_str() {
        "N" => number(inner).ok_or_else(invalid)?,
        "NS" => inner.as_array().and_then(|all| all.iter().map(number).collect()).ok_or_else(invalid)?,
        "NULL" => Value::Bool(true),
        "M" => Value::Object(typed_map(inner.as_object().ok_or_else(invalid)?, path)?),
        "L" => {
            let items = inner.as_array().ok_or_else(invalid)?;
            Value::Array(items.iter().map(|item| typed(item, path)).collect::<Result<_, _>>()?)
        }
        "S" | "B" if inner.is_string() => inner.clone(),
        "BOOL" if inner.is_boolean() => inner.clone(),
        "SS" | "BS" if inner.is_array() => inner.clone(),
        _ => return Err(invalid()),
    };
    Ok(Value::Object(Map::from_iter([(tag.clone(), inner)])))
}

/// A map of typed values: a key, an item or expression values.
pub(super) fn typed_map(map: &Map<String, Value>, path: &str) -> Result<Map<String, Value>, Failure> {
    map.iter().map(|(name, value)| Ok((name.clone(), typed(value, &format!("{path}.{name}"))?))).collect()
}

fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) => Some(number.to_string().into()),
        Value::String(_) => Some(value.clone()),
        _ => None,
    }
}

/// A typed value as plain JSON: sets are lists, binary is base64 text, NULL is null.
fn plain(value: &Value) -> Value {
    let Some((tag, inner)) = value.as_object().and_then(|map| map.iter().next()) else { return Value::Null };
    match (tag.as_str(), inner) {
        ("N", inner) => plain_number(inner),
        ("NS", Value::Array(all)) => all.iter().map(plain_number).collect(),
        ("NULL", _) => Value::Null,
        ("M", Value::Object(map)) => plain_map(map),
        ("L", Value::Array(items)) => items.iter().map(plain).collect(),
        (_, inner) => inner.clone(),
    }
}

/// An item or key as plain JSON.
pub(super) fn plain_map(map: &Map<String, Value>) -> Value {
    Value::Object(map.iter().map(|(name, value)| (name.clone(), plain(value))).collect())
}

/// An item as resolvers write typed values: numbers as JSON numbers.
pub(super) fn with_numbers(item: &Map<String, Value>) -> Value {
    Value::Object(item.iter().map(|(name, value)| (name.clone(), with_number(value))).collect())
}

fn with_number(value: &Value) -> Value {
    let Some((tag, inner)) = value.as_object().and_then(|map| map.iter().next()) else { return value.clone() };
    let inner = match (tag.as_str(), inner) {
        ("N", inner) => plain_number(inner),
        ("NS", Value::Array(all)) => all.iter().map(plain_number).collect(),
        ("M", Value::Object(map)) => with_numbers(map),
        ("L", Value::Array(items)) => items.iter().map(with_number).collect(),
        (_, inner) => inner.clone(),
    };
    Value::Object(Map::from_iter([(tag.clone(), inner)]))
}

/// Plain JSON as typed values.
pub(super) fn from_plain(map: &Map<String, Value>) -> Map<String, Value> {
    map.iter().map(|(name, value)| (name.clone(), typed_plain(value))).collect()
}

fn typed_plain(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(value) => json!({ "BOOL": value }),
        Value::Number(value) => json!({ "N": value.to_string() }),
        Value::String(value) => json!({ "S": value }),
        Value::Array(values) => json!({ "L": values.iter().map(typed_plain).collect::<Vec<_>>() }),
        Value::Object(map) => json!({ "M": from_plain(map) }),
    }
}

/// The item in `container[name]` as plain JSON; null where there is none.
pub(super) fn plain_item(container: &Value, name: &str) -> Value {
    container.get(name).and_then(Value::as_object).map_or(Value::Null, plain_map)
}

fn plain_number(text: &Value) -> Value {
    // More digits than a double holds are lost, as in JavaScript.
    text.as_str()
        .and_then(|text| serde_json::from_str(text).ok())
        .filter(Value::is_number)
        .unwrap_or_else(|| text.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_nulls_take_the_forms_of_the_wire() {
        let written = json!({"n": {"N": 12.5}, "t": {"N": "7"}, "s": {"NS": [1, 23]}, "z": {"NULL": null},
            "m": {"M": {"l": {"L": [{"N": 1}, {"S": "x"}]}}}});
        let wire = json!({"n": {"N": "12.5"}, "t": {"N": "7"}, "s": {"NS": ["1", "23"]}, "z": {"NULL": true},
            "m": {"M": {"l": {"L": [{"N": "1"}, {"S": "x"}]}}}});
        let typed = typed_map(written.as_object().unwrap(), "key").unwrap();
        assert_eq!(Value::Object(typed.clone()), wire);
        let plain = json!({"n": 12.5, "t": 7, "s": [1, 23], "z": null, "m": {"l": [1, "x"]}});
        assert_eq!(plain_map(&typed), plain);
        assert_eq!(plain_map(&from_plain(plain.as_object().unwrap())), plain);
    }

    #[test]
    fn untyped_values_are_refused_by_path() {
        let error = typed_map(json!({"id": "1"}).as_object().unwrap(), "key").unwrap_err();
        assert_eq!(error, Failure::Document("Value for field '$[key.id]' is not valid.".into()));
    }
}
