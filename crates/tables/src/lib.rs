//! DynamoDB tables for data sources, Task states and the wire: the embedded engine (dynoxide) behind
//! [`aws_protocol::Service`].
//!
//! The engine is synchronous, serialises its calls on one lock and recurses over expressions, so it runs on threads
//! of its own ([`workers`]) with stacks deep enough for the deepest expression DynamoDB allows.

mod error;
mod expiry;
mod once;
mod operations;
mod rehearsal;
mod workers;

use std::{path::Path, sync::Arc};

use aws_protocol::{BoxFuture, Caller, Service, ServiceError};
use clock::Clock;
use dynoxide::Database;
use serde_json::{Value, json};
use tokio::sync::Notify;

pub use crate::rehearsal::Rehearsal;
use crate::{
    once::{MARKERS, Once},
    workers::Workers,
};

/// The embedded DynamoDB. Cheap to share behind an `Arc`; dropping it lets running calls finish.
pub struct Tables {
    workers: Workers,
    once: Arc<Once>,
    /// Some table may have got a time-to-live attribute.
    expiring: Arc<Notify>,
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
        Self::start(database)
    }

    /// Tables that live as long as the process.
    ///
    /// # Errors
    /// [`Error::Open`] and [`Error::Thread`].
    pub fn in_memory() -> Result<Self, Error> {
        let database =
            Database::memory().map_err(|e| Error::Open { path: ":memory:".to_owned(), cause: e.to_string() })?;
        Self::start(database)
    }

    fn start(database: Database) -> Result<Self, Error> {
        let once = Once::open(&database).map_err(|cause| Error::Create { table: MARKERS.to_owned(), cause })?;
        Ok(Self { workers: Workers::start(database)?, once: Arc::new(once), expiring: Arc::default() })
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

    /// Switches expiry by a `TimeToLive` attribute on for a table, instead of by any other; idempotent.
    ///
    /// # Errors
    /// [`Error::Create`] with DynamoDB's exception.
    pub async fn put_time_to_live(&self, table: &str, attribute: &str) -> Result<(), Error> {
        let failed = |cause| Error::Create { table: table.to_owned(), cause };
        let described = self.perform("DescribeTimeToLive", json!({ "TableName": table })).await.map_err(failed)?;
        match described["TimeToLiveDescription"]["AttributeName"].as_str() {
            Some(known) if known == attribute => return Ok(()),
            Some(other) => self.update_time_to_live(table, other, false).await.map_err(failed)?,
            None => {}
        }
        self.update_time_to_live(table, attribute, true).await.map_err(failed)
    }

    async fn update_time_to_live(&self, table: &str, attribute: &str, enabled: bool) -> Result<(), ServiceError> {
        let specification = json!({ "AttributeName": attribute, "Enabled": enabled });
        let request = json!({ "TableName": table, "TimeToLiveSpecification": specification });
        self.perform("UpdateTimeToLive", request).await.map(drop)
    }

    /// Removes items that have expired by `clock`, until these tables are dropped. Does not end before; to be spawned.
    pub fn expire(self: &Arc<Self>, clock: Arc<dyn Clock>) -> impl Future<Output = ()> + Send + 'static {
        expiry::run(Arc::downgrade(self), self.expiring.clone(), clock)
    }

    async fn perform(&self, operation: &str, input: Value) -> Result<Value, ServiceError> {
        let Some(run) = operations::find(operation) else {
            return Err(ServiceError::unknown_operation("DynamoDB", operation));
        };
        refuse_markers(&input)?;
        let once = self.once.clone();
        let mut answer = self.workers.perform(Box::new(move |database| once.beside(database, run, input))).await?;
        if operation == "UpdateTimeToLive" {
            self.expiring.notify_one();
        }
        if let Some(names) = answer.get_mut("TableNames").and_then(Value::as_array_mut) {
            names.retain(|name| name != MARKERS);
        }
        Ok(answer)
    }

    async fn perform_once(&self, operation: &str, input: Value, token: &str) -> Result<Value, ServiceError> {
        if !matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem") {
            return self.perform(operation, input).await;
        }
        refuse_markers(&input)?;
        let (once, operation, token) = (self.once.clone(), operation.to_owned(), token.to_owned());
        self.workers.perform(Box::new(move |database| once.alone(database, &operation, input, &token))).await
    }
}

/// The table of markers is not there for anybody else.
fn refuse_markers(input: &Value) -> Result<(), ServiceError> {
    if input["TableName"] == MARKERS {
        return Err(ServiceError::new("ResourceNotFoundException", "Requested resource not found"));
    }
    Ok(())
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

    /// Once for `PutItem`, `UpdateItem` and `DeleteItem`, also across a crash. Other writes are made again: those of
    /// `BatchWriteItem` have the same effect twice, `TransactWriteItems` has its `ClientRequestToken`.
    fn call_once<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _caller: &'a Caller,
        token: &'a str,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(self.perform_once(operation, input, token))
    }
}
