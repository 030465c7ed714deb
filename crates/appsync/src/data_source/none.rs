//! The `NONE` data source: the payload of the request is the result.

use serde_json::Value;

/// The `payload` of a request; null where it has none.
pub(super) fn result(request: Value) -> Value {
    match request {
        Value::Object(mut request) => request.remove("payload").unwrap_or_default(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn payload_or_null() {
        assert_eq!(result(json!({"payload": {"a": 1}})), json!({"a": 1}));
        assert_eq!(result(json!({})), Value::Null);
        assert_eq!(result(Value::Null), Value::Null);
    }
}
