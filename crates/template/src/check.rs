//! Holds resolved properties against their shapes and turns them into the JSON that the shapes promise.
//!
//! Scalars convert as CloudFormation converts them: `"5"` is a number and `5` a string where one is wanted.

use serde_json::{Map, Value};

use crate::{
    diagnostic::{Position, Problem, Report},
    node::{self, Content, Node},
    shapes::{Property, ResourceShape, Shape},
};

/// Checks the properties of one resource. What is wrong is reported and left out of the result.
pub(crate) fn properties(
    node: &Node,
    name_at: Position,
    resource_type: &str,
    shape: &ResourceShape,
    report: &mut Report,
) -> Value {
    let checker = Checker { resource_type, shape };
    checker.object(node, name_at, &shape.properties, resource_type, report)
}

struct Checker<'a> {
    resource_type: &'a str,
    shape: &'a ResourceShape,
}

impl Checker<'_> {
    /// A map whose keys are `properties`. `owner` is what has them, `at` where a missing one is reported.
    fn object(&self, node: &Node, at: Position, properties: &[Property], owner: &str, report: &mut Report) -> Value {
        let mut object = Map::new();
        for entry in node.entries() {
            let Some(property) = properties.iter().find(|property| property.name == entry.key) else {
                let message = format!("{owner} has no property '{}'", entry.key);
                let known = properties.iter().map(|property| property.name);
                report.add(Problem::error("SW0150", entry.key_at, message).suggest(&entry.key, known));
                continue;
            };
            if let Some(value) = self.value(&entry.value, &entry.key, &property.shape, report) {
                object.insert(entry.key.clone(), value);
            }
        }
        for missing in properties.iter().filter(|property| property.required && node.get(property.name).is_none()) {
            report.add(Problem::error("SW0152", at, format!("{owner} needs the property '{}'", missing.name)));
        }
        Value::Object(object)
    }

    fn value(&self, node: &Node, name: &str, shape: &Shape, report: &mut Report) -> Option<Value> {
        let value = match shape {
            Shape::Json => Some(node.to_json()),
            Shape::Text => node.to_text().map(Value::String),
            Shape::Number => node.to_text().as_deref().and_then(node::number),
            Shape::Boolean => boolean(node),
            Shape::Choice(choices) => return self.choice(node, name, choices, report),
            Shape::Type(type_name) if matches!(node.content, Content::Map(_)) => {
                let owner = format!("{}.{type_name}", self.resource_type);
                Some(self.object(node, node.at, self.shape.property_type(type_name), &owner, report))
            }
            Shape::List(inner) => node
                .as_list()
                .map(|items| items.iter().filter_map(|item| self.value(item, name, inner, report)).collect()),
            Shape::Map(inner) if matches!(node.content, Content::Map(_)) => {
                let members = node.entries().iter().filter_map(|entry| {
                    Some((entry.key.clone(), self.value(&entry.value, &entry.key, inner, report)?))
                });
                Some(Value::Object(members.collect()))
            }
            Shape::Type(_) | Shape::Map(_) => None,
        };
        if value.is_none() {
            let message = format!("'{name}' must be {}, not {}", wanted(shape), node.kind());
            report.add(Problem::error("SW0151", node.at, message));
        }
        value
    }

    fn choice(&self, node: &Node, name: &str, choices: &[&str], report: &mut Report) -> Option<Value> {
        let text = node.to_text().unwrap_or_default();
        if choices.contains(&&*text) {
            return Some(Value::String(text));
        }
        let message = format!("'{name}' must be one of {}", choices.join(", "));
        report.add(Problem::error("SW0153", node.at, message).suggest(&text, choices.iter().copied()));
        None
    }
}

fn boolean(node: &Node) -> Option<Value> {
    match &node.content {
        Content::Bool(value) => Some(Value::Bool(*value)),
        Content::Text(text) if text.eq_ignore_ascii_case("true") => Some(Value::Bool(true)),
        Content::Text(text) if text.eq_ignore_ascii_case("false") => Some(Value::Bool(false)),
        _ => None,
    }
}

fn wanted(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text | Shape::Choice(_) => "a string",
        Shape::Number => "a number",
        Shape::Boolean => "a boolean",
        Shape::List(_) => "a list",
        Shape::Type(_) | Shape::Map(_) | Shape::Json => "a map",
    }
}
