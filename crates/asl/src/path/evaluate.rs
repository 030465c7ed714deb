//! Walking the steps of a path over a value.

use std::borrow::Cow;

use serde_json::Value;

use super::Step;
use super::effort::Effort;
use crate::scope::Scope;

/// Why a path selects nothing, in the words of the Json-Path library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Miss {
    pub(crate) detail: String,
}

/// Applies the steps: one value for a definite path, an array for an indefinite one.
pub(crate) fn select<'v>(
    steps: &[Step],
    value: &'v Value,
    scope: &Scope<'_>,
    effort: &Effort,
) -> Result<Cow<'v, Value>, Miss> {
    let definite = steps.iter().take_while(|step| is_definite(step)).count();
    if definite == steps.len() {
        return select_one(steps, value);
    }
    let Ok(start) = select_one(&steps[..definite], value) else {
        return Ok(Cow::Owned(Value::Array(Vec::new())));
    };
    let walk = Walk { scope, effort };
    let mut hits = vec![&*start];
    for step in &steps[definite..] {
        hits = walk.apply(step, hits)?;
        if matches!(step, Step::Length) {
            let lengths = hits.iter().filter_map(|hit| length(hit)).collect();
            return Ok(Cow::Owned(Value::Array(lengths)));
        }
    }
    if !hits.iter().all(|hit| effort.copy(hit)) {
        return Err(too_much());
    }
    Ok(Cow::Owned(Value::Array(hits.into_iter().cloned().collect())))
}

fn is_definite(step: &Step) -> bool {
    matches!(step, Step::Name(_) | Step::Index(_) | Step::Length)
}

fn select_one<'v>(steps: &[Step], value: &'v Value) -> Result<Cow<'v, Value>, Miss> {
    let mut current = value;
    for (position, step) in steps.iter().enumerate() {
        let next = match step {
            Step::Name(name) => match current {
                Value::Object(members) => members.get(&**name),
                other => return Err(not_an_object(steps, position, other)),
            },
            Step::Index(index) => match current {
                Value::Array(items) => item(items, *index),
                other => return Err(not_an_array(steps, position, other)),
            },
            _ => return length(current).map(Cow::Owned).ok_or_else(|| missing(steps, position)),
        };
        current = next.ok_or_else(|| missing(steps, position))?;
    }
    Ok(Cow::Borrowed(current))
}

fn item(items: &[Value], index: i64) -> Option<&Value> {
    let index = if index < 0 { index.checked_add(i64::try_from(items.len()).ok()?)? } else { index };
    items.get(usize::try_from(index).ok()?)
}

fn length(value: &Value) -> Option<Value> {
    match value {
        Value::Array(items) => Some(items.len().into()),
        Value::Object(members) => Some(members.len().into()),
        Value::String(text) => Some(text.encode_utf16().count().into()),
        _ => None,
    }
}

/// A property that is absent names the place where the walk stopped; an index that is absent names the whole path.
fn missing(steps: &[Step], position: usize) -> Miss {
    let last = position + 1 == steps.len();
    let detail = match steps[position] {
        Step::Name(_) if !last => format!("Missing property in path {}", canonical(&steps[..=position])),
        _ => format!("No results for path: {}", canonical(steps)),
    };
    Miss { detail }
}

fn not_an_object(steps: &[Step], position: usize, found: &Value) -> Miss {
    let place = canonical(&steps[..position]);
    let property = canonical(&steps[position..=position]);
    let class = java_class(found);
    let provider = "com.jayway.jsonpath.spi.json.JacksonJsonProvider";
    Miss {
        detail: format!(
            "Expected to find an object with property {} in path {place} but found '{class}'. This is not a json object \
             according to the JsonProvider: '{provider}'.",
            &property[1..]
        ),
    }
}

fn not_an_array(steps: &[Step], position: usize, found: &Value) -> Miss {
    let fragment = canonical(&steps[position..=position]);
    let detail = match found {
        Value::Null => format!("The path {} is null", canonical(&steps[..position])),
        found => format!(
            "Filter: {} can only be applied to arrays. Current context is: {}",
            &fragment[1..],
            crate::intrinsic::java_text(found)
        ),
    };
    Miss { detail }
}

fn java_class(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "java.lang.Boolean",
        Value::Number(number) if number.is_f64() => "java.lang.Double",
        Value::Number(number) if number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()) => {
            "java.lang.Integer"
        }
        Value::Number(_) => "java.lang.Long",
        Value::String(_) => "java.lang.String",
        Value::Array(_) => "java.util.ArrayList",
        Value::Object(_) => "java.util.LinkedHashMap",
    }
}

/// `$['a'][0]`: how the library prints a compiled path.
fn canonical(steps: &[Step]) -> String {
    let mut text = "$".to_owned();
    for step in steps {
        match step {
            Step::Name(name) => text.push_str(&format!("['{name}']")),
            Step::Index(index) => text.push_str(&format!("[{index}]")),
            _ => text.push_str(".length()"),
        }
    }
    text
}

fn too_much() -> Miss {
    Miss { detail: "The path visits too many values".to_owned() }
}

struct Walk<'a> {
    scope: &'a Scope<'a>,
    effort: &'a Effort,
}

impl Walk<'_> {
    fn apply<'v>(&self, step: &Step, hits: Vec<&'v Value>) -> Result<Vec<&'v Value>, Miss> {
        let mut found = Vec::new();
        for hit in hits {
            let before = found.len();
            self.apply_to(step, hit, &mut found);
            if !self.effort.spend(1 + found.len() - before) {
                return Err(too_much());
            }
        }
        Ok(found)
    }

    fn apply_to<'v>(&self, step: &Step, value: &'v Value, found: &mut Vec<&'v Value>) {
        match (step, value) {
            (Step::Name(name), Value::Object(members)) => found.extend(members.get(&**name)),
            (Step::Names(names), Value::Object(members)) => {
                found.extend(names.iter().filter_map(|name| members.get(&**name)));
            }
            (Step::Index(index), Value::Array(items)) => found.extend(item(items, *index)),
            (Step::Indices(indices), Value::Array(items)) => {
                found.extend(indices.iter().filter_map(|index| item(items, *index)));
            }
            (Step::Slice { start, end }, Value::Array(items)) => found.extend(slice(items, *start, *end)),
            (Step::Wildcard, Value::Array(items)) => found.extend(items),
            (Step::Wildcard, Value::Object(members)) => found.extend(members.values()),
            (Step::Filter(filter), Value::Array(items)) => {
                found.extend(items.iter().filter(|item| filter.holds(item, self.scope, self.effort)));
            }
            (Step::Filter(filter), Value::Object(_)) if filter.holds(value, self.scope, self.effort) => {
                found.push(value)
            }
            (Step::Length, _) => found.push(value),
            (Step::Descend, _) => descend(value, found),
            _ => {}
        }
    }
}

/// The value and everything below it that can hold something, outermost first.
fn descend<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    let mut pending = vec![value];
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(items) => pending.extend(items.iter().rev()),
            Value::Object(members) => pending.extend(members.values().rev()),
            _ => continue,
        }
        found.push(value);
    }
}

fn slice(items: &[Value], start: Option<i64>, end: Option<i64>) -> &[Value] {
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let place = |index: i64| {
        let index = if index < 0 { index.saturating_add(length) } else { index };
        usize::try_from(index.clamp(0, length)).unwrap_or(0)
    };
    let (start, end) = (start.map_or(0, place), end.map_or(items.len(), place));
    items.get(start..end).unwrap_or(&[])
}
