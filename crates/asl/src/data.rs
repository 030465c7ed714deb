//! JSON data with its source text.
//!
//! AWS passes the caller's JSON text through states verbatim, blanks and number forms included, and re-serialises only
//! what it builds (recorded on AWS). So a [`Data`] that came from text keeps the text, and one that was built from a value prints
//! compactly with its keys in order.

use std::fmt;
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use thiserror::Error;

use crate::parse::describe_syntax_error;

/// How deep JSON may nest.
// AWS differs: its own bound is not documented; nothing recorded nests deeper than a few levels.
pub const MAX_DEPTH: usize = 127;

// AWS differs: it keeps integers beyond 64 bits exactly; here they keep their text only while they are passed through.
/// A JSON value and its text. Cheap to clone.
#[derive(Clone)]
pub struct Data(Arc<Inner>);

struct Inner {
    value: Value,
    text: OnceLock<Arc<str>>,
}

/// Text or a value that is not acceptable data.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DataError {
    /// Not JSON; `message` is what AWS prints.
    #[error("{message}")]
    Syntax {
        /// What is wrong and where.
        message: String,
    },
    /// Nests deeper than [`MAX_DEPTH`].
    #[error("JSON nests deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

impl Data {
    /// From JSON text, kept verbatim.
    pub fn parse(text: impl Into<Arc<str>>) -> Result<Self, DataError> {
        let text = text.into();
        let value = serde_json::from_str(&text).map_err(|error| match error.to_string() {
            message if message.starts_with("recursion limit") => DataError::TooDeep,
            _ => DataError::Syntax { message: describe_syntax_error(&text, &error).0 },
        })?;
        let data = Self::from_value(value);
        data.0.text.get_or_init(|| text);
        Ok(data)
    }

    /// From a value whose depth the caller has bounded; prints compactly.
    pub fn from_value(value: Value) -> Self {
        Self(Arc::new(Inner { value, text: OnceLock::new() }))
    }

    /// From a value of any depth.
    pub fn checked(value: Value) -> Result<Self, DataError> {
        if depth_within(&value, MAX_DEPTH) { Ok(Self::from_value(value)) } else { Err(DataError::TooDeep) }
    }

    /// `{}`.
    pub fn empty_object() -> Self {
        Self::from_value(Value::Object(serde_json::Map::new()))
    }

    /// An array whose text is the items' texts, verbatim, separated by commas.
    pub fn array(items: &[Data]) -> Result<Self, DataError> {
        let data = Self::checked(Value::Array(items.iter().map(|item| item.value().clone()).collect()))?;
        let texts: Vec<Arc<str>> = items.iter().map(Self::text).collect();
        data.0.text.get_or_init(|| format!("[{}]", texts.join(",")).into());
        Ok(data)
    }

    /// The value.
    pub fn value(&self) -> &Value {
        &self.0.value
    }

    /// The text, cheap to clone.
    pub fn text(&self) -> Arc<str> {
        self.0.text.get_or_init(|| self.0.value.to_string().into()).clone()
    }

    /// The text's length in UTF-8 bytes, which AWS's payload limit counts.
    pub fn size(&self) -> usize {
        self.text().len()
    }
}

/// How large a value may become while a template or an intrinsic function builds it, in the bytes of [`weight`].
pub(crate) const MAX_PAYLOAD: usize = 16 << 20;

/// About how many bytes a value takes up as text; its depth is bounded.
pub(crate) fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => 2 + text.len(),
        Value::Array(items) => items.iter().fold(2, |all, item| all + 1 + weight(item)),
        Value::Object(members) => members.iter().fold(2, |all, (key, member)| all + 4 + key.len() + weight(member)),
        _ => 4,
    }
}

fn depth_within(value: &Value, left: usize) -> bool {
    match value {
        Value::Array(items) => left > 0 && items.iter().all(|item| depth_within(item, left - 1)),
        Value::Object(members) => left > 0 && members.values().all(|member| depth_within(member, left - 1)),
        _ => true,
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text())
    }
}

impl PartialEq for Data {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Data, DataError, MAX_DEPTH};

    #[test]
    fn text_is_kept_until_something_is_built() {
        let first = Data::parse("[1,  2.50]").unwrap();
        let second = Data::from_value(json!({"b": 1, "a": [1.5, null]}));
        assert_eq!(&*first.text(), "[1,  2.50]");
        assert_eq!(&*second.text(), r#"{"b":1,"a":[1.5,null]}"#);
        let both = Data::array(&[first, second]).unwrap();
        assert_eq!(&*both.text(), r#"[[1,  2.50],{"b":1,"a":[1.5,null]}]"#);
        assert_eq!(both.value()[0], json!([1, 2.5]));
        assert_eq!(Data::parse("\"é\"").unwrap().size(), 4);
    }

    /// The first two are recorded on AWS.
    #[test]
    fn faults_are_described_as_aws_does() {
        let wanted = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
        let unexpected =
            |found: char, what: &str| format!("Unexpected character ('{found}' (code {})): {what}", u32::from(found));
        let cases = [
            ("not JSON", format!("Unrecognized token 'not': was expecting {wanted}")),
            ("{'a': 1}", unexpected('\'', "was expecting double-quote to start field name")),
            ("nul", format!("Unrecognized token 'nul': was expecting {wanted}")),
            ("[1 2]", unexpected('2', "was expecting comma to separate Array entries")),
            ("{\"a\" 1}", unexpected('1', "was expecting a colon to separate field name and value")),
            ("{\"a\": é}", unexpected('é', &format!("expected a valid value {wanted}"))),
            ("[1,", "Unexpected end-of-input".to_owned()),
            ("", "Unexpected end-of-input".to_owned()),
        ];
        for (text, message) in cases {
            assert_eq!(Data::parse(text), Err(DataError::Syntax { message }), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| Data::parse("[".repeat(depth) + &"]".repeat(depth));
        let deepest = nested(MAX_DEPTH).expect("within the bound");
        assert_eq!(nested(MAX_DEPTH + 1), Err(DataError::TooDeep));
        assert_eq!(nested(1_000_000), Err(DataError::TooDeep));
        assert!(Data::checked(deepest.value().clone()).is_ok());
        assert_eq!(Data::array(&[deepest]), Err(DataError::TooDeep));
    }
}
