//! `util.dynamodb.*`: plain values as typed attribute values, as recorded on AWS: numbers stay JSON numbers.

use serde_json::{Map, Value, json};

use super::{Fault, Function, Scope, argument, object_argument, string_argument};

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("util.dynamodb.toDynamoDB", |_, arguments| Ok(typed(argument(arguments, 0)))),
    ("util.dynamodb.toString", |_, arguments| Ok(json!({ "S": argument(arguments, 0) }))),
    ("util.dynamodb.toNumber", |_, arguments| Ok(json!({ "N": argument(arguments, 0) }))),
    ("util.dynamodb.toBinary", |_, arguments| Ok(json!({ "B": argument(arguments, 0) }))),
    ("util.dynamodb.toBoolean", |_, arguments| Ok(json!({ "BOOL": argument(arguments, 0) }))),
    ("util.dynamodb.toNull", |_, _| Ok(null())),
    ("util.dynamodb.toStringSet", |_, arguments| set("util.dynamodb.toStringSet", "SS", arguments)),
    ("util.dynamodb.toNumberSet", |_, arguments| set("util.dynamodb.toNumberSet", "NS", arguments)),
    ("util.dynamodb.toBinarySet", |_, arguments| set("util.dynamodb.toBinarySet", "BS", arguments)),
    ("util.dynamodb.toList", |_, arguments| Ok(list(elements("util.dynamodb.toList", arguments)?))),
    ("util.dynamodb.toMap", |_, arguments| {
        Ok(json!({ "M": typed_map(object_argument("util.dynamodb.toMap", arguments, 0)?) }))
    }),
    ("util.dynamodb.toMapValues", |_, arguments| {
        Ok(Value::Object(typed_map(object_argument("util.dynamodb.toMapValues", arguments, 0)?)))
    }),
    ("util.dynamodb.toS3Object", to_s3_object),
    ("util.dynamodb.fromS3ObjectJson", from_s3_object_json),
    ("dynamodb.toStringSet", |_, arguments| marked("dynamodb.toStringSet", "SS", arguments)),
    ("dynamodb.toNumberSet", |_, arguments| marked("dynamodb.toNumberSet", "NS", arguments)),
    ("dynamodb.toBinarySet", |_, arguments| marked("dynamodb.toBinarySet", "BS", arguments)),
];

/// Marks a set made by the helper module, which [`typed`] takes as it is.
///
/// AWS differs: what the helper gives before it is put into a request is not recorded.
const SET_MARK: &str = "$dynamodbSet";

/// A plain value as an attribute value. Depth is that of the value, which its maker has bounded.
pub(super) fn typed(value: &Value) -> Value {
    match value {
        Value::Null => null(),
        Value::Bool(_) => tagged("BOOL", value.clone()),
        Value::Number(_) => tagged("N", value.clone()),
        Value::String(_) => tagged("S", value.clone()),
        Value::Array(values) => list(values),
        Value::Object(fields) => match fields.get(SET_MARK) {
            Some(set) if fields.len() == 1 => set.clone(),
            _ => tagged("M", Value::Object(typed_map(fields))),
        },
    }
}

/// Each field as an attribute value.
pub(super) fn typed_map(fields: &Map<String, Value>) -> Map<String, Value> {
    fields.iter().map(|(name, value)| (name.clone(), typed(value))).collect()
}

fn list(values: &[Value]) -> Value {
    tagged("L", values.iter().map(typed).collect())
}

fn null() -> Value {
    tagged("NULL", Value::Null)
}

fn tagged(kind: &str, value: Value) -> Value {
    let mut tagged = Map::with_capacity(1);
    tagged.insert(kind.to_owned(), value);
    Value::Object(tagged)
}

fn set(function: &str, kind: &str, arguments: &[Value]) -> Result<Value, Fault> {
    Ok(json!({ kind: elements(function, arguments)? }))
}

fn marked(function: &str, kind: &str, arguments: &[Value]) -> Result<Value, Fault> {
    Ok(json!({ SET_MARK: set(function, kind, arguments)? }))
}

fn elements<'a>(function: &str, arguments: &'a [Value]) -> Result<&'a Vec<Value>, Fault> {
    argument(arguments, 0).as_array().ok_or_else(|| Fault::code(format!("{function} expects an array as argument 1")))
}

/// `(key, bucket, region, version?)`.
fn to_s3_object(_: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    let mut object = Map::new();
    for (index, name) in ["key", "bucket", "region"].into_iter().enumerate() {
        object.insert(name.into(), string_argument("util.dynamodb.toS3Object", arguments, index)?.into());
    }
    if !argument(arguments, 3).is_null() {
        object.insert("version".into(), string_argument("util.dynamodb.toS3Object", arguments, 3)?.into());
    }
    Ok(json!({ "S": json!({ "s3": object }).to_string() }))
}

fn from_s3_object_json(_: &mut Scope, arguments: &[Value]) -> Result<Value, Fault> {
    let text = string_argument("util.dynamodb.fromS3ObjectJson", arguments, 0)?;
    let mut parsed: Value =
        serde_json::from_str(text).map_err(|error| Fault::code(format!("util.dynamodb.fromS3ObjectJson: {error}")))?;
    Ok(parsed["s3"].take())
}
