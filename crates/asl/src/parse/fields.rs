//! Typed access to the members of a JSON object, reporting what is of the wrong kind.

use std::ops::RangeInclusive;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Parser, SCHEMA};
use crate::definition::QueryLanguage;
use crate::jsonata::Expression;
use crate::number::{NumberField, NumberSource};
use crate::path::{Path, ReferencePath};

/// An object, where it lies, and the query language that applies to it.
#[derive(Clone)]
pub(super) struct Fields<'a> {
    pub(super) members: &'a Map<String, Value>,
    pub(super) location: String,
    pub(super) query_language: QueryLanguage,
}

impl<'a> Fields<'a> {
    pub(super) fn new(members: &'a Map<String, Value>, location: String, query_language: QueryLanguage) -> Self {
        Self { members, location, query_language }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    pub(super) fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.location)
    }

    pub(super) fn is_jsonata(&self) -> bool {
        self.query_language == QueryLanguage::JSONata
    }
}

impl Parser {
    /// The member, when it is an object.
    pub(super) fn object<'a>(&mut self, fields: &Fields<'a>, name: &str) -> Option<Fields<'a>> {
        let value = fields.get(name)?;
        let location = fields.at(name);
        match value.as_object() {
            Some(members) => Some(Fields::new(members, location, fields.query_language)),
            None => self.expected(&location, "object"),
        }
    }

    /// The member's items, when it is an array of objects.
    pub(super) fn objects<'a>(&mut self, fields: &Fields<'a>, name: &str) -> Vec<Fields<'a>> {
        let (Some(value), location) = (fields.get(name), fields.at(name)) else {
            return Vec::new();
        };
        let Some(items) = value.as_array() else {
            self.expected::<()>(&location, "array");
            return Vec::new();
        };
        let mut objects = Vec::with_capacity(items.len());
        for (position, item) in items.iter().enumerate() {
            let location = format!("{location}[{position}]");
            match item.as_object() {
                Some(members) => objects.push(Fields::new(members, location, fields.query_language)),
                None => drop(self.expected::<()>(&location, "object")),
            }
        }
        objects
    }

    /// The member, when it is a string.
    pub(super) fn string<'a>(&mut self, fields: &Fields<'a>, name: &str) -> Option<&'a str> {
        let value = fields.get(name)?;
        value.as_str().or_else(|| self.expected(&fields.at(name), "string"))
    }

    /// The member, when it is a whole number within bounds.
    pub(super) fn integer(&mut self, fields: &Fields<'_>, name: &str, bounds: RangeInclusive<u64>) -> Option<u64> {
        let value = fields.get(name)?;
        let number = value.as_i64().or_else(|| self.expected(&fields.at(name), "integer"))?;
        let within = u64::try_from(number).ok().filter(|number| bounds.contains(number));
        if within.is_none() {
            let message = format!("Value {number} is not between {} and {}", bounds.start(), bounds.end());
            self.report(&fields.at(name), SCHEMA, message);
        }
        within
    }

    pub(super) fn expected<T>(&mut self, location: &str, kind: &str) -> Option<T> {
        self.report(location, SCHEMA, format!("Expected value of type {kind}"));
        None
    }

    /// Reports the fields that are required but absent, in this order.
    pub(super) fn require(&mut self, fields: &Fields<'_>, names: &[&str]) -> bool {
        let missing: Vec<&str> = names.iter().copied().filter(|name| !fields.has(name)).collect();
        if !missing.is_empty() {
            self.report(&fields.location, SCHEMA, format!("These fields are required: [{}]", missing.join(", ")));
        }
        missing.is_empty()
    }

    /// Reports all but the first of fields that exclude one another.
    pub(super) fn at_most_one(&mut self, fields: &Fields<'_>, names: &[&str]) {
        let present: Vec<&str> = names.iter().copied().filter(|name| fields.has(name)).collect();
        if present.len() > 1 {
            let message = format!("Only one of these fields is allowed: [{}]", present.join(", "));
            self.report(&fields.location, SCHEMA, message);
        }
    }

    /// `QueryLanguage`. A machine set to JSONata holds no JSONPath states.
    pub(super) fn query_language(&mut self, fields: &Fields<'_>, inherited: QueryLanguage) -> QueryLanguage {
        match self.string(fields, "QueryLanguage") {
            None => inherited,
            Some("JSONata") => QueryLanguage::JSONata,
            Some("JSONPath") => QueryLanguage::JSONPath,
            Some(_) => {
                let message = "The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata]";
                self.report(&fields.at("QueryLanguage"), SCHEMA, message);
                inherited
            }
        }
    }

    /// A path; the variables it reads are noted.
    pub(super) fn path(&mut self, fields: &Fields<'_>, name: &str) -> Option<Path> {
        let text = self.string(fields, name)?;
        match Path::parse(text) {
            Ok(path) => {
                path.variables(&mut self.variables);
                Some(path)
            }
            Err(_) => {
                self.report(&fields.at(name), SCHEMA, "Value is not a valid JSONPath");
                None
            }
        }
    }

    /// A reference path.
    pub(super) fn reference_path(&mut self, fields: &Fields<'_>, name: &str) -> Option<ReferencePath> {
        let text = self.string(fields, name)?;
        let path = ReferencePath::parse(text).ok();
        if path.is_none() {
            self.report(&fields.at(name), SCHEMA, "Value is not a Reference Path");
        }
        path
    }

    /// A JSONata expression from its text; the variables it reads are noted.
    pub(super) fn expression(&mut self, text: &str, field: &str, location: &str) -> Option<Expression> {
        let Some(source) = Expression::source_in(text) else {
            self.report(
                location,
                SCHEMA,
                "Value is not a valid JSONata expression: it must start with '{%' and end with '%}'",
            );
            return None;
        };
        match Expression::parse(source, field) {
            Ok(expression) => {
                expression.variables(&mut self.variables);
                Some(expression)
            }
            Err(message) => {
                self.report(location, SCHEMA, format!("Invalid JSONata expression: {message}"));
                None
            }
        }
    }

    /// A number: literal, by the field with `Path` appended, or an expression.
    pub(super) fn number(
        &mut self,
        fields: &Fields<'_>,
        names: (&'static str, &'static str),
        bounds: RangeInclusive<u64>,
    ) -> Option<NumberField> {
        let (name, path_name) = names;
        self.at_most_one(fields, &[name, path_name]);
        if fields.has(path_name) {
            let path = self.path(fields, path_name)?;
            return Some(NumberField { field: path_name, source: NumberSource::Path(path) });
        }
        let source = match fields.get(name)? {
            Value::String(text) if fields.is_jsonata() => {
                NumberSource::Expression(self.expression(text, name, &fields.at(name))?)
            }
            Value::Number(number) if number.is_f64() && name.ends_with("Percentage") => {
                NumberSource::Literal(number.as_f64()?)
            }
            _ => NumberSource::Literal(self.integer(fields, name, bounds)? as f64),
        };
        Some(NumberField { field: name, source })
    }

    /// The names of `ErrorEquals`.
    pub(super) fn strings(&mut self, fields: &Fields<'_>, name: &str) -> Vec<Arc<str>> {
        let items = fields.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let strings: Vec<Arc<str>> = items.iter().filter_map(Value::as_str).map(Arc::from).collect();
        if strings.len() < items.len() || !fields.get(name).is_some_and(Value::is_array) {
            self.expected::<()>(&fields.at(name), "array of strings");
        } else if strings.is_empty() {
            self.report(&fields.at(name), SCHEMA, "Value cannot be empty");
        }
        strings
    }
}
