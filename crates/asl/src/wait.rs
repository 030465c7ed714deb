//! Wait states: how long, or until when.

use crate::error::EvaluationError;
use crate::scope::Scope;

/// What a Wait state adds: one of four fields.
#[derive(Debug, Clone)]
pub struct Wait;

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
        todo!()
    }
}
