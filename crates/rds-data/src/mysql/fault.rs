//! What MySQL says is wrong, in the words of the Data API: the server's own message.

use mysql_async::Error as Failure;

use crate::Error;

/// `ER_DBACCESS_DENIED_ERROR`, `ER_ACCESS_DENIED_ERROR`.
const DENIED: [u16; 2] = [1044, 1045];
/// `ER_BAD_DB_ERROR`.
const NO_DATABASE: u16 = 1049;
/// `ER_LOCK_DEADLOCK`: the server has undone the whole transaction.
const DEADLOCK: u16 = 1213;
/// `ER_QUERY_INTERRUPTED`, `ER_QUERY_TIMEOUT` and MariaDB's `ER_STATEMENT_TIMEOUT`.
const TIMED_OUT: [u16; 3] = [1317, 3024, 1969];

/// Why there is no connection.
pub(super) fn connect(cluster: &str, error: Failure) -> Error {
    match error {
        Failure::Server(told) if DENIED.contains(&told.code) => Error::InvalidSecret(told.message),
        Failure::Server(told) if told.code == NO_DATABASE => Error::DatabaseNotFound(told.message),
        other => Error::DatabaseUnavailable(cluster.to_owned(), other.to_string()),
    }
}

/// Why a statement failed. AWS's format for MySQL is not verified beyond the message.
pub(super) fn statement(cluster: &str, error: Failure) -> Error {
    match error {
        Failure::Server(told) if TIMED_OUT.contains(&told.code) => Error::StatementTimeout,
        Failure::Server(told) => {
            let text = format!("Database error code: {}. Message: {}", told.code, told.message);
            if told.code == DEADLOCK { Error::RolledBack(text) } else { Error::Database(text) }
        }
        Failure::Io(_) => Error::DatabaseUnavailable(cluster.to_owned(), error.to_string()),
        other => Error::Driver(other.to_string()),
    }
}
