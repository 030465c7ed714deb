//! DynamoDB tables for data sources, Task states and the wire: the embedded engine (dynoxide) behind
//! [`aws_protocol::Service`].
//!
//! The engine is synchronous, serialises its calls on one lock and recurses over expressions, so it runs on threads
//! of its own ([`workers`]) with stacks deep enough for the deepest expression DynamoDB allows.

mod error;
mod operations;
mod workers;

use std::path::Path;

use aws_protocol::{BoxFuture, Caller, Service, ServiceError};
use dynoxide::Database;
use serde_json::{Value, json};

use crate::workers::Workers;

/// The embedded DynamoDB. Cheap to share behind an `Arc`; dropping it lets running calls finish.
pub struct Tables {
    workers: Workers,
}

/// Why the embedded DynamoDB could not be opened or given a table.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be opened or is no table file.
    #[error("open the table file {path}: {cause}")]
    Open {
        /// Which file.
        path: String,
        /// What the engine says.
        cause: String,
    },
    /// A table's definition was refused.
    #[error("create the table {table}: {cause}")]
    Create {
        /// `TableName`.
        table: String,
        /// DynamoDB's answer.
        cause: ServiceError,
    },
    /// The operating system gave no thread.
    #[error("start a table thread: {0}")]
    Thread(#[from] std::io::Error),
}

impl Tables {
    /// Opens or creates the table file at `path`. What was acknowledged before is there: every write is fsynced.
    ///
    /// # Errors
    /// [`Error::Open`] and [`Error::Thread`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let text = path.to_string_lossy();
        let database =
            Database::new(&text).map_err(|e| Error::Open { path: text.into_owned(), cause: e.to_string() })?;
        Ok(Self { workers: Workers::start(database)? })
    }

    /// Tables that live as long as the process.
    ///
    /// # Errors
    /// [`Error::Open`] and [`Error::Thread`].
    pub fn in_memory() -> Result<Self, Error> {
        let database =
            Database::memory().map_err(|e| Error::Open { path: ":memory:".to_owned(), cause: e.to_string() })?;
        Ok(Self { workers: Workers::start(database)? })
    }

    /// Creates the table of a `CreateTable` request unless it exists; answers whether it was created.
    ///
    /// # Errors
    /// [`Error::Create`] with DynamoDB's exception.
    pub async fn put_table(&self, create_table: Value) -> Result<bool, Error> {
        let table = create_table["TableName"].as_str().unwrap_or_default().to_owned();
        match self.perform("CreateTable", create_table).await {
            Ok(_) => Ok(true),
            Err(error) if error.code == "ResourceInUseException" => Ok(false),
            Err(cause) => Err(Error::Create { table, cause }),
        }
    }

    /// Switches expiry by a `TimeToLive` attribute on for a table; idempotent.
    ///
    /// # Errors
    /// [`Error::Create`] with DynamoDB's exception.
    pub async fn put_time_to_live(&self, table: &str, attribute: &str) -> Result<(), Error> {
        let failed = |cause| Error::Create { table: table.to_owned(), cause };
        let described = self.perform("DescribeTimeToLive", json!({ "TableName": table })).await.map_err(failed)?;
        if described["TimeToLiveDescription"]["AttributeName"] == attribute {
            return Ok(());
        }
        let specification = json!({ "AttributeName": attribute, "Enabled": true });
        let request = json!({ "TableName": table, "TimeToLiveSpecification": specification });
        self.perform("UpdateTimeToLive", request).await.map(drop).map_err(failed)
    }

    async fn perform(&self, operation: &str, input: Value) -> Result<Value, ServiceError> {
        let Some(operation) = operations::find(operation) else {
            return Err(ServiceError::unknown_operation("DynamoDB", operation));
        };
        self.workers.perform(operation, input).await
    }
}

impl Service for Tables {
    fn name(&self) -> &'static str {
        "dynamodb"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _caller: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(self.perform(operation, input))
    }
}
