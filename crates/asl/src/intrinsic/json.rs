//! `States.StringToJson` and `States.JsonMerge`.

use serde_json::Value;

use super::Refusal;
use crate::data::Data;

/// A blank text is null and `-0` is 0 (recorded on AWS).
pub(super) fn string_to_json(text: &Value) -> Result<Value, Refusal> {
    let text = text.as_str().ok_or_else(|| "The argument must be a string".to_owned())?;
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    if text.trim() == "-0" {
        return Ok(0.into());
    }
    Data::parse(text).map(|data| data.value().clone()).map_err(|error| error.to_string())
}

/// Shallow: a key of the second object replaces that of the first, in its place; new keys follow.
pub(super) fn merge(first: &Value, second: &Value, deep: &Value) -> Result<Value, Refusal> {
    if deep != &Value::Bool(false) {
        return Err("The third argument must be false: deep merging is not supported".to_owned());
    }
    let (Value::Object(first), Value::Object(second)) = (first, second) else {
        return Err("The first two arguments must be objects".to_owned());
    };
    let mut merged = first.clone();
    merged.extend(second.iter().map(|(key, value)| (key.clone(), value.clone())));
    Ok(merged.into())
}
