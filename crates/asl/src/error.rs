//! Why an evaluation failed, in the words of AWS.

use thiserror::Error;

/// A failed evaluation. `Display` is the cause without its prefix `An error occurred while executing the state '<name>'
/// (entered at the event id #<n>). `, which the interpreter puts before it when [`EvaluationError::prefixed`] says so.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(clippy::enum_variant_names, reason = "States.QueryEvaluationError is AWS's own name")]
pub enum EvaluationError {
    /// `InputPath`, `OutputPath`, `TimeoutSecondsPath` and the like select nothing.
    #[error("Invalid path '{path}' : {detail}")]
    InvalidPath {
        /// As written.
        path: String,
        /// In the words of the Json-Path library.
        detail: String,
    },
    /// A `Variable` of a choice rule selects nothing.
    #[error("Invalid path '{path}': The choice state's condition path references an invalid value.")]
    ChoicePath {
        /// As written.
        path: String,
    },
    /// A path of a payload template, `ErrorPath` or `CausePath` selects nothing.
    #[error("The JSONPath '{path}' specified for the field '{field}' could not be found in the input '{input}'")]
    PathNotFound {
        /// As written.
        path: String,
        /// The key that holds it, with its `.$`.
        field: String,
        /// The compact JSON it was looked up in.
        input: String,
    },
    /// A value that a field refers to is of the wrong kind; `text` is the whole sentence.
    #[error("{text}")]
    InvalidField {
        /// The sentence.
        text: String,
    },
    /// `ItemsPath` selects something that is not an array.
    #[error("Reference path \"{path}\" must point to array.")]
    NotAnArray {
        /// As written.
        path: String,
    },
    /// `ResultPath` cannot be applied to the input.
    #[error("{text}")]
    ResultPathMatchFailure {
        /// The sentence.
        text: String,
    },
    /// An intrinsic function refused its arguments.
    #[error("{text}")]
    IntrinsicFailure {
        /// The sentence.
        text: String,
    },
    /// No rule holds and there is no `Default`.
    #[error("Failed to transition out of the state. The state is not able to match any choice and has no default.")]
    NoChoiceMatched,
    /// A JSONata expression failed, or its result cannot be used.
    #[error("{text}")]
    QueryEvaluationError {
        /// The sentence.
        text: String,
        /// `location` of the EvaluationFailed event: `Output/result`.
        location: Option<String>,
    },
}

impl EvaluationError {
    /// The error's name: `States.Runtime` and so on.
    pub fn name(&self) -> &'static str {
        match self {
            Self::InvalidPath { .. }
            | Self::ChoicePath { .. }
            | Self::PathNotFound { .. }
            | Self::InvalidField { .. }
            | Self::NotAnArray { .. } => "States.Runtime",
            Self::ResultPathMatchFailure { .. } => "States.ResultPathMatchFailure",
            Self::IntrinsicFailure { .. } => "States.IntrinsicFailure",
            Self::NoChoiceMatched => "States.NoChoiceMatched",
            Self::QueryEvaluationError { .. } => "States.QueryEvaluationError",
        }
    }

    /// Whether the cause begins with the prefix that names the state.
    pub fn prefixed(&self) -> bool {
        !matches!(self, Self::NotAnArray { .. })
    }

    /// `location` of the EvaluationFailed event, which only JSONata failures have.
    pub fn location(&self) -> Option<&str> {
        match self {
            Self::QueryEvaluationError { location, .. } => location.as_deref(),
            _ => None,
        }
    }

    /// Whether history records an EvaluationFailed event: JSONata failures only.
    pub fn is_query_evaluation(&self) -> bool {
        matches!(self, Self::QueryEvaluationError { .. })
    }
}
