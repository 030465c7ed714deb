//! What is wrong with a definition, in the words of AWS.

use std::fmt;

/// One finding, as ValidateStateMachineDefinition answers it, and where it lies in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Errors refuse the definition; warnings do not.
    pub severity: Severity,
    /// `SCHEMA_VALIDATION_FAILED`, `MISSING_TRANSITION_TARGET`, `INVALID_JSON_DESCRIPTION`, ...
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// A pointer such as `/States/Pay/Resource`, or the parser's place for text that is not JSON. `None`: the whole.
    pub location: Option<String>,
    /// Line in the definition text, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// `ERROR`.
    Error,
    /// `WARNING`.
    Warning,
}

impl fmt::Display for Diagnostic {
    /// As CreateStateMachine prints it inside `Invalid State Machine Definition: '...'`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code, self.message)?;
        match &self.location {
            Some(location) => write!(formatter, " at {location}"),
            None => Ok(()),
        }
    }
}
