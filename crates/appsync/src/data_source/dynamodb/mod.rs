//! The `AMAZON_DYNAMODB` data source: AppSync's request documents turned into DynamoDB operations and back
//! (developer guide, "JavaScript resolver function reference for DynamoDB").

mod attribute;
mod batch;
mod coalesce;
mod condition;
mod expression;
mod item;
mod list;
mod token;
mod transaction;
mod versioned;

use aws_protocol::ServiceError;
use serde_json::{Map, Value};

use super::{Call, Failure, Remote};
use token::Tokens;
pub(super) use versioned::Versioned;
pub use versioned::Writes;

/// A table.
pub(super) struct DynamoDb {
    remote: Remote,
    table: String,
    /// The table's, for Lambda functions that decide about its items.
    region: String,
    /// The data source's name: page tokens are bound to it.
    name: String,
    tokens: Tokens,
    /// Whether `GetItem`s of one request travel together.
    coalesces: bool,
}

impl DynamoDb {
    pub(super) fn new(remote: Remote, table: String, region: &str, name: &str, token_key: &[u8; 32]) -> Self {
        let (region, name) = (region.to_owned(), name.to_owned());
        Self { remote, table, region, name, tokens: Tokens::new(token_key), coalesces: false }
    }

    /// The same table, whose `GetItem`s of one request travel together if `coalesces`.
    pub(super) fn coalescing(self, coalesces: bool) -> Self {
        Self { coalesces, ..self }
    }

    /// Performs the request's `operation`.
    pub(super) async fn invoke(&self, call: &Call<'_>, request: Value) -> Result<Value, Failure> {
        let Value::Object(request) = request else { return Err(Failure::missing("operation")) };
        if self.coalesces && request.get("operation").is_some_and(|operation| operation == "GetItem") {
            return self.get_item_together(call, &request).await;
        }
        call.spot.pass();
        self.perform(call, &request).await
    }

    async fn perform(&self, call: &Call<'_>, request: &Map<String, Value>) -> Result<Value, Failure> {
        let Some(operation) = request.get("operation").and_then(Value::as_str) else {
            return Err(Failure::missing("operation"));
        };
        match operation {
            "GetItem" => self.get_item(call, request).await,
            "PutItem" => self.put_item(call, request).await,
            "UpdateItem" => self.update_item(call, request).await,
            "DeleteItem" => self.delete_item(call, request).await,
            "Query" => self.query(call, request).await,
            "Scan" => self.scan(call, request).await,
            "BatchGetItem" => self.batch_get_item(call, request).await,
            "BatchPutItem" => self.batch_put_item(call, request).await,
            "BatchDeleteItem" => self.batch_delete_item(call, request).await,
            "TransactGetItems" => self.transact_get_items(call, request).await,
            "TransactWriteItems" => self.transact_write_items(call, request).await,
            // `Sync` among them, which is for versioned data sources.
            other => Err(Failure::Document(format!("Unsupported operation '{other}'."))),
        }
    }

    async fn send(&self, operation: &str, input: Map<String, Value>) -> Result<Value, ServiceError> {
        self.remote.call("dynamodb", operation, Value::Object(input)).await
    }
}

/// A failure as AppSync reports it: DynamoDB's text with the suffix of the AWS SDK for Java, recorded on AWS.
fn failure(call: &Call<'_>, error: &ServiceError, result: Value) -> Failure {
    let ServiceError { code, message, status, .. } = error;
    let id = call.clock.uuid();
    Failure::Reported {
        message: format!(
            "{message} (Service: AmazonDynamoDBv2; Status Code: {status}; Error Code: {code}; Request ID: {id}; Proxy: null)"
        ),
        kind: format!("DynamoDB:{code}"),
        result,
    }
}

/// A member of a request; null counts as absent.
fn given<'a>(request: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    request.get(name).filter(|value| !value.is_null())
}

/// An object that a request must have.
fn object<'a>(request: &'a Map<String, Value>, name: &str) -> Result<&'a Map<String, Value>, Failure> {
    match given(request, name) {
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(Failure::invalid(name)),
        None => Err(Failure::missing(name)),
    }
}

/// A list that a request must have.
fn array<'a>(request: &'a Map<String, Value>, name: &str) -> Result<&'a Vec<Value>, Failure> {
    match given(request, name) {
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(Failure::invalid(name)),
        None => Err(Failure::missing(name)),
    }
}
