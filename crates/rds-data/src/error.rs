//! Everything that keeps a statement from its answer, and the AWS exception that each becomes.
//!
//! The names and statuses are those of the RDS Data API's reference; the texts of databases go through as they are.

use aws_protocol::ServiceError;

/// Why a call failed. Texts are AWS's own where AWS's are known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A member that the request lacks or that has the wrong form.
    #[error("{0}")]
    BadRequest(String),
    /// A request that cannot be right, whatever the database says.
    #[error("{0}")]
    Validation(String),
    /// What the database says about the statement.
    #[error("{0}")]
    Database(String),
    /// What the database says about a statement for which it has undone the whole transaction.
    #[error("{0}")]
    RolledBack(String),
    /// The statement took too long.
    #[error("The statement timed out.")]
    StatementTimeout,
    /// No setting says where this cluster is, or its server has no such database.
    #[error("{0}")]
    DatabaseNotFound(String),
    /// The server refused user or password.
    #[error("{0}")]
    InvalidSecret(String),
    /// The server cannot be reached: the cluster, and the cause for the log.
    #[error("The database of the cluster '{0}' cannot be reached.")]
    DatabaseUnavailable(String, String),
    /// A column of a type that the Data API does not carry.
    #[error("The result contains the unsupported data type {0}.")]
    UnsupportedResult(String),
    /// The answer is larger than the Data API's limit.
    #[error("Database returned more than the allowed response size limit")]
    ResponseTooLarge,
    /// No transaction with this id is open.
    #[error("Transaction {0} is not found")]
    TransactionNotFound(String),
    /// The driver gave up; the cause is for the log.
    #[error("{0}")]
    Driver(String),
    /// An operation that this service does not have.
    #[error("The operation {0} of rds-data is not supported.")]
    UnknownOperation(String),
}

impl Error {
    /// Whether the database has answered with this, so that nothing more comes from it.
    pub(crate) fn is_last_word(&self) -> bool {
        matches!(self, Self::Database(_) | Self::StatementTimeout)
    }
}

impl From<Error> for ServiceError {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let (code, status) = match error {
            Error::BadRequest(_) | Error::ResponseTooLarge => ("BadRequestException", 400),
            Error::Validation(_) => ("ValidationException", 400),
            Error::Database(_) | Error::RolledBack(_) => ("DatabaseErrorException", 400),
            Error::StatementTimeout => ("StatementTimeoutException", 400),
            Error::DatabaseNotFound(_) => ("DatabaseNotFoundException", 404),
            Error::InvalidSecret(_) => ("InvalidSecretException", 400),
            Error::UnsupportedResult(_) => ("UnsupportedResultException", 400),
            Error::TransactionNotFound(_) => ("TransactionNotFoundException", 404),
            Error::UnknownOperation(_) => ("UnknownOperationException", 400),
            Error::Driver(_) => return Self::internal(message).with_code("InternalServerErrorException"),
            Error::DatabaseUnavailable(_, cause) => {
                let unavailable = Self::new("DatabaseUnavailableException", message).with_status(504);
                return Self { internal: Some(cause), ..unavailable };
            }
        };
        Self::new(code, message).with_status(status)
    }
}
