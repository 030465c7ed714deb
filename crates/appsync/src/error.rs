//! GraphQL errors as AppSync writes them: six keys at the top level, nothing under `extensions`.

use serde_json::{Map, Value, json};

/// An entry of `errors`.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphqlError {
    /// Aliases and list indexes from the root; `None` for errors of the whole request.
    pub path: Option<Vec<PathSegment>>,
    /// Where in the query; `None` writes null.
    pub locations: Option<Vec<Location>>,
    /// The text.
    pub message: String,
    /// `errorType`, `errorInfo` and `data`, which errors of resolvers have and completion errors have not.
    pub details: Option<Box<Details>>,
}

/// What errors of resolvers carry beyond path, locations and message.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Details {
    /// `errorType`, for example `Unauthorized`.
    pub error_type: Option<String>,
    /// `errorInfo`, as given to `util.error`.
    pub error_info: Value,
    /// `data`, filtered by the field's selection set.
    pub data: Value,
}

/// A step of an error's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathSegment {
    /// A response key.
    Key(String),
    /// An index of a list.
    Index(usize),
}

/// A position in the query text, 1-based.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl PathSegment {
    /// A path for people, for example `orders[0].customer`.
    pub fn join(path: &[Self]) -> String {
        let mut text = String::new();
        for segment in path {
            match segment {
                Self::Key(key) if text.is_empty() => text.push_str(key),
                Self::Key(key) => text.extend([".", key]),
                Self::Index(index) => text.push_str(&format!("[{index}]")),
            }
        }
        text
    }
}

impl GraphqlError {
    /// An error of the whole request with neither path nor place: `{"errorType", "message"}`.
    pub fn of_request(error_type: &str, message: impl Into<String>) -> Self {
        let details = Some(Box::new(Details::of_type(error_type)));
        Self { path: None, locations: None, message: message.into(), details }
    }

    /// `errorType`, where the error has one.
    pub fn error_type(&self) -> Option<&str> {
        self.details.as_ref()?.error_type.as_deref()
    }

    /// The entry as JSON, keys in AppSync's order.
    pub fn to_json(&self) -> Value {
        let mut entry = Map::new();
        entry.insert("path".into(), self.path.as_ref().map_or(Value::Null, |path| path_json(path)));
        if let Some(details) = &self.details {
            entry.insert("data".into(), details.data.clone());
            entry.insert("errorType".into(), details.error_type.clone().into());
            entry.insert("errorInfo".into(), details.error_info.clone());
        }
        entry.insert("locations".into(), self.locations.as_ref().map_or(Value::Null, |all| locations_json(all)));
        entry.insert("message".into(), self.message.clone().into());
        Value::Object(entry)
    }
}

impl Details {
    /// Only an `errorType`.
    pub(crate) fn of_type(error_type: &str) -> Self {
        Self { error_type: Some(error_type.to_owned()), ..Self::default() }
    }
}

fn path_json(path: &[PathSegment]) -> Value {
    path.iter()
        .map(|segment| match segment {
            PathSegment::Key(key) => Value::from(key.as_str()),
            PathSegment::Index(index) => Value::from(*index),
        })
        .collect()
}

fn locations_json(locations: &[Location]) -> Value {
    locations.iter().map(|at| json!({ "line": at.line, "column": at.column, "sourceName": null })).collect()
}

/// `{"data": null, "errors": [...]}`: the whole answer to a request that was not executed.
pub(crate) fn errors_only(errors: &[GraphqlError]) -> Vec<u8> {
    let errors: Vec<_> = errors.iter().map(GraphqlError::to_json).collect();
    json!({ "data": null, "errors": errors }).to_string().into_bytes()
}
