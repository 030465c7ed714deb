//! JSON into values and back, and values as Java's `toString()` writes them; all bounded in depth and size.

use std::fmt::Write;

use serde_json::{Map, Value as Json};

use super::heap::{Fields, Heap, Value};
use crate::{Limits, deadline::Deadline};

/// A conversion looks at the time after this many values.
const VALUES_PER_LOOK: usize = 1_000;

/// The bounds of a run, for conversions.
#[derive(Clone, Copy)]
pub(super) struct Bounds<'a> {
    pub(super) limits: &'a Limits,
    pub(super) deadline: &'a Deadline,
}

/// What a conversion may still do.
struct Budget<'a> {
    depth: usize,
    bytes: usize,
    values: usize,
    bounds: Bounds<'a>,
}

impl<'a> Budget<'a> {
    fn new(bounds: Bounds<'a>) -> Self {
        Self { depth: bounds.limits.depth, bytes: bounds.limits.result_bytes, values: 0, bounds }
    }

    /// Pays for a value and its text.
    fn pay(&mut self, bytes: usize) -> Result<(), String> {
        self.values += 1;
        if self.values.is_multiple_of(VALUES_PER_LOOK) && self.bounds.deadline.check() {
            return Err(format!("the template ran longer than {} ms", self.bounds.limits.time.as_millis()));
        }
        let left = self.bytes.checked_sub(bytes + 1);
        self.bytes =
            left.ok_or_else(|| format!("the value is larger than {} bytes", self.bounds.limits.result_bytes))?;
        Ok(())
    }

    /// Goes into a value, and comes back.
    fn inside<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        let depth = self.depth.checked_sub(1);
        self.depth = depth.ok_or_else(|| format!("the value nests deeper than {} levels", self.bounds.limits.depth))?;
        let read = read(self);
        self.depth += 1;
        read
    }
}

impl Heap {
    /// A JSON value on this heap.
    ///
    /// # Errors
    /// It is too deep, or the heap is full.
    pub(super) fn read_json(&mut self, json: &Json, bounds: Bounds<'_>) -> Result<Value, String> {
        self.read_json_within(json, &mut Budget { bytes: usize::MAX, ..Budget::new(bounds) })
    }

    fn read_json_within(&mut self, json: &Json, budget: &mut Budget<'_>) -> Result<Value, String> {
        Ok(match json {
            Json::Null => Value::Null,
            Json::Bool(value) => (*value).into(),
            Json::Number(number) => Value::Number(number.clone()),
            Json::String(text) => {
                self.pay(0, text.len())?;
                Value::text(text.as_str())
            }
            Json::Array(items) => {
                let items: Result<_, _> =
                    budget.inside(|budget| items.iter().map(|item| self.read_json_within(item, budget)).collect());
                self.list(items?)?
            }
            Json::Object(fields) => return budget.inside(|budget| self.read_object(fields, budget)),
        })
    }

    fn read_object(&mut self, fields: &Map<String, Json>, budget: &mut Budget<'_>) -> Result<Value, String> {
        let mut made = Fields::with_capacity(fields.len());
        for (name, value) in fields {
            let value = self.read_json_within(value, budget)?;
            made.insert(name.as_str().into(), value);
        }
        self.map(made)
    }

    /// A value as JSON.
    ///
    /// # Errors
    /// It is too deep or too large.
    pub(super) fn to_json(&self, value: &Value, bounds: Bounds<'_>) -> Result<Json, String> {
        self.to_json_within(value, &mut Budget::new(bounds))
    }

    fn to_json_within(&self, value: &Value, budget: &mut Budget<'_>) -> Result<Json, String> {
        budget.pay(0)?;
        Ok(match value {
            Value::Null | Value::Loop(_) | Value::Context | Value::Info | Value::Namespace(_) => Json::Null,
            Value::Boolean(value) => Json::Bool(*value),
            Value::Number(number) => Json::Number(number.clone()),
            Value::Text(text) => {
                budget.pay(text.len())?;
                Json::String(text.to_string())
            }
            Value::List(id) => {
                let items = self.items(*id).iter();
                Json::Array(budget.inside(|budget| items.map(|item| self.to_json_within(item, budget)).collect())?)
            }
            Value::Map(id) => {
                let fields = self.fields(*id).iter();
                budget.inside(|budget| self.to_object(fields, budget))?
            }
            Value::Entry(entry) => {
                budget.inside(|budget| self.to_object(std::iter::once((&entry.0, &entry.1)), budget))?
            }
        })
    }

    fn to_object<'a>(
        &self,
        fields: impl Iterator<Item = (&'a std::sync::Arc<str>, &'a Value)>,
        budget: &mut Budget<'_>,
    ) -> Result<Json, String> {
        let mut object = Map::new();
        for (name, value) in fields {
            budget.pay(name.len())?;
            object.insert(name.to_string(), self.to_json_within(value, budget)?);
        }
        Ok(Json::Object(object))
    }

    /// A value as `toString()` gives it: `{a=1, b=[x, y]}`.
    ///
    /// # Errors
    /// It is too deep or too large.
    pub(super) fn to_text(&self, value: &Value, bounds: Bounds<'_>) -> Result<String, String> {
        let mut text = String::new();
        self.write(value, &mut text, &mut Budget::new(bounds))?;
        Ok(text)
    }

    fn write(&self, value: &Value, out: &mut String, budget: &mut Budget<'_>) -> Result<(), String> {
        let before = out.len();
        match value {
            Value::Null => out.push_str("null"),
            Value::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
            Value::Number(number) => write!(out, "{number}").map_err(|error| error.to_string())?,
            Value::Text(text) => out.push_str(text),
            Value::Namespace(path) => out.push_str(path),
            Value::Loop(_) => out.push_str("foreach"),
            Value::Context | Value::Info => out.push_str("{}"),
            Value::List(id) => {
                let items = self.items(*id).iter().map(|item| (None, item));
                return budget.inside(|budget| self.write_all(['[', ']'], items, out, budget));
            }
            Value::Map(id) => {
                let fields = self.fields(*id).iter().map(|(name, value)| (Some(&**name), value));
                return budget.inside(|budget| self.write_all(['{', '}'], fields, out, budget));
            }
            Value::Entry(entry) => {
                out.push_str(&entry.0);
                out.push('=');
                budget.inside(|budget| self.write(&entry.1, out, budget))?;
            }
        }
        budget.pay(out.len() - before)
    }

    fn write_all<'a>(
        &self,
        brackets: [char; 2],
        parts: impl Iterator<Item = (Option<&'a str>, &'a Value)>,
        out: &mut String,
        budget: &mut Budget<'_>,
    ) -> Result<(), String> {
        out.push(brackets[0]);
        for (index, (name, value)) in parts.enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            if let Some(name) = name {
                budget.pay(name.len() + 1)?;
                out.push_str(name);
                out.push('=');
            }
            self.write(value, out, budget)?;
        }
        out.push(brackets[1]);
        Ok(())
    }
}
