//! Why a state cannot go on.

use std::sync::Arc;

use asl::EvaluationError;

use crate::history::Failure;

/// `TimeoutSeconds` or `HeartbeatSeconds` of a task passed.
pub(super) const TIMEOUT: &str = "States.Timeout";
/// What `ErrorEquals` may name for a lapsed heartbeat; the history shows [`TIMEOUT`] (recorded on AWS).
pub(super) const HEARTBEAT_TIMEOUT: &str = "States.HeartbeatTimeout";
/// An error that nothing retries or catches.
pub(super) const RUNTIME: &str = "States.Runtime";
/// A payload over [`Bounds::payload_bytes`](super::Bounds::payload_bytes).
pub(super) const DATA_LIMIT_EXCEEDED: &str = "States.DataLimitExceeded";

/// A failed JSONata expression.
pub(super) const QUERY_EVALUATION_ERROR: &str = "States.QueryEvaluationError";
/// More items of a distributed Map failed than it tolerates.
pub(super) const EXCEEDED: &str = "States.ExceedToleratedFailureThreshold";
/// An `ItemReader` could not read.
pub(super) const ITEM_READER_FAILED: &str = "States.ItemReaderFailed";
/// A `ResultWriter` could not write.
pub(super) const RESULT_WRITER_FAILED: &str = "States.ResultWriterFailed";

/// AWS's limit of an error name and of a cause, in characters.
const MAX_ERROR_CHARS: usize = 256;
const MAX_CAUSE_CHARS: usize = 32_768;

/// A failure on its way through `Retry`, `Catch` and the enclosing states.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub(super) failure: Failure,
    /// A JSONata failure, which has an event of its own; with the field's name if known.
    pub(super) evaluation: Option<Option<Arc<str>>>,
    /// A lapsed heartbeat: `ErrorEquals` may name it [`HEARTBEAT_TIMEOUT`].
    pub(super) heartbeat: bool,
}

impl Problem {
    /// A failure that a task or a Fail state gave.
    pub(super) fn given(error: Option<&str>, cause: Option<&str>) -> Self {
        let failure = Failure {
            error: error.map(|text| cut(text, MAX_ERROR_CHARS)),
            cause: cause.map(|text| cut(text, MAX_CAUSE_CHARS)),
        };
        Self { failure, evaluation: None, heartbeat: false }
    }

    /// A time-out of a task: a name and no cause (recorded on AWS).
    pub(super) fn timeout(heartbeat: bool) -> Self {
        Self { heartbeat, ..Self::given(Some(TIMEOUT), None) }
    }

    /// An error of the workflow itself in a state that was entered at an event.
    pub(super) fn runtime(state: &str, entered: u64, text: &str) -> Self {
        Self::given(Some(RUNTIME), Some(&format!("{}{text}", prefix(state, entered))))
    }

    /// A payload that is too large; `what` is the state's name or the task's resource.
    pub(super) fn too_large(what: &str) -> Self {
        let cause = format!(
            "The state/task '{what}' returned a result with a size exceeding the maximum number of bytes service limit."
        );
        Self::given(Some(DATA_LIMIT_EXCEEDED), Some(&cause))
    }

    /// A failed evaluation in a state that was entered at an event.
    pub(super) fn evaluation(state: &str, entered: u64, error: &EvaluationError) -> Self {
        let cause = if error.prefixed() { format!("{}{error}", prefix(state, entered)) } else { error.to_string() };
        let location = error.location().map(Arc::from);
        Self {
            evaluation: error.is_query_evaluation().then_some(location),
            ..Self::given(Some(error.name()), Some(&cause))
        }
    }

    /// The error's name.
    pub(super) fn error(&self) -> Option<&str> {
        self.failure.error.as_deref()
    }

    /// Whether it ends the execution whatever `Retry` and `Catch` say.
    pub(super) fn is_terminal(&self) -> bool {
        self.error() == Some(RUNTIME)
    }

    /// Whether an `ErrorEquals` list names it as a lapsed heartbeat.
    pub(super) fn is_named_heartbeat(&self, error_equals: &[Arc<str>]) -> bool {
        self.heartbeat && error_equals.iter().any(|name| &**name == HEARTBEAT_TIMEOUT)
    }
}

/// How the causes of errors in a state begin.
fn prefix(state: &str, entered: u64) -> String {
    format!("An error occurred while executing the state '{state}' (entered at the event id #{entered}). ")
}

/// The first characters of a text.
fn cut(text: &str, characters: usize) -> Arc<str> {
    match text.char_indices().nth(characters) {
        Some((end, _)) => text[..end].into(),
        None => text.into(),
    }
}
