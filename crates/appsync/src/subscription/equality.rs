//! Argument filters: every argument equals the payload's field of that name (developer guide, "Basic filtering").

use serde_json::{Map, Value};

/// Whether a payload passes. An omitted argument is absent from `arguments` and demands nothing; an explicit null
/// demands a field that is null or absent.
pub(super) fn passes(arguments: &Map<String, Value>, payload: &Value) -> bool {
    arguments.iter().all(|(name, expected)| match (expected, payload.get(name)) {
        (Value::Null, None | Some(Value::Null)) => true,
        (expected, Some(actual)) => same(expected, actual),
        (_, None) => false,
    })
}

/// Equality of scalars as their types see them: `1` and `1.0` are one number, an ID may be stored as a number.
pub(super) fn same(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::String(text), Value::Number(number)) => *text == number.to_string(),
        (expected, actual) => expected == actual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn null_is_a_demand_and_absence_is_none() {
        for (arguments, payload, expected) in [
            (json!({}), json!({"owner": "a"}), true),
            (json!({"owner": "a"}), json!({"owner": "a"}), true),
            (json!({"owner": "a"}), json!({"owner": "b"}), false),
            (json!({"owner": "a"}), json!({}), false),
            (json!({"owner": null}), json!({"owner": null}), true),
            (json!({"owner": null}), json!({}), true),
            (json!({"owner": null}), json!({"owner": "a"}), false),
            (json!({"owner": "a", "n": 1}), json!({"owner": "a", "n": 1.0}), true),
            (json!({"owner": "a", "n": 1}), json!({"owner": "a", "n": 2}), false),
            (json!({"id": "7"}), json!({"id": 7}), true),
        ] {
            assert_eq!(passes(arguments.as_object().unwrap(), &payload), expected, "{arguments} on {payload}");
        }
    }
}
