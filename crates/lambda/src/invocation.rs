//! One invocation: what is asked, and what came of it.

use serde_json::json;

/// How long the caller waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum InvocationType {
    /// For the result.
    #[default]
    RequestResponse,
    /// Until the event is accepted.
    Event,
    /// Until it is known that the function could be invoked.
    DryRun,
}

impl InvocationType {
    /// AWS's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::RequestResponse => "RequestResponse",
            Self::Event => "Event",
            Self::DryRun => "DryRun",
        }
    }
}

/// What is asked of a function.
#[derive(Debug, Clone, Default)]
pub struct Invocation {
    /// A name or an ARN, as the caller gave it.
    pub function_name: String,
    /// A version or an alias.
    pub qualifier: Option<String>,
    /// How long the caller waits.
    pub invocation_type: InvocationType,
    /// JSON text.
    pub payload: String,
    /// Whether the end of the log is wanted (`LogType: Tail`).
    pub log_tail: bool,
    /// JSON in base64, handed on as it is.
    pub client_context: Option<String>,
}

/// What came of an invocation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// 200 with a result, 202 accepted, 204 for a dry run.
    pub status: u16,
    /// `Unhandled` when the function failed; the payload then is its error.
    pub function_error: Option<String>,
    /// JSON text as the function wrote it; empty when nobody waited for it.
    pub payload: String,
    /// `$LATEST` here.
    pub executed_version: String,
    /// The last 4 KB of the log, in base64, where they were wanted.
    pub log_result: Option<String>,
    /// The id that the function saw in its context.
    pub request_id: String,
}

/// What a function that ran left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) payload: String,
    pub(crate) failed: bool,
    pub(crate) log_result: Option<String>,
}

impl Ran {
    /// The function answered.
    pub(crate) fn succeeded(payload: String) -> Self {
        Self { payload, failed: false, log_result: None }
    }

    /// The function reported an error of its own (JSON text).
    pub(crate) fn failed(payload: String) -> Self {
        Self { payload, failed: true, log_result: None }
    }

    /// Lambda itself ended the function or found it wanting, as AWS words it: `errorType` and `errorMessage`.
    pub(crate) fn broken(error_type: &str, message: impl Into<String>) -> Self {
        Self::failed(json!({ "errorType": error_type, "errorMessage": message.into() }).to_string())
    }

    /// The time was up.
    pub(crate) fn timed_out(request_id: &str, seconds: u32) -> Self {
        let message = format!("RequestId: {request_id} Error: Task timed out after {seconds}.00 seconds");
        Self::broken("Sandbox.Timedout", message)
    }

    /// The process ended before it answered.
    pub(crate) fn exited(request_id: &str, how: &str) -> Self {
        let message = format!("RequestId: {request_id} Error: Runtime exited with error: {how}");
        Self::broken("Runtime.ExitError", message)
    }

    /// The answer is larger than AWS lets it be.
    pub(crate) fn too_large(limit: usize) -> Self {
        let message = format!("Response payload size exceeded maximum allowed payload size ({limit} bytes).");
        Self::broken("Function.ResponseSizeTooLarge", message)
    }
}
