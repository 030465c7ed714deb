//! The error output of a task whose service refused the call.

use aws_protocol::ServiceError;

/// `Error` and `Cause`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) error: String,
    pub(crate) cause: String,
}

/// The code of a call to a service that nothing here serves.
pub(super) const NOT_CONFIGURED: &str = "ServiceNotConfigured";

impl Failure {
    /// An error of this name.
    pub(crate) fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { error: error.into(), cause: cause.into() }
    }

    /// A resource that stepwell does not serve.
    pub(crate) fn unsupported(resource: &str) -> Self {
        Self::new("States.TaskFailed", format!("stepwell does not serve the resource {resource}."))
    }

    /// Parameters that are no JSON object.
    pub(crate) fn parameters(cause: impl std::fmt::Display) -> Self {
        Self::new("States.Runtime", format!("The Parameters could not be used to start the Task: [{cause}]"))
    }

    /// An exception as optimised integrations report it, in the words of the first AWS SDK for Java.
    pub(super) fn optimised(prefix: &str, name: &str, service: &str, error: &ServiceError, request_id: &str) -> Self {
        if error.code == NOT_CONFIGURED {
            return Self::new("States.TaskFailed", &error.message);
        }
        let ServiceError { message, status, code, .. } = error;
        let cause = format!(
            "{message} (Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: {request_id}; Proxy: \
             null)"
        );
        Self::new(format!("{prefix}.{name}"), cause)
    }

    /// An exception as AWS SDK integrations report it, in the words of the second AWS SDK for Java.
    pub(super) fn sdk(service: &str, name: &str, error: &ServiceError, request_id: &str) -> Self {
        if error.code == NOT_CONFIGURED {
            return Self::new("States.TaskFailed", &error.message);
        }
        let ServiceError { message, status, .. } = error;
        let cause = format!(
            "{message} (Service: {service}, Status Code: {status}, Request ID: {request_id}) (SDK Attempt Count: 1)"
        );
        Self::new(format!("{service}.{name}"), cause)
    }
}
