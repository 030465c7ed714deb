//! Event patterns: which events a rule is for. See "Amazon EventBridge event patterns" and "Comparison operators" of
//! the EventBridge user guide.
//!
//! A pattern has the structure of the events it matches; each leaf is a list of alternatives. Alternatives are in
//! [`comparison`], reading the JSON in `parse`.

mod comparison;
mod parse;
mod wildcard;

use serde_json::{Map, Value};

use self::comparison::Comparison;
use crate::Error;

/// The deepest nesting of a pattern, and the most array levels that are looked through for one field.
const MAX_DEPTH: usize = 64;

/// A compiled event pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    root: Fields,
}

/// All of these must match one object.
#[derive(Debug, Clone, PartialEq, Default)]
struct Fields {
    fields: Vec<(String, Node)>,
    /// Of each `$or`, one alternative must match.
    alternatives: Vec<Vec<Fields>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Object(Fields),
    Leaf(Vec<Comparison>),
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// [`Error::InvalidPattern`] with EventBridge's reason.
    pub fn parse(pattern: &Value) -> Result<Self, Error> {
        parse::fields(pattern, 0).map(|root| Self { root }).map_err(Error::InvalidPattern)
    }

    /// Compiles a pattern from its text, as `PutRule` and `TestEventPattern` carry it.
    ///
    /// # Errors
    /// As [`Pattern::parse`], and for texts that are not JSON.
    pub fn parse_text(pattern: &str) -> Result<Self, Error> {
        let json = serde_json::from_str(pattern).map_err(|error| Error::InvalidPattern(error.to_string()))?;
        Self::parse(&json)
    }

    /// Whether the event, in its JSON form, matches.
    pub fn matches(&self, event: &Value) -> bool {
        event.as_object().is_some_and(|object| self.root.matches(object))
    }
}

impl Fields {
    fn matches(&self, object: &Map<String, Value>) -> bool {
        self.fields.iter().all(|(name, node)| node.matches(object.get(name), 0))
            && self.alternatives.iter().all(|any| any.iter().any(|fields| fields.matches(object)))
    }
}

impl Node {
    /// An array matches if one of its elements does; an array of objects, if one object matches as a whole.
    fn matches(&self, value: Option<&Value>, depth: usize) -> bool {
        match (self, value) {
            (_, Some(Value::Array(items))) if !items.is_empty() => {
                depth < MAX_DEPTH && items.iter().any(|item| self.matches(Some(item), depth + 1))
            }
            (Self::Object(fields), Some(Value::Object(object))) => fields.matches(object),
            // Nothing is there to descend into; a pattern that only asks for absence is still satisfied.
            (Self::Object(fields), _) => fields.matches(&Map::new()),
            // Only leaves have values; an object or an empty array in the place of a leaf is absent.
            (Self::Leaf(any), Some(Value::Object(_) | Value::Array(_)) | None) => {
                any.iter().any(|comparison| comparison.matches(None))
            }
            (Self::Leaf(any), Some(leaf)) => any.iter().any(|comparison| comparison.matches(Some(leaf))),
        }
    }
}
