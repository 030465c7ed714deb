//! Everything that can go wrong in Step Functions, and the AWS exception that each becomes on the wire.

use aws_protocol::ServiceError;

/// Why an operation, or the engine itself, failed. Texts are AWS's own where AWS's are known.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The text is no ARN, or the ARN of something else.
    #[error("Invalid Arn: '{0}'")]
    InvalidArn(String),
    /// A name with forbidden characters.
    #[error("Invalid Name: '{0}'")]
    InvalidName(String),
    /// A page token or task token that was never given out.
    #[error("Invalid Token: 'Invalid token'")]
    InvalidToken,
    /// The text after `Invalid State Machine Definition: `, code and JSON pointer included.
    #[error("Invalid State Machine Definition: '{0}'")]
    InvalidDefinition(String),
    /// A state that TestState does not take.
    #[error("{0}")]
    UntestableState(&'static str),
    /// The input of an execution is not JSON.
    #[error("Invalid State Machine Execution Input: '{0}'")]
    InvalidExecutionInput(String),
    /// The output of a task is not JSON.
    #[error("Invalid Output: '{0}'")]
    InvalidOutput(String),
    /// A logging configuration that names no log group.
    #[error("Invalid Logging Configuration: {0}")]
    InvalidLoggingConfiguration(String),
    /// Members that break the constraints of the API's model.
    #[error("{0}")]
    Validation(String),
    /// Members of the wrong JSON type.
    #[error("{0}")]
    Serialization(String),
    /// UpdateStateMachine without anything to update.
    #[error(
        "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified"
    )]
    MissingRequiredParameter,
    /// By ARN.
    #[error("State Machine Does Not Exist: '{0}'")]
    StateMachineDoesNotExist(String),
    /// By ARN.
    #[error("State Machine Already Exists: '{0}'")]
    StateMachineAlreadyExists(String),
    /// By ARN.
    #[error("State Machine is being deleted: '{0}'")]
    StateMachineDeleting(String),
    /// An operation for the other type (STANDARD, EXPRESS) of machine.
    #[error("This operation is not supported by this type of state machine")]
    StateMachineTypeNotSupported,
    /// More state machines than [`crate::Limits::state_machines`].
    #[error("State Machine Limit Exceeded: '{0}'")]
    StateMachineLimitExceeded(usize),
    /// By ARN.
    #[error("Execution Does Not Exist: '{0}'")]
    ExecutionDoesNotExist(String),
    /// By ARN.
    #[error("Execution Already Exists: '{0}'")]
    ExecutionAlreadyExists(String),
    /// RedriveExecution of an execution that did not fail, or not lately enough: the reason.
    #[error("{0}")]
    ExecutionNotRedrivable(String),
    /// A fork that its execution, or the state named, does not allow: the reason.
    #[error("{0}")]
    ExecutionNotForkable(String),
    /// What needs the history of an execution, of an Express one.
    #[error("executions of Express state machines are not kept, so there is nothing to go back to")]
    ExecutionNotKept,
    /// A replay of a longer history than fits into memory, bytes.
    #[error("the history is too large to be replayed: it takes more than {0} bytes")]
    HistoryTooLarge(usize),
    /// A fork from a state that the definition does not have: the text names those that it has.
    #[error("{0}")]
    StateDoesNotExist(String),
    /// More open executions than [`crate::Limits::open_executions`].
    #[error("Execution Limit Exceeded: '{0}'")]
    ExecutionLimitExceeded(usize),
    /// By ARN.
    #[error("Activity Does Not Exist: '{0}'")]
    ActivityDoesNotExist(String),
    /// More activities than [`crate::Limits::activities`].
    #[error("Activity Limit Exceeded: '{0}'")]
    ActivityLimitExceeded(usize),
    /// More pollers of one activity than [`crate::Limits::activity_pollers`].
    #[error("Activity Worker Limit Exceeded: '{0}'")]
    ActivityWorkerLimitExceeded(usize),
    /// By ARN, for tags.
    #[error("Resource not found: '{0}'")]
    ResourceNotFound(String),
    /// A version or an alias that is named and not there.
    #[error("Request references a resource that does not exist.")]
    ReferencedResourceNotFound,
    /// A change that the present state of the machine, version or alias forbids.
    #[error("{0}")]
    Conflict(String),
    /// More versions or aliases than [`crate::Limits`] has room for.
    #[error("{0}")]
    ServiceQuotaExceeded(String),
    /// More tags than [`crate::Limits::tags`], by ARN.
    #[error("Too many tags: '{0}'")]
    TooManyTags(String),
    /// The task ended before its worker answered.
    #[error("Task Timed Out: 'Provided task does not exist anymore'")]
    TaskTimedOut,
    /// An operation was called more often than [`crate::Limits::quotas`] allows.
    #[error("Rate exceeded")]
    Throttled,
    /// An operation that this service does not have.
    #[error("The operation {0} of states is not supported.")]
    UnknownOperation(String),
    /// The engine is shutting down.
    #[error("the engine is shutting down")]
    ShutDown,
    /// The store did not do what it was asked.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A record that cannot be read: damage, or a mistake of ours.
    #[error("the record of {what} is damaged: {cause}")]
    Corrupt {
        /// Which record.
        what: String,
        /// What the decoder said.
        cause: String,
    },
}

impl Error {
    /// AWS's name for the exception; `None` for failures of ours.
    fn code(&self) -> Option<&'static str> {
        Some(match self {
            Self::InvalidArn(_) => "InvalidArn",
            Self::InvalidName(_) => "InvalidName",
            Self::InvalidToken => "InvalidToken",
            Self::InvalidDefinition(_) => "InvalidDefinition",
            Self::UntestableState(_) => "InvalidDefinition",
            Self::InvalidExecutionInput(_) => "InvalidExecutionInput",
            Self::InvalidOutput(_) => "InvalidOutput",
            Self::InvalidLoggingConfiguration(_) => "InvalidLoggingConfiguration",
            Self::Validation(_) => "ValidationException",
            Self::Serialization(_) => "SerializationException",
            Self::MissingRequiredParameter => "MissingRequiredParameter",
            Self::StateMachineDoesNotExist(_) => "StateMachineDoesNotExist",
            Self::StateMachineAlreadyExists(_) => "StateMachineAlreadyExists",
            Self::StateMachineDeleting(_) => "StateMachineDeleting",
            Self::StateMachineTypeNotSupported => "StateMachineTypeNotSupported",
            Self::StateMachineLimitExceeded(_) => "StateMachineLimitExceeded",
            Self::ExecutionDoesNotExist(_) => "ExecutionDoesNotExist",
            Self::ExecutionAlreadyExists(_) => "ExecutionAlreadyExists",
            Self::ExecutionNotRedrivable(_) => "ExecutionNotRedrivable",
            Self::ExecutionNotForkable(_) => "ExecutionNotForkable",
            Self::ExecutionNotKept => "ExecutionNotKept",
            Self::HistoryTooLarge(_) => "HistoryTooLarge",
            Self::StateDoesNotExist(_) => "StateDoesNotExist",
            Self::ExecutionLimitExceeded(_) => "ExecutionLimitExceeded",
            Self::ActivityDoesNotExist(_) => "ActivityDoesNotExist",
            Self::ActivityLimitExceeded(_) => "ActivityLimitExceeded",
            Self::ActivityWorkerLimitExceeded(_) => "ActivityWorkerLimitExceeded",
            Self::ResourceNotFound(_) | Self::ReferencedResourceNotFound => "ResourceNotFound",
            Self::Conflict(_) => "ConflictException",
            Self::ServiceQuotaExceeded(_) => "ServiceQuotaExceededException",
            Self::TooManyTags(_) => "TooManyTags",
            Self::TaskTimedOut => "TaskTimedOut",
            Self::Throttled => "ThrottlingException",
            Self::UnknownOperation(_) => "UnknownOperationException",
            Self::ShutDown | Self::Store(_) | Self::Corrupt { .. } => return None,
        })
    }
}

impl From<Error> for ServiceError {
    fn from(error: Error) -> Self {
        match error.code() {
            Some(code) => Self::new(code, error.to_string()),
            None => Self::internal(error),
        }
    }
}
