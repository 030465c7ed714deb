//! The template's parameters: their declarations, and the values they have for this run.

use std::collections::HashMap;

use indexmap::IndexMap;
use regex::Regex;

use crate::{
    diagnostic::{Problem, Report},
    node::{Content, Entry, Node},
};

const KEYS: &[&str] = &[
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
    "Type",
];

/// The value of every parameter: what the caller gives, else the default.
pub(crate) fn values(root: &Node, given: &IndexMap<String, String>, report: &mut Report) -> HashMap<String, Node> {
    let section = root.get("Parameters");
    let declared = section.map_or(&[][..], Node::entries);
    for name in given.keys().filter(|name| declared.iter().all(|entry| entry.key != **name)) {
        let at = section.unwrap_or(root).at;
        let problem = Problem::error("SW0122", at, format!("the template has no parameter '{name}'"));
        report.add(problem.suggest(name, declared.iter().map(|entry| &*entry.key)));
    }
    let mut values = HashMap::new();
    for entry in declared {
        if let Some(value) = report.take(value(entry, given.get(&entry.key))) {
            values.insert(entry.key.clone(), value);
        }
    }
    values
}

fn value(entry: &Entry, given: Option<&String>) -> Result<Node, Problem> {
    let declaration = &entry.value;
    if let Some(unknown) = declaration.entries().iter().find(|entry| !KEYS.contains(&&*entry.key)) {
        let message = format!("a parameter has no '{}'", unknown.key);
        return Err(Problem::error("SW0150", unknown.key_at, message).suggest(&unknown.key, KEYS.iter().copied()));
    }
    let kind = declaration
        .get("Type")
        .and_then(Node::as_text)
        .ok_or_else(|| Problem::error("SW0152", entry.key_at, format!("the parameter '{}' needs a Type", entry.key)))?;
    let default = declaration.get("Default");
    let text = match (given, default.and_then(Node::to_text)) {
        (Some(given), _) => given.clone(),
        (None, Some(default)) => default,
        (None, None) => {
            return Err(Problem::error("SW0120", entry.key_at, format!("the parameter '{}' has no value", entry.key))
                .help("give it one, or a Default"));
        }
    };
    let at = default.map_or(declaration.at, |default| default.at);
    let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
    if !is_list {
        allowed(entry, &text, at)?;
        return Ok(Node::text(at, text));
    }
    let items: Vec<&str> = text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
    items.iter().try_for_each(|item| allowed(entry, item, at))?;
    Ok(Node::list(at, items.into_iter().map(|item| Node::text(at, item)).collect()))
}

/// Holds one value against the declaration's constraints.
fn allowed(entry: &Entry, text: &str, at: crate::diagnostic::Position) -> Result<(), Problem> {
    let declaration = &entry.value;
    let hidden = matches!(declaration.get("NoEcho").map(|node| &node.content), Some(Content::Bool(true)));
    let shown = if hidden { "****" } else { text };
    let refuse = |why: String| {
        let problem =
            Problem::error("SW0121", at, format!("the parameter '{}' must not be '{shown}': {why}", entry.key));
        match declaration.get("ConstraintDescription").and_then(Node::as_text) {
            Some(description) => problem.help(description),
            None => problem,
        }
    };
    if let Some(values) = declaration.get("AllowedValues").and_then(Node::as_list) {
        let values: Vec<String> = values.iter().filter_map(Node::to_text).collect();
        if !values.iter().any(|value| value == text) {
            return Err(refuse(format!("allowed are {}", values.join(", "))));
        }
    }
    if let Some(pattern) = declaration.get("AllowedPattern") {
        let pattern_text = pattern.to_text().unwrap_or_default();
        // AWS differs: patterns are Java regular expressions there; look-around and back references are refused here.
        let regex = Regex::new(&format!("^(?:{pattern_text})$")).map_err(|_| {
            Problem::error("SW0123", pattern.at, format!("the pattern '{pattern_text}' cannot be used here"))
                .help("write it without look-around and back references")
        })?;
        if !regex.is_match(text) {
            return Err(refuse(format!("it must match {pattern_text}")));
        }
    }
    bounds(declaration, text).map_err(refuse)
}

/// `MinLength`, `MaxLength`, `MinValue`, `MaxValue`, and that a number is one.
fn bounds(declaration: &Node, text: &str) -> Result<(), String> {
    let limit = |key| declaration.get(key).and_then(Node::to_text).and_then(|text| text.parse::<f64>().ok());
    let within = |amount: f64, least, most, what: &str| match (limit(least), limit(most)) {
        (Some(least), _) if amount < least => Err(format!("{what} must be at least {least}")),
        (_, Some(most)) if amount > most => Err(format!("{what} must be at most {most}")),
        _ => Ok(()),
    };
    within(text.chars().count() as f64, "MinLength", "MaxLength", "its length")?;
    let kind = declaration.get("Type").and_then(Node::as_text).unwrap_or_default();
    if kind == "Number" || kind == "List<Number>" {
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite()).ok_or("it is not a number")?;
        within(number, "MinValue", "MaxValue", "it")?;
    }
    Ok(())
}
