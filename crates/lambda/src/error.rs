//! Everything that keeps an invocation from happening, and the AWS exception that each becomes.
//!
//! A function that runs and fails is none of these: its [`crate::Outcome`] has a `function_error`.

use aws_protocol::ServiceError;
use serde_json::Value;

/// Why a function was not invoked. Texts are AWS's own where AWS's are known.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// No function has this ARN.
    #[error("Function not found: {0}")]
    ResourceNotFound(String),
    /// The text is neither a name nor an ARN of a function.
    #[error(
        "1 validation error detected: Value '{0}' at 'functionName' failed to satisfy constraint: Member must satisfy \
         regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{{2}}(-gov)?-[a-z]+-\\d{{1}}:)?(\\d{{12}}:)?\
         (function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?"
    )]
    InvalidFunctionName(String),
    /// A member with a value that it may not have.
    #[error("{0}")]
    InvalidParameterValue(String),
    /// The payload is no JSON.
    #[error("Could not parse request body into json: {0}")]
    InvalidRequestContent(String),
    /// The payload is larger than AWS takes: its size, the invocation type, the limit.
    #[error("{0} byte payload is too large for the {1} invocation type (limit {2} bytes)")]
    RequestTooLarge(usize, &'static str, usize),
    /// More invocations wait than the limit allows.
    #[error("Rate Exceeded.")]
    TooManyRequests,
    /// The function is there and nothing here can run it: its name and why.
    #[error("stepwell does not run the function {function}: {why}")]
    InvalidRuntime {
        /// The function's name.
        function: String,
        /// What is missing, and what to do.
        why: String,
    },
    /// An operation that this service does not have.
    #[error("The operation {0} of lambda is not supported.")]
    UnknownOperation(String),
    /// stepwell is stopping.
    #[error("stepwell is stopping")]
    ShutDown,
    /// A process could not be talked to: the function's name and what the operating system said.
    #[error("start the function {function}: {cause}")]
    Process {
        /// The function's name.
        function: String,
        /// For the log.
        cause: String,
    },
    /// What the Lambda elsewhere answered.
    #[error("{0}")]
    Elsewhere(ServiceError),
}

impl From<Error> for ServiceError {
    fn from(error: Error) -> Self {
        let (code, status, kind) = match error {
            Error::Elsewhere(error) => return error,
            Error::ShutDown | Error::Process { .. } => return Self::internal(error).with_code("ServiceException"),
            Error::ResourceNotFound(_) => ("ResourceNotFoundException", 404, "User"),
            Error::InvalidFunctionName(_) => ("ValidationException", 400, "User"),
            Error::InvalidParameterValue(_) => ("InvalidParameterValueException", 400, "User"),
            Error::InvalidRequestContent(_) => ("InvalidRequestContentException", 400, "User"),
            Error::RequestTooLarge(..) => ("RequestTooLargeException", 413, "User"),
            Error::TooManyRequests => ("TooManyRequestsException", 429, "User"),
            // AWS differs: status 502, which clients take for a passing failure and try again.
            Error::InvalidRuntime { .. } => ("InvalidRuntimeException", 400, "User"),
            Error::UnknownOperation(_) => ("UnknownOperationException", 400, "User"),
        };
        let rendered = Self::new(code, error.to_string()).with_status(status).with_member("Type", kind.into());
        match error {
            Error::TooManyRequests => {
                rendered.with_member("Reason", Value::from("ReservedFunctionConcurrentInvocationLimitExceeded"))
            }
            _ => rendered,
        }
    }
}
