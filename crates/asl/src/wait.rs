//! Wait states: how long, or until when.

use serde_json::Value;

use crate::error::EvaluationError;
use crate::jsonata::Expression;
use crate::path::Path;
use crate::scope::Scope;
use crate::timestamp;

/// What a Wait state adds: one of its four fields.
#[derive(Debug, Clone)]
pub struct Wait(pub(crate) WaitSource);

#[derive(Debug, Clone)]
pub(crate) enum WaitSource {
    Seconds(u64),
    SecondsPath(Path),
    SecondsExpression(Expression),
    Timestamp(String),
    TimestampPath(Path),
    TimestampExpression(Expression),
}

/// How long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// This many seconds from now.
    Seconds(u64),
    /// Until this time, in milliseconds since 1970; the past means not at all.
    Until(i64),
}

impl Wait {
    /// How long this state waits. `scope.input` is the effective input.
    pub fn pause(&self, scope: &Scope<'_>) -> Result<Pause, EvaluationError> {
        match &self.0 {
            WaitSource::Seconds(seconds) => Ok(Pause::Seconds(*seconds)),
            WaitSource::SecondsPath(path) => seconds_at(path, scope).map(Pause::Seconds),
            WaitSource::SecondsExpression(expression) => seconds_of(expression, scope).map(Pause::Seconds),
            WaitSource::Timestamp(text) => until(text),
            WaitSource::TimestampPath(path) => until_path(path, scope),
            WaitSource::TimestampExpression(expression) => until(&expression.string(scope)?),
        }
    }
}

fn seconds_at(path: &Path, scope: &Scope<'_>) -> Result<u64, EvaluationError> {
    let value = path.select(scope).map_err(|_| missing("SecondsPath", path))?;
    let number = value.value().as_i64();
    let number =
        number.ok_or_else(|| refused("SecondsPath", "cannot be parsed as a long value", path, value.value()))?;
    u64::try_from(number).map_err(|_| refused("SecondsPath", "references a negative value", path, value.value()))
}

fn seconds_of(expression: &Expression, scope: &Scope<'_>) -> Result<u64, EvaluationError> {
    let seconds = expression.number(scope)?;
    if seconds >= 0.0 && seconds.fract() == 0.0 {
        return Ok(seconds as u64);
    }
    let why = if seconds < 0.0 { "cannot be negative" } else { "must be an integer" };
    Err(EvaluationError::QueryEvaluationError { text: format!("The Seconds field {why}: {seconds}"), location: None })
}

fn until(text: &str) -> Result<Pause, EvaluationError> {
    timestamp::parse_millis(text).map(Pause::Until).ok_or_else(|| EvaluationError::QueryEvaluationError {
        text: format!(
            "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: {text}"
        ),
        location: None,
    })
}

fn until_path(path: &Path, scope: &Scope<'_>) -> Result<Pause, EvaluationError> {
    let value = path.select(scope).map_err(|_| missing("TimestampPath", path))?;
    let millis = value.value().as_str().and_then(timestamp::parse_millis);
    millis.map(Pause::Until).ok_or_else(|| {
        let why = "does not reference a valid ISO-8601 extended offset date-time format string";
        refused("TimestampPath", why, path, value.value())
    })
}

fn missing(field: &str, path: &Path) -> EvaluationError {
    EvaluationError::InvalidField {
        text: format!("The {field} parameter does not reference an input value: {}", path.text()),
    }
}

fn refused(field: &str, why: &str, path: &Path, value: &Value) -> EvaluationError {
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    EvaluationError::InvalidField { text: format!("The {field} parameter {why}: {} == {value}", path.text()) }
}
