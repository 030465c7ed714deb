//! A YAML or JSON value that knows where it stands.

use serde_json::{Map, Value};

use crate::diagnostic::Position;

/// A value of the template, before or after its intrinsic functions are resolved.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) at: Position,
    pub(crate) content: Content,
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    Null,
    Bool(bool),
    /// As written, for properties that want text: `1.10` is not `1.1`.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key with its value. Keys are unique within a map.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_at: Position,
    pub(crate) value: Node,
}

impl Node {
    pub(crate) fn text(at: Position, text: impl Into<String>) -> Self {
        Self { at, content: Content::Text(text.into()) }
    }

    pub(crate) fn list(at: Position, items: Vec<Node>) -> Self {
        Self { at, content: Content::List(items) }
    }

    /// A map of one entry, as a long-form intrinsic function is written.
    pub(crate) fn call(at: Position, function: &str, argument: Node) -> Self {
        let entry = Entry { key: function.to_owned(), key_at: at, value: argument };
        Self { at, content: Content::Map(vec![entry]) }
    }

    /// The entries of a map; none for anything else.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Node]> {
        match &self.content {
            Content::List(items) => Some(items),
            _ => None,
        }
    }

    /// A scalar as CloudFormation turns it into text; `None` for null, lists and maps.
    pub(crate) fn to_text(&self) -> Option<String> {
        match &self.content {
            Content::Text(text) | Content::Number(text) => Some(text.clone()),
            Content::Bool(value) => Some(value.to_string()),
            Content::Null | Content::List(_) | Content::Map(_) => None,
        }
    }

    /// The function and argument, when this is a call in long form.
    pub(crate) fn as_call(&self) -> Option<(&str, &Node)> {
        match self.entries() {
            [only] if only.key == "Ref" || only.key.starts_with("Fn::") => Some((&only.key, &only.value)),
            _ => None,
        }
    }

    /// What kind of value this is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self.content {
            Content::Null => "null",
            Content::Bool(_) => "a boolean",
            Content::Number(_) => "a number",
            Content::Text(_) => "a string",
            Content::List(_) => "a list",
            Content::Map(_) => "a map",
        }
    }

    /// Plain JSON.
    pub(crate) fn to_json(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(*value),
            Content::Number(text) => number(text).unwrap_or_else(|| Value::String(text.clone())),
            Content::Text(text) => Value::String(text.clone()),
            Content::List(items) => items.iter().map(Node::to_json).collect(),
            Content::Map(entries) => {
                let members = entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json()));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }
}

/// The JSON number that `text` spells.
pub(crate) fn number(text: &str) -> Option<Value> {
    serde_json::from_str::<serde_json::Number>(text.trim()).ok().map(Value::Number)
}
