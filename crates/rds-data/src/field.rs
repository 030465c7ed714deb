//! `Field`: a value as the Data API carries it, in parameters and in records.
//!
//! <https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_Field.html>

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::Error;

/// One value. Exactly one member of the union is set on the wire.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Field {
    /// `isNull`
    Null,
    /// `booleanValue`
    Boolean(bool),
    /// `longValue`
    Long(i64),
    /// `doubleValue`
    Double(f64),
    /// `stringValue`
    Text(String),
    /// `blobValue`
    Blob(Vec<u8>),
    /// `arrayValue`, of one dimension; what kind the items are, so that an empty array knows, too.
    Array(Kind, Vec<Field>),
}

/// What the items of an array are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Boolean,
    Long,
    Double,
    Text,
}

impl Field {
    /// Reads a parameter's `value`.
    pub(crate) fn parse(value: &Value) -> Result<Self, Error> {
        let invalid = |what: &str| Error::BadRequest(format!("A parameter's value is not valid: {what}"));
        let members = value.as_object().ok_or_else(|| invalid("it has to be a structure"))?;
        let mut set = members.iter().filter(|(_, value)| !value.is_null());
        let (Some((name, value)), None) = (set.next(), set.next()) else {
            return Err(invalid("exactly one member has to be set"));
        };
        let read = match name.as_str() {
            "isNull" => value.as_bool().filter(|null| *null).map(|_| Self::Null),
            "booleanValue" => value.as_bool().map(Self::Boolean),
            "longValue" => value.as_i64().map(Self::Long),
            "doubleValue" => value.as_f64().map(Self::Double),
            "stringValue" => value.as_str().map(|text| Self::Text(text.to_owned())),
            "blobValue" => value.as_str().and_then(|text| BASE64_STANDARD.decode(text).ok()).map(Self::Blob),
            "arrayValue" => return Err(Error::BadRequest("Array parameters are not supported.".to_owned())),
            _ => return Err(invalid(&format!("{name} is no member of Field"))),
        };
        read.ok_or_else(|| invalid(name))
    }

    /// What the value counts for in the size of an answer.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Null | Self::Boolean(_) => 1,
            Self::Long(_) | Self::Double(_) => 8,
            Self::Text(text) => text.len(),
            Self::Blob(bytes) => bytes.len(),
            Self::Array(_, items) => items.iter().map(Self::bytes).sum(),
        }
    }

    /// As `records` carry it.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Null => json!({ "isNull": true }),
            Self::Boolean(_) => json!({ "booleanValue": self.plain() }),
            Self::Long(_) => json!({ "longValue": self.plain() }),
            Self::Double(_) => json!({ "doubleValue": self.plain() }),
            Self::Text(_) => json!({ "stringValue": self.plain() }),
            Self::Blob(_) => json!({ "blobValue": self.plain() }),
            Self::Array(kind, _) => json!({ "arrayValue": { kind.member(): self.plain() } }),
        }
    }

    /// As `formattedRecords` carry it.
    pub(crate) fn plain(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(value) => (*value).into(),
            Self::Long(value) => (*value).into(),
            Self::Double(value) => double(*value),
            Self::Text(text) => text.as_str().into(),
            Self::Blob(bytes) => BASE64_STANDARD.encode(bytes).into(),
            Self::Array(_, items) => items.iter().map(Self::plain).collect(),
        }
    }
}

impl Kind {
    fn member(self) -> &'static str {
        match self {
            Self::Boolean => "booleanValues",
            Self::Long => "longValues",
            Self::Double => "doubleValues",
            Self::Text => "stringValues",
        }
    }
}

/// What JSON has no number for is a text, as AWS's REST-JSON protocol has it.
fn double(value: f64) -> Value {
    let special = match value {
        _ if value.is_nan() => "NaN",
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => return value.into(),
    };
    special.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_read_and_write_their_one_member() {
        for value in [
            json!({ "isNull": true }),
            json!({ "booleanValue": false }),
            json!({ "longValue": -7 }),
            json!({ "doubleValue": 1.5 }),
            json!({ "stringValue": "a" }),
            json!({ "blobValue": "AAE=" }),
        ] {
            assert_eq!(Field::parse(&value).unwrap().to_json(), value);
        }
        let array = Field::Array(Kind::Long, vec![Field::Long(1), Field::Null]);
        assert_eq!(array.to_json(), json!({ "arrayValue": { "longValues": [1, null] } }));
        assert_eq!(Field::Double(f64::NAN).to_json(), json!({ "doubleValue": "NaN" }));
    }

    #[test]
    fn what_is_no_field_is_refused() {
        for value in [
            json!(1),
            json!({}),
            json!({ "isNull": false }),
            json!({ "longValue": 1, "stringValue": "a" }),
            json!({ "longValue": 1.5 }),
            json!({ "blobValue": "?" }),
            json!({ "arrayValue": { "longValues": [1] } }),
            json!({ "other": 1 }),
        ] {
            assert!(matches!(Field::parse(&value), Err(Error::BadRequest(_))), "{value}");
        }
    }
}
