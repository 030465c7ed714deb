//! What the bus refuses, with EventBridge's exception names.

/// Why the bus did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// `InvalidEventPatternException`.
    #[error("Event pattern is not valid. Reason: {0}")]
    InvalidPattern(String),
    /// A rule or target that EventBridge would refuse.
    #[error("{0}")]
    Invalid(String),
    /// A rule that EventBridge takes and that is not supported here.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// No such bus.
    #[error("Event bus {0} does not exist.")]
    NoSuchBus(String),
    /// The tasks of the bus have ended.
    #[error("the event bus is closed")]
    Closed,
}

impl Error {
    /// The name of AWS's exception.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidPattern(_) => "InvalidEventPatternException",
            Self::Invalid(_) | Self::Unsupported(_) => "ValidationException",
            Self::NoSuchBus(_) => "ResourceNotFoundException",
            Self::Closed => "InternalException",
        }
    }
}
