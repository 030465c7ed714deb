//! A data source that is called outside of a GraphQL request: by the handlers of an Event API.

use std::sync::Arc;

use aws_protocol::Partition;
use clock::Clock;
use serde_json::{Map, Value};

use super::{Call, DataSource, Failure};
use crate::{DataSourceConfig, Deps, LambdaOptions, batch::Gatherer, trace::Notes};

/// The API that has a data source.
#[derive(Clone, Copy)]
pub struct Owner<'a> {
    /// 26 lower-case letters and digits.
    pub api_id: &'a str,
    /// Region and account of the API.
    pub partition: &'a Partition,
    /// As [`ApiConfig::coalesce_get_items`](crate::ApiConfig).
    pub coalesce_get_items: bool,
}

/// A data source without a field that asks it. What it needs of [`Deps`] are services, clock, HTTP, token key and writes.
pub struct StandaloneSource {
    source: Arc<DataSource>,
    clock: Arc<dyn Clock>,
}

/// How it fails.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceFailure {
    /// The request is not one.
    Request(String),
    /// The backend failed: the handler finds this in `ctx.error`, and `result` in `ctx.result`.
    Reported {
        /// The text.
        message: String,
        /// For example `DynamoDB:ConditionalCheckFailedException`.
        kind: String,
        /// What there is of a result.
        result: Value,
    },
}

impl StandaloneSource {
    /// A data source as configured.
    pub fn build(source: &DataSourceConfig, owner: Owner<'_>, deps: &Deps) -> Self {
        Self { source: Arc::new(DataSource::build(source, owner, deps)), clock: deps.clock.clone() }
    }

    /// Sends a request; `identity` is `ctx.identity`, `handler` the name of who asks.
    ///
    /// # Errors
    /// What is wrong with the request, or what the backend says.
    pub async fn invoke(&self, identity: &Value, handler: &str, request: Value) -> Result<Value, SourceFailure> {
        self.send(identity, handler, request, false).await
    }

    /// The same for a Lambda function without code around it: its exceptions have their own names, and are what the client
    /// is told.
    ///
    /// # Errors
    /// As [`Self::invoke`].
    pub async fn invoke_directly(
        &self,
        identity: &Value,
        handler: &str,
        request: Value,
    ) -> Result<Value, SourceFailure> {
        self.send(identity, handler, request, true).await
    }

    async fn send(
        &self,
        identity: &Value,
        handler: &str,
        request: Value,
        plain_response: bool,
    ) -> Result<Value, SourceFailure> {
        let (gatherer, notes, arguments) = (Gatherer::default(), Notes::default(), Map::new());
        let seat = gatherer.started(0, 0, None, 1);
        let call = Call {
            parent_type: "",
            field: handler,
            output_type: "",
            arguments: &arguments,
            identity,
            conflict_handler: None,
            clock: &*self.clock,
            spot: seat.at(0),
            // A call that would wait for others leaves at once: nobody else comes.
            lambda: LambdaOptions { max_batch_size: 1, whole_context: false, plain_response },
            notes: &notes,
        };
        self.source.invoke(&call, request).await.map_err(|failure| match failure {
            Failure::Document(message) => SourceFailure::Request(message),
            Failure::Reported { message, kind, result } => SourceFailure::Reported { message, kind, result },
        })
    }

    /// Whether it is a Lambda function, which may be called without code.
    pub fn is_lambda(&self) -> bool {
        self.source.is_lambda()
    }
}
