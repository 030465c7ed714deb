//! What PostgreSQL says is wrong, in the words of the Data API:
//! `ERROR: operator does not exist: uuid = text; Hint: ...; Position: 54; SQLState: 42883`.

use deadpool_postgres::PoolError;
use tokio_postgres::{
    Error as Failure,
    error::{DbError, ErrorPosition, SqlState},
};

use crate::Error;

/// Why there is no connection.
pub(super) fn connect(cluster: &str, error: PoolError) -> Error {
    let PoolError::Backend(error) = error else {
        return Error::DatabaseUnavailable(cluster.to_owned(), error.to_string());
    };
    let Some(told) = error.as_db_error() else {
        return Error::DatabaseUnavailable(cluster.to_owned(), causes(&error));
    };
    let code = told.code();
    if *code == SqlState::INVALID_CATALOG_NAME {
        Error::DatabaseNotFound(text(told))
    } else if [&SqlState::INVALID_PASSWORD, &SqlState::INVALID_AUTHORIZATION_SPECIFICATION].contains(&code) {
        Error::InvalidSecret(text(told))
    } else {
        Error::DatabaseUnavailable(cluster.to_owned(), text(told))
    }
}

/// Why a statement failed.
pub(super) fn statement(cluster: &str, error: &Failure) -> Error {
    match error.as_db_error() {
        Some(told) if *told.code() == SqlState::QUERY_CANCELED => Error::StatementTimeout,
        Some(told) => Error::Database(text(told)),
        None if error.is_closed() => Error::DatabaseUnavailable(cluster.to_owned(), causes(error)),
        None => Error::Driver(causes(error)),
    }
}

fn text(told: &DbError) -> String {
    let mut parts = vec![format!("{}: {}", told.severity(), told.message())];
    parts.extend(told.detail().map(|detail| format!("Detail: {detail}")));
    parts.extend(told.hint().map(|hint| format!("Hint: {hint}")));
    if let Some(ErrorPosition::Original(position)) = told.position() {
        parts.push(format!("Position: {position}"));
    }
    parts.push(format!("SQLState: {}", told.code().code()));
    parts.join("; ")
}

/// An error with its causes.
fn causes(error: &Failure) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
