//! JSONata expressions: `{% $states.input.total * 2 %}`.
//!
//! The engine behind them is a library; [`QueryEngine`] is all that the rest of the crate knows of it.

mod cost;
mod engine;
mod functions;
mod query;
mod reads;
mod sandbox;
#[cfg(test)]
mod suite;
mod variables;

use std::sync::Arc;

use serde_json::Value;

pub(crate) use query::Query;

use crate::data::Data;
use crate::error::EvaluationError;
use crate::scope::Scope;

/// What an expression needs from an engine.
pub(crate) trait QueryEngine {
    /// Whether the source follows the grammar; the engine's message otherwise.
    fn check(source: &str) -> Result<(), String>;

    /// The value of the expression.
    fn evaluate(query: &Query<'_>) -> Result<Data, Failure>;
}

/// Why an expression has no usable value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The result is undefined.
    Nothing,
    /// The result is a function or a pattern.
    Unsupported,
    /// The engine's message, which begins with a JSONata code.
    Threw(String),
}

/// A checked expression and the field that holds it.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    source: Arc<str>,
    field: Arc<str>,
}

impl Expression {
    /// The source between `{%` and `%}`, when a text is an expression.
    pub(crate) fn source_in(text: &str) -> Option<&str> {
        Some(text.strip_prefix("{%")?.strip_suffix("%}")?.trim())
    }

    /// Checks a source; `field` is where it stands, such as `Output/result`.
    pub(crate) fn parse(source: &str, field: &str) -> Result<Self, String> {
        engine::JsonataCore::check(source)?;
        Ok(Self { source: source.into(), field: field.into() })
    }

    /// What stands between `{%` and `%}`.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Names of the variables it reads.
    pub(crate) fn variables(&self, found: &mut Vec<Arc<str>>) {
        variables::collect(&self.source, found);
    }

    /// The value; undefined is an error, never dropped (recorded on AWS).
    pub(crate) fn evaluate(&self, scope: &Scope<'_>) -> Result<Data, EvaluationError> {
        let query = Query { source: &self.source, root: None, scope };
        engine::JsonataCore::evaluate(&query).map_err(|failure| match failure {
            Failure::Nothing => self.error("returned nothing (undefined)."),
            Failure::Unsupported => self.error("returned an unsupported result type."),
            Failure::Threw(message) => self.error(&format!("threw an error during evaluation. {message}")),
        })
    }

    /// The value, which must be of this JSON type.
    pub(crate) fn expect(&self, wanted: &str, scope: &Scope<'_>) -> Result<Data, EvaluationError> {
        let data = self.evaluate(scope)?;
        match type_name(data.value()) {
            found if found == wanted => Ok(data),
            found => Err(self.error(&format!(
                "returned an unexpected result type. Expected '{wanted}', but was '{found}' for value: {}",
                data.value()
            ))),
        }
    }

    /// The value, which must be a number.
    pub(crate) fn number(&self, scope: &Scope<'_>) -> Result<f64, EvaluationError> {
        Ok(self.expect("number", scope)?.value().as_f64().unwrap_or_default())
    }

    /// The value, which must be a string.
    pub(crate) fn string(&self, scope: &Scope<'_>) -> Result<String, EvaluationError> {
        Ok(self.expect("string", scope)?.value().as_str().unwrap_or_default().to_owned())
    }

    fn error(&self, what: &str) -> EvaluationError {
        let (source, field) = (&self.source, &self.field);
        EvaluationError::QueryEvaluationError {
            text: format!("The JSONata expression '{source}' specified for the field '{field}' {what}"),
            location: Some(field.to_string()),
        }
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
