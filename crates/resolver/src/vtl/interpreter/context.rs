//! `$ctx`: each part becomes a value when the template reads it first, and stays the same value then.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::{
    super::heap::{Fields, Value},
    Interpreter,
};
use crate::RaisedError;

/// A part of `$ctx`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::vtl) enum Part {
    Arguments,
    Identity,
    Source,
    Stash,
    Result,
    Previous,
    Error,
    Info,
    Variables,
    SelectionSetList,
    Request,
    Environment,
    OutErrors,
}

/// The names of the parts, `args` and `arguments` being one.
const NAMES: [(&str, Part); 12] = [
    ("arguments", Part::Arguments),
    ("args", Part::Arguments),
    ("identity", Part::Identity),
    ("source", Part::Source),
    ("stash", Part::Stash),
    ("result", Part::Result),
    ("prev", Part::Previous),
    ("error", Part::Error),
    ("info", Part::Info),
    ("request", Part::Request),
    ("env", Part::Environment),
    ("outErrors", Part::OutErrors),
];

impl Part {
    pub(super) fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, part)| *part)
    }
}

impl Interpreter<'_> {
    /// A part of `$ctx`.
    pub(super) fn part(&mut self, part: Part) -> Result<Value, String> {
        if let Some(value) = self.parts.get(&part) {
            return Ok(value.clone());
        }
        let value = self.read(part)?;
        if part != Part::OutErrors {
            self.parts.insert(part, value.clone());
        }
        Ok(value)
    }

    pub(super) fn set_part(&mut self, part: Part, value: Value) {
        self.parts.insert(part, value);
    }

    fn read(&mut self, part: Part) -> Result<Value, String> {
        let context = self.context;
        match part {
            Part::Arguments => self.object(&context.arguments),
            Part::Identity => self.value(&context.identity),
            Part::Source => self.value(&context.source),
            Part::Stash => self.object(&context.stash),
            Part::Result => self.optional(context.result.as_deref()),
            Part::Previous => {
                let result = self.optional(context.prev_result.as_deref())?;
                self.heap.map(Fields::from([("result".into(), result)]))
            }
            Part::Error => match &context.error {
                Some(error) => self.value(&json!({ "message": error.message, "type": error.kind })),
                None => Ok(Value::Null),
            },
            Part::Info => Ok(Value::Info),
            Part::Variables => self.object(&context.info.variables),
            Part::SelectionSetList => self.value(&json!(context.info.selection_set_list)),
            Part::Request => {
                let headers = self.object(&context.request.headers)?;
                let domain = context.request.domain_name.as_deref().map_or(Value::Null, Value::text);
                self.heap.map(Fields::from([("headers".into(), headers), ("domainName".into(), domain)]))
            }
            Part::Environment => self.object(&context.env),
            Part::OutErrors => {
                let errors: Json = self.scope.appended_errors.iter().map(error_of).collect();
                self.value(&errors)
            }
        }
    }

    fn object(&mut self, fields: &serde_json::Map<String, Json>) -> Result<Value, String> {
        let mut made = Fields::with_capacity(fields.len());
        for (name, value) in fields {
            made.insert(name.as_str().into(), self.value(value)?);
        }
        self.heap.map(made)
    }

    fn optional(&mut self, value: Option<&Json>) -> Result<Value, String> {
        value.map_or(Ok(Value::Null), |value| self.value(value))
    }

    /// `$ctx.info.*`.
    pub(super) fn info(&mut self, name: &str) -> Result<Value, String> {
        let info = &self.context.info;
        Ok(match name {
            "fieldName" => Value::text(info.field_name.as_str()),
            "parentTypeName" => Value::text(info.parent_type_name.as_str()),
            "selectionSetGraphQL" => Value::text(info.selection_set_graphql.as_str()),
            "variables" => self.part(Part::Variables)?,
            "selectionSetList" => self.part(Part::SelectionSetList)?,
            _ => Value::Null,
        })
    }

    /// `$ctx` and `$ctx.info` as maps, other values as they are. The map of `$ctx.info` is without the two selection
    /// sets, as `$util.toJson` of it is on AWS.
    pub(in crate::vtl) fn materialized(&mut self, value: &Value) -> Result<Value, String> {
        let mut fields = Fields::new();
        match value {
            Value::Context => {
                for (name, part) in NAMES.into_iter().filter(|(name, _)| *name != "args") {
                    let value = self.part(part)?;
                    fields.insert(name.into(), self.materialized(&value)?);
                }
            }
            Value::Info => {
                for name in ["fieldName", "parentTypeName", "variables"] {
                    fields.insert(Arc::from(name), self.info(name)?);
                }
            }
            other => return Ok(other.clone()),
        }
        self.heap.map(fields)
    }
}

/// An appended error in `$ctx.outErrors`.
fn error_of(error: &RaisedError) -> Json {
    json!({ "message": error.message, "type": error.kind, "data": error.data, "errorInfo": error.info })
}
