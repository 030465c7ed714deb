//! Scalars and enums: what they accept from clients and how they are written to responses.

use std::{collections::HashSet, sync::Arc};

use serde_json::{Number, Value};

use super::scalar;

/// A scalar or enum type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Leaf {
    Int,
    Float,
    String,
    Boolean,
    Id,
    Timestamp,
    Json,
    /// A scalar that is a string of some form.
    Text(TextForm),
    /// A scalar that the user declared: anything goes.
    Custom(Arc<str>),
    Enum {
        name: Arc<str>,
        values: Arc<HashSet<String>>,
    },
}

/// The AWS scalars that are strings (developer guide, "AWS AppSync scalars").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextForm {
    Date,
    Time,
    DateTime,
    Email,
    Phone,
    Url,
    IpAddress,
}

impl TextForm {
    fn name(self) -> &'static str {
        match self {
            Self::Date => "AWSDate",
            Self::Time => "AWSTime",
            Self::DateTime => "AWSDateTime",
            Self::Email => "AWSEmail",
            Self::Phone => "AWSPhone",
            Self::Url => "AWSURL",
            Self::IpAddress => "AWSIPAddress",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Time => "time",
            Self::DateTime => "date-time",
            Self::Email => "email address",
            Self::Phone => "phone number",
            Self::Url => "URL",
            Self::IpAddress => "IP address",
        }
    }
}

impl Leaf {
    /// The scalar type called `name`.
    pub(crate) fn scalar(name: &str) -> Self {
        match name {
            "Int" => Self::Int,
            "Float" => Self::Float,
            "String" => Self::String,
            "Boolean" => Self::Boolean,
            "ID" => Self::Id,
            "AWSTimestamp" => Self::Timestamp,
            "AWSJSON" => Self::Json,
            "AWSDate" => Self::Text(TextForm::Date),
            "AWSTime" => Self::Text(TextForm::Time),
            "AWSDateTime" => Self::Text(TextForm::DateTime),
            "AWSEmail" => Self::Text(TextForm::Email),
            "AWSPhone" => Self::Text(TextForm::Phone),
            "AWSURL" => Self::Text(TextForm::Url),
            "AWSIPAddress" => Self::Text(TextForm::IpAddress),
            other => Self::Custom(other.into()),
        }
    }

    /// The type's name.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Int => "Int",
            Self::Float => "Float",
            Self::String => "String",
            Self::Boolean => "Boolean",
            Self::Id => "ID",
            Self::Timestamp => "AWSTimestamp",
            Self::Json => "AWSJSON",
            Self::Text(form) => form.name(),
            Self::Custom(name) | Self::Enum { name, .. } => name,
        }
    }

    /// A client's value as resolvers see it; `Err` is what follows "has an invalid value. ".
    ///
    /// AppSync is as lenient as graphql-java 9 was: numbers and strings stand in for each other.
    pub(crate) fn accept(&self, value: &Value) -> Result<Value, String> {
        let mismatch = || format!("Expected type '{}' but was '{}'.", self.name(), java_type(value));
        match self {
            Self::Int => integer(value).filter(|n| i32::try_from(*n).is_ok()).map(Value::from).ok_or_else(mismatch),
            Self::Timestamp => integer(value).map(Value::from).ok_or_else(|| unable(value, "timestamp")),
            Self::Float => float(value).map(Value::Number).ok_or_else(mismatch),
            Self::Boolean => boolean(value).map(Value::from).ok_or_else(mismatch),
            Self::Id | Self::String => text(value).map(Value::from).ok_or_else(mismatch),
            Self::Json => {
                let text = value.as_str().ok_or_else(|| unable(value, "JSON"))?;
                serde_json::from_str(text).map_err(|_| unable(value, "JSON"))
            }
            Self::Text(form) => match value.as_str().filter(|text| scalar::is_valid(*form, text)) {
                Some(_) => Ok(value.clone()),
                None => Err(unable(value, form.noun())),
            },
            Self::Custom(_) => Ok(value.clone()),
            Self::Enum { name, values } => match value.as_str().filter(|text| values.contains(*text)) {
                Some(_) => Ok(value.clone()),
                None => Err(format!("Invalid input for Enum '{name}'. No value found for name '{}'", plain(value))),
            },
        }
    }

    /// Appends a result to the response; `Err` is what follows "Can't serialize value (/path) : ".
    pub(crate) fn write(&self, value: &Value, out: &mut Vec<u8>) -> Result<(), String> {
        let mismatch = || format!("Expected type '{}' but was '{}'.", self.name(), java_type(value));
        match self {
            Self::Int => match integer(value).filter(|n| i32::try_from(*n).is_ok()) {
                Some(number) => write_json(out, &Value::from(number)),
                None => return Err(mismatch()),
            },
            Self::Timestamp => match integer(value) {
                Some(number) => write_json(out, &Value::from(number)),
                None => return Err(format!("Unable to serialize `{}` as a valid timestamp.", plain(value))),
            },
            Self::Float => match value {
                Value::Number(_) => write_json(out, value),
                _ => write_json(out, &Value::Number(float(value).ok_or_else(mismatch)?)),
            },
            Self::Boolean => write_json(out, &Value::Bool(boolean(value).ok_or_else(mismatch)?)),
            Self::Id | Self::String | Self::Custom(_) => match value {
                Value::String(_) => write_json(out, value),
                // AWS differs: Java prints maps as {a=b}; JSON text is what a caller can use.
                _ if *self == Self::String || *self == Self::Id => write_json(out, &Value::String(plain(value))),
                _ => write_json(out, value),
            },
            Self::Json => match value {
                // A string is taken to be JSON text already, as DynamoDB attributes holding AWSJSON are [M].
                Value::String(_) => write_json(out, value),
                _ => write_json(out, &Value::String(value.to_string())),
            },
            Self::Text(form) => match value.as_str().filter(|text| scalar::is_valid(*form, text)) {
                Some(_) => write_json(out, value),
                None => return Err(format!("Unable to serialize `{}` as a valid {}.", plain(value), form.noun())),
            },
            Self::Enum { name, values } => match value.as_str().filter(|text| values.contains(*text)) {
                Some(_) => write_json(out, value),
                None => {
                    return Err(format!("Invalid input for Enum '{name}'. No value found for name '{}'", plain(value)));
                }
            },
        }
        Ok(())
    }
}

/// Appends compact JSON.
pub(crate) fn write_json(out: &mut Vec<u8>, value: &Value) {
    serde_json::to_writer(out, value).expect("a Vec accepts every write and a Value has text keys");
}

fn unable(value: &Value, noun: &str) -> String {
    format!("Unable to parse `{}` as a valid {noun}.", plain(value))
}

/// The value as text: strings bare, everything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn java_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "Boolean",
        Value::Number(number) if number.is_f64() => "Double",
        Value::Number(_) => "Integer",
        Value::String(_) => "String",
        Value::Array(_) => "ArrayList",
        Value::Object(_) => "LinkedHashMap",
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.parse().ok().or_else(|| whole(text.parse().ok()?)),
        _ => None,
    }
}

fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}

fn float(value: &Value) -> Option<Number> {
    match value {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) => Number::from_f64(text.parse().ok()?),
        _ => None,
    }
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => Some(text.eq_ignore_ascii_case("true")),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn input_is_accepted_or_refused_with_appsyncs_words() {
        for (ty, value, expected) in [
            ("Int", json!(7), Ok(json!(7))),
            ("Int", json!("7"), Ok(json!(7))),
            ("Int", json!(3_000_000_000_i64), Err("Expected type 'Int' but was 'Integer'.")),
            ("Int", json!("seven"), Err("Expected type 'Int' but was 'String'.")),
            ("Float", json!(1.5), Ok(json!(1.5))),
            ("ID", json!(12), Ok(json!("12"))),
            ("String", json!({}), Err("Expected type 'String' but was 'LinkedHashMap'.")),
            ("AWSJSON", json!("{\"a\":[1]}"), Ok(json!({"a": [1]}))),
            ("AWSJSON", json!("hello"), Err("Unable to parse `hello` as a valid JSON.")),
            ("AWSEmail", json!("a@example.com"), Ok(json!("a@example.com"))),
            ("AWSEmail", json!("x"), Err("Unable to parse `x` as a valid email address.")),
            ("AWSTimestamp", json!(-1), Ok(json!(-1))),
        ] {
            let expected = expected.map_err(str::to_owned);
            assert_eq!(Leaf::scalar(ty).accept(&value), expected, "{ty} from {value}");
        }
    }

    #[test]
    fn results_are_written_as_their_type_says() {
        for (ty, value, expected) in [
            ("Int", json!(7.0), Ok("7")),
            ("ID", json!(12), Ok("\"12\"")),
            ("String", json!(true), Ok("\"true\"")),
            ("AWSJSON", json!({"a": 1}), Ok(r#""{\"a\":1}""#)),
            ("AWSJSON", json!("{\"a\":1}"), Ok(r#""{\"a\":1}""#)),
            ("AWSDate", json!("foo"), Err("Unable to serialize `foo` as a valid date.")),
            ("Boolean", json!("true"), Ok("true")),
        ] {
            let mut out = Vec::new();
            let written = Leaf::scalar(ty).write(&value, &mut out);
            let written = written.map(|()| String::from_utf8(out).unwrap());
            assert_eq!(written, expected.map(str::to_owned).map_err(str::to_owned), "{ty} of {value}");
        }
    }
}
