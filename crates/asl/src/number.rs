//! Numbers: comparison by value, and the fields that hold a count or a number of seconds.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use crate::error::EvaluationError;
use crate::jsonata::Expression;
use crate::path::Path;
use crate::scope::Scope;

/// A number that is literal, read by a path, or a JSONata expression.
#[derive(Debug, Clone)]
pub struct NumberField {
    pub(crate) field: &'static str,
    pub(crate) source: NumberSource,
}

/// Where a number comes from.
#[derive(Debug, Clone)]
pub(crate) enum NumberSource {
    Literal(f64),
    Path(Path),
    Expression(Expression),
}

impl NumberField {
    /// A count or a number of seconds. Fails as AWS does: a fraction, or a text that is no integer, is `not a valid integer`,
    /// a negative number `cannot be negative`.
    pub fn integer(&self, scope: &Scope<'_>) -> Result<u64, EvaluationError> {
        let number = self.read(scope)?;
        if number < 0.0 {
            return Err(self.refused("cannot be negative"));
        }
        Ok(number as u64)
    }

    /// A count that may be negative: the caller refuses it in words of its own.
    pub fn whole(&self, scope: &Scope<'_>) -> Result<i64, EvaluationError> {
        Ok(self.read(scope)? as i64)
    }

    fn read(&self, scope: &Scope<'_>) -> Result<f64, EvaluationError> {
        Ok(match &self.source {
            NumberSource::Literal(number) => *number,
            NumberSource::Path(path) => {
                let data = path.evaluate(scope)?;
                let integer = integer_in(data.value()).ok_or_else(|| self.not_valid("integer", data.value(), path))?;
                integer as f64
            }
            NumberSource::Expression(expression) => expression.number(scope)?,
        })
    }

    /// A percentage between 0 and 100.
    pub fn percentage(&self, scope: &Scope<'_>) -> Result<f64, EvaluationError> {
        let number = match &self.source {
            NumberSource::Literal(number) => *number,
            NumberSource::Path(path) => {
                let data = path.evaluate(scope)?;
                data.value().as_f64().ok_or_else(|| self.not_valid("float", data.value(), path))?
            }
            NumberSource::Expression(expression) => expression.number(scope)?,
        };
        if !(0.0..=100.0).contains(&number) {
            return Err(self.refused("must be between 0 and 100"));
        }
        Ok(number)
    }

    /// The name of the field without `Path`.
    pub fn name(&self) -> &'static str {
        self.field.trim_end_matches("Path")
    }

    fn refused(&self, why: &str) -> EvaluationError {
        let text = format!("{} {why}.", self.name());
        match &self.source {
            NumberSource::Expression(_) => {
                EvaluationError::QueryEvaluationError { text, location: Some(self.name().to_owned()) }
            }
            _ => EvaluationError::InvalidField { text },
        }
    }

    fn not_valid(&self, kind: &str, found: &Value, path: &Path) -> EvaluationError {
        let found = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
        EvaluationError::InvalidField {
            text: format!(
                "The {} field refers to value \"{found}\" which is not a valid {kind}: {}",
                self.field,
                path.text()
            ),
        }
    }
}

/// A path may lead to a number or to the text of one (recorded on AWS: `"1"` for MaxConcurrencyPath).
fn integer_in(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_i64(),
    }
}

/// Compares by value: 1 equals 1.0.
pub(crate) fn compare_numbers(left: &Number, right: &Number) -> Ordering {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => {
            let (left, right) = (left.as_f64().unwrap_or(0.0), right.as_f64().unwrap_or(0.0));
            left.partial_cmp(&right).expect("JSON has no NaN")
        }
    }
}

/// Deep equality in which 1 equals 1.0.
pub(crate) fn equal_values(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => compare_numbers(left, right).is_eq(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal_values(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, left)| right.get(key).is_some_and(|right| equal_values(left, right)))
        }
        _ => left == right,
    }
}
