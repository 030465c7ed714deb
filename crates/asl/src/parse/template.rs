//! Compiling payload templates.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::fields::Fields;
use super::{Parser, SCHEMA};
use crate::data::Data;
use crate::definition::QueryLanguage;
use crate::intrinsic::Call;
use crate::path::Path;
use crate::template::{Node, Template};

/// AWS's limit on the length of a variable's name, in characters.
const MAX_VARIABLE_NAME: usize = 80;

/// How long a location may grow, in bytes: every part of a template carries its own.
const MAX_LOCATION: usize = 16 * 1024;

impl Parser {
    /// The member as a template; recursion is bounded by the depth of the definition.
    pub(super) fn template(&mut self, fields: &Fields<'_>, name: &str) -> Option<Template> {
        let value = fields.get(name)?;
        let location = fields.at(name);
        let root = match fields.query_language {
            QueryLanguage::JSONPath => self.path_node(value, &location)?,
            QueryLanguage::JSONata => self.expression_node(value, name, &location)?,
        };
        Some(Template { root })
    }

    /// `Parameters` or `Arguments`, save those of a Map, which are its item selector.
    pub(super) fn arguments(&mut self, type_name: &str, fields: &Fields<'_>) -> Option<Template> {
        if type_name == "Map" {
            return None;
        }
        self.template(fields, if fields.is_jsonata() { "Arguments" } else { "Parameters" })
    }

    /// `Assign`: an object whose keys are names of variables.
    pub(super) fn assign(&mut self, fields: &Fields<'_>) -> Option<Template> {
        let members = self.object(fields, "Assign")?;
        for key in members.members.keys() {
            let name = if fields.is_jsonata() { key } else { key.strip_suffix(".$").unwrap_or(key) };
            let begins = name.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_');
            let goes_on = name.chars().all(|next| next.is_alphanumeric() || next == '_');
            if !begins || !goes_on || name.chars().count() > MAX_VARIABLE_NAME || name == "states" {
                self.report(&members.location, SCHEMA, format!("Invalid variable name: {name}"));
            }
        }
        self.template(fields, "Assign")
    }

    fn path_node(&mut self, value: &Value, location: &str) -> Option<Node> {
        match value {
            Value::Object(members) => self.path_members(members, location),
            Value::Array(items) => {
                let nodes = items.iter().map(|item| self.path_node(item, location)).collect::<Option<_>>()?;
                Some(array(nodes, value))
            }
            other => Some(Node::Literal(Data::from_value(other.clone()))),
        }
    }

    fn path_members(&mut self, members: &Map<String, Value>, location: &str) -> Option<Node> {
        let mut nodes: Vec<(Arc<str>, Node)> = Vec::with_capacity(members.len());
        for (key, value) in members {
            match key.strip_suffix(".$") {
                Some(name) => nodes.push((name.into(), self.dynamic(key, value, location)?)),
                None => nodes.push((key.as_str().into(), self.path_node(value, location)?)),
            }
        }
        Some(object(nodes))
    }

    /// The value of a key that ends in `.$`: a path or a call.
    fn dynamic(&mut self, key: &str, value: &Value, location: &str) -> Option<Node> {
        let text = value.as_str().unwrap_or_default();
        if let Some(call) = Call::parse(text) {
            call.variables(&mut self.variables);
            return Some(Node::Call(call));
        }
        if let Ok(path) = Path::parse(text) {
            path.variables(&mut self.variables);
            return Some(Node::Path { field: key.into(), path });
        }
        let message =
            format!("The value for the field '{key}' must be a valid JSONPath or a valid intrinsic function call");
        self.report(location, SCHEMA, message);
        None
    }

    fn expression_node(&mut self, value: &Value, field: &str, location: &str) -> Option<Node> {
        if location.len() > MAX_LOCATION {
            self.report("", SCHEMA, "The keys that lead to a value are too long");
            return None;
        }
        match value {
            Value::String(text) if text.starts_with("{%") => {
                self.expression(text, field, location).map(Node::Expression)
            }
            Value::Array(items) => {
                let nodes = items.iter().enumerate().map(|(position, item)| {
                    let suffix = format!("[{position}]");
                    self.expression_node(item, &format!("{field}{suffix}"), &format!("{location}{suffix}"))
                });
                let nodes = nodes.collect::<Option<_>>()?;
                Some(array(nodes, value))
            }
            Value::Object(members) => {
                let nodes = members.iter().map(|(key, value)| {
                    let node = self.expression_node(value, &format!("{field}/{key}"), &format!("{location}/{key}"))?;
                    Some((Arc::from(key.as_str()), node))
                });
                Some(object(nodes.collect::<Option<_>>()?))
            }
            other => Some(Node::Literal(Data::from_value(other.clone()))),
        }
    }
}

fn array(nodes: Vec<Node>, value: &Value) -> Node {
    match nodes.iter().all(|node| matches!(node, Node::Literal(_))) {
        true => Node::Literal(Data::from_value(value.clone())),
        false => Node::Array(nodes),
    }
}

/// A later member replaces an earlier one of the same name: `a` and `a.$` may both be there.
fn object(nodes: Vec<(Arc<str>, Node)>) -> Node {
    let literals: Option<Map<String, Value>> = nodes
        .iter()
        .map(|(name, node)| match node {
            Node::Literal(data) => Some((name.to_string(), data.value().clone())),
            _ => None,
        })
        .collect();
    literals.map_or_else(|| Node::Object(nodes), |literals| Node::Literal(Data::from_value(literals.into())))
}
