//! `@aws-appsync/utils/rds` and `util.rds.*`: SQL statements from plain values, and rows from results.
//!
//! The wording of statements and errors is as recorded on AWS, invalid SQL for empty inputs included.

mod aggregate;
mod condition;
mod join;
mod records;
mod statement;

use serde_json::{Value, json};

use super::{Fault, Function, argument};

pub(in crate::util) use aggregate::FUNCTIONS as AGGREGATES;

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("util.rds.toJsonObject", |_, arguments| records::to_json_object(arguments)),
    ("rds.toJsonObject", |_, arguments| records::to_json_object(arguments)),
    ("rds.select", |_, arguments| builder("SELECT", arguments)),
    ("rds.insert", |_, arguments| builder("INSERT", arguments)),
    ("rds.update", |_, arguments| builder("UPDATE", arguments)),
    ("rds.remove", |_, arguments| builder("REMOVE", arguments)),
    ("rds.sql", |_, arguments| sql(arguments)),
    ("rds.createPgStatement", |_, arguments| statement::create(statement::Flavor::Postgres, arguments)),
    ("rds.createMySQLStatement", |_, arguments| statement::create(statement::Flavor::MySql, arguments)),
    ("rds.typeHint.DATE", |_, arguments| Ok(hint("DATE", arguments))),
    ("rds.typeHint.DECIMAL", |_, arguments| Ok(hint("DECIMAL", arguments))),
    ("rds.typeHint.JSON", |_, arguments| Ok(hint("JSON", arguments))),
    ("rds.typeHint.TIME", |_, arguments| Ok(hint("TIME", arguments))),
    ("rds.typeHint.TIMESTAMP", |_, arguments| Ok(hint("TIMESTAMP", arguments))),
    ("rds.typeHint.UUID", |_, arguments| Ok(hint("UUID", arguments))),
];

/// What [`hint`] can mark values with.
const HINTS: [&str; 6] = ["DATE", "DECIMAL", "JSON", "TIME", "TIMESTAMP", "UUID"];

fn builder(kind: &str, arguments: &[Value]) -> Result<Value, Fault> {
    let payload = argument(arguments, 0);
    if !payload.is_object() {
        return Err(Fault::code("Expected payload to be an Object."));
    }
    Ok(json!({ "type": kind, "properties": payload }))
}

/// A tagged template: the texts, then the values between them.
fn sql(arguments: &[Value]) -> Result<Value, Fault> {
    let texts = argument(arguments, 0).as_array();
    let texts = texts.ok_or_else(|| Fault::code("sql expects a template"))?;
    let values = &arguments[1..];
    if values.len() >= texts.len().max(1) {
        let message = "java.lang.IllegalArgumentException: Unexpected argument passed to sql tagged template";
        return Err(Fault::code(message));
    }
    Ok(json!({ "type": "SQL", "properties": { "texts": texts, "values": values } }))
}

fn hint(kind: &str, arguments: &[Value]) -> Value {
    json!({ "type": kind, "value": argument(arguments, 0) })
}

/// The hint and the value of what a `typeHint` function made.
fn hinted(value: &Value) -> Option<(&str, &Value)> {
    let fields = value.as_object().filter(|fields| fields.len() == 2)?;
    let kind = fields.get("type")?.as_str().filter(|kind| HINTS.contains(kind))?;
    Some((kind, fields.get("value")?))
}
