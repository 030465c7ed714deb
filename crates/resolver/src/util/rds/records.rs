//! `toJsonObject`: the rows of an RDS Data API result as objects, one list for each statement.

use serde_json::{Map, Value};

use crate::util::{Fault, argument};

/// Takes `{ sqlStatementResults: [{ records, columnMetadata }] }`, as an object or as JSON text.
pub(super) fn to_json_object(arguments: &[Value]) -> Result<Value, Fault> {
    let given = argument(arguments, 0);
    let parsed;
    let result = match given.as_str() {
        Some(text) => {
            parsed = serde_json::from_str(text).unwrap_or_default();
            &parsed
        }
        None => given,
    };
    // The guide: "returns null if the result value is invalid or unexpected".
    let statements = result["sqlStatementResults"].as_array();
    Ok(statements.map_or(Value::Null, |statements| statements.iter().map(rows).collect()))
}

fn rows(statement: &Value) -> Value {
    let labels: Vec<&str> = list(&statement["columnMetadata"])
        .iter()
        .map(|column| column["label"].as_str().or_else(|| column["name"].as_str()).unwrap_or_default())
        .collect();
    let row = |record: &Value| {
        let fields = labels.iter().zip(list(record)).map(|(label, field)| ((*label).to_owned(), value(field)));
        Value::Object(fields.collect::<Map<_, _>>())
    };
    Value::Array(list(&statement["records"]).iter().map(row).collect())
}

/// A Data API field: `{ "stringValue": "a" }`, `{ "isNull": true }`, `{ "arrayValue": { "longValues": [1] } }`. That an
/// array becomes a plain list is not verified on AWS.
fn value(field: &Value) -> Value {
    match field.as_object().and_then(|field| field.iter().next()) {
        Some((kind, _)) if kind == "isNull" => Value::Null,
        Some((kind, array)) if kind == "arrayValue" => {
            array.as_object().and_then(|array| array.values().next()).cloned().unwrap_or_default()
        }
        Some((_, value)) => value.clone(),
        None => Value::Null,
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
