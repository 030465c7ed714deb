//! Why an operation is refused, as its client is told.

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request cannot be understood, or is over a limit. AWS differs: its texts are not recorded.
    #[error("{0}")]
    BadRequest(String),
    /// The mode or the policy does not allow it.
    #[error("You are not authorized to make this call.")]
    Unauthorized,
    /// The handler does not allow it.
    #[error("You are not authorized to make this call.")]
    Forbidden,
    /// There is no such namespace. AWS differs: its answer is not recorded.
    #[error("The channel namespace {0} does not exist.")]
    NoNamespace(String),
    /// The handler, or its data source, failed.
    #[error("{message}")]
    Handler {
        /// `errorType`, where it has one.
        kind: Option<String>,
        /// The text.
        message: String,
    },
    /// It took longer than 30 seconds.
    #[error("Execution timed out.")]
    TimedOut,
    /// The subscriber does not keep up with what is published.
    #[error("The subscriber is more than {0} events behind.")]
    TooSlow(usize),
    /// The API or the namespace is there no more.
    #[error("The channel namespace was deleted.")]
    Deleted,
}

impl Error {
    /// `errorType`.
    pub fn error_type(&self) -> &str {
        match self {
            Self::BadRequest(_) => "BadRequestException",
            Self::Unauthorized | Self::Forbidden => "UnauthorizedException",
            Self::NoNamespace(_) | Self::Deleted => "NotFoundException",
            // AWS differs: the type of a handler's error that names none is not recorded.
            Self::Handler { kind, .. } => kind.as_deref().unwrap_or("HandlerError"),
            Self::TimedOut => "ExecutionTimeout",
            Self::TooSlow(_) => "SlowConsumer",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Unauthorized => 401,
            // So the guide of Powertools for AWS Lambda says about a function that raises UnauthorizedException.
            Self::Forbidden => 403,
            Self::NoNamespace(_) | Self::Deleted => 404,
            Self::TimedOut => 504,
            Self::BadRequest(_) | Self::Handler { .. } | Self::TooSlow(_) => 400,
        }
    }
}
