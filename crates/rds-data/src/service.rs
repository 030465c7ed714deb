//! The service's handle, and the dispatch of its operations.

use std::sync::Arc;

use aws_protocol::{BoxFuture, Caller, Service, ServiceError};
use clock::Clock;
use futures::future::{Either, select};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Cluster, Error, clusters::Clusters, connection::Connection, limits, operations, transactions::Transactions,
};

/// The RDS Data API. Clones are handles of one service.
#[derive(Clone)]
pub struct RdsData {
    clusters: Arc<Clusters>,
    pub(crate) transactions: Transactions,
    clock: Arc<dyn Clock>,
}

impl RdsData {
    /// The service with these clusters. Connections are made when they are needed.
    ///
    /// # Errors
    /// A URL that is none of a database; the text does not show it.
    pub fn new(clusters: Vec<Cluster>, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let transactions = Transactions::new(clock.clone());
        Ok(Self { clusters: Arc::new(Clusters::new(clusters)?), transactions, clock })
    }

    /// Whether requests for the cluster with this ARN or identifier go anywhere.
    pub fn serves(&self, resource: &str) -> bool {
        self.clusters.has(resource)
    }

    pub(crate) async fn connection(&self, resource: &str, database: Option<&str>) -> Result<Connection, Error> {
        self.clusters.connection(resource, database).await
    }

    /// Performs an operation within the time that a call may take.
    async fn perform(&self, operation: &str, input: Value) -> Result<Value, Error> {
        let deadline = self.clock.sleep_until(self.clock.now().plus_millis(limits::CALL_MILLIS));
        let done = std::pin::pin!(self.dispatch(operation, input));
        match select(done, deadline).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => Err(Error::StatementTimeout),
        }
    }

    async fn dispatch(&self, operation: &str, input: Value) -> Result<Value, Error> {
        match operation {
            "ExecuteStatement" => operations::execute_statement::perform(self, read(input)?).await,
            "BatchExecuteStatement" => operations::batch_execute_statement::perform(self, read(input)?).await,
            "BeginTransaction" => operations::begin_transaction::perform(self, read(input)?).await,
            "CommitTransaction" => operations::commit_transaction::perform(self, read(input)?).await,
            "RollbackTransaction" => operations::rollback_transaction::perform(self, read(input)?).await,
            other => Err(Error::UnknownOperation(other.to_owned())),
        }
    }
}

impl Service for RdsData {
    fn name(&self) -> &'static str {
        "rds-data"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(async move { Ok(self.perform(operation, input).await?) })
    }
}

fn read<T: DeserializeOwned>(input: Value) -> Result<T, Error> {
    serde_json::from_value(input).map_err(|error| Error::BadRequest(error.to_string()))
}
