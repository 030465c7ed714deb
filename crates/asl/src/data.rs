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
