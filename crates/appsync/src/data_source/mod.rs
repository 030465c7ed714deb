//! Data sources: what the request of a resolver or function is sent to, and what it answers.

mod alone;
mod bedrock;
mod dynamodb;
mod event_bridge;
pub(crate) mod http;
pub(crate) mod lambda;
mod none;
mod open_search;
mod relational_database;

use std::sync::Arc;

pub use alone::{Owner, SourceFailure, StandaloneSource};
use aws_protocol::{Caller, Directory, ServiceError};
use clock::Clock;
pub use dynamodb::Writes;
use futures::future::{Either, select};
use serde_json::{Map, Value};

use crate::{
    ConflictHandler, DataSourceConfig, DataSourceKind, Deps, LambdaOptions,
    batch::Spot,
    trace::{Label, Notes},
};

/// A data source, ready to be called.
pub(crate) struct DataSource {
    label: Arc<Label>,
    backend: Backend,
}

enum Backend {
    None,
    DynamoDb(dynamodb::DynamoDb),
    VersionedDynamoDb(Box<dynamodb::Versioned>),
    Http(http::Http),
    Lambda(lambda::Lambda),
    EventBridge(event_bridge::EventBridge),
    RelationalDatabase(relational_database::Database),
    OpenSearch(open_search::OpenSearch),
    Bedrock(bedrock::Bedrock),
}

/// Where a call comes from.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) parent_type: &'a str,
    pub(crate) field: &'a str,
    /// The field's type without `!` and `[]`.
    pub(crate) output_type: &'a str,
    pub(crate) arguments: &'a Map<String, Value>,
    /// `ctx.identity`.
    pub(crate) identity: &'a Value,
    /// Of the resolver or function, where it detects conflicts.
    pub(crate) conflict_handler: Option<&'a ConflictHandler>,
    pub(crate) clock: &'a dyn Clock,
    /// Where it can be made together with others. Whoever does not do that passes.
    pub(crate) spot: Spot<'a>,
    pub(crate) lambda: LambdaOptions,
    /// For the request's trace.
    pub(crate) notes: &'a Notes,
}

/// How a data source fails.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    /// The request is not one: the field fails with errorType `MappingTemplate`.
    Document(String),
    /// The backend failed: the response handler finds this in `ctx.error`, and `result` in `ctx.result`.
    Reported { message: String, kind: String, result: Value },
}

/// The service, and whom it takes for the caller.
#[derive(Clone)]
struct Remote {
    services: Directory,
    caller: Caller,
}

impl Call<'_> {
    /// What comes of `work` within so many milliseconds; nothing where it takes longer.
    async fn within<T>(&self, millis: i64, work: impl Future<Output = T>) -> Option<T> {
        let deadline = self.clock.sleep_until(self.clock.now().plus_millis(millis));
        match select(std::pin::pin!(work), deadline).await {
            Either::Left((done, _)) => Some(done),
            Either::Right(_) => None,
        }
    }
}

impl DataSource {
    /// A data source as configured.
    pub(crate) fn build(source: &DataSourceConfig, api: Owner<'_>, deps: &Deps) -> Self {
        let role =
            source.role_arn.clone().unwrap_or_else(|| api.partition.arn("appsync", &format!("apis/{}", api.api_id)));
        let remote = Remote { services: deps.services.clone(), caller: Caller::internal(&api.partition.account, role) };
        let backend = match &source.kind {
            DataSourceKind::None => Backend::None,
            DataSourceKind::DynamoDb { table } => {
                let region = &api.partition.region;
                let table = dynamodb::DynamoDb::new(remote, table.clone(), region, &source.name, &deps.token_key);
                Backend::DynamoDb(table.coalescing(api.coalesce_get_items))
            }
            DataSourceKind::VersionedDynamoDb { table, delta } => {
                let base = dynamodb::DynamoDb::new(
                    remote,
                    table.clone(),
                    &api.partition.region,
                    &source.name,
                    &deps.token_key,
                );
                Backend::VersionedDynamoDb(Box::new(dynamodb::Versioned::new(base, delta.clone(), deps)))
            }
            DataSourceKind::Http { endpoint, signing } => Backend::Http(http::Http {
                remote,
                client: deps.http.clone(),
                endpoint: endpoint.trim_end_matches('/').to_owned(),
                signing: signing.clone(),
            }),
            DataSourceKind::Lambda { function_arn } => {
                Backend::Lambda(lambda::Lambda { remote, function_arn: function_arn.clone() })
            }
            DataSourceKind::EventBridge { event_bus_arn } => {
                Backend::EventBridge(event_bridge::EventBridge { remote, event_bus_arn: event_bus_arn.clone() })
            }
            DataSourceKind::RelationalDatabase(config) => {
                Backend::RelationalDatabase(relational_database::Database { remote, config: config.clone() })
            }
            DataSourceKind::OpenSearch { endpoint } => {
                Backend::OpenSearch(open_search::OpenSearch { remote, endpoint: endpoint.clone() })
            }
            DataSourceKind::BedrockRuntime => Backend::Bedrock(bedrock::Bedrock { remote }),
        };
        let (type_name, target) = source.kind.describe();
        let label = Label { name: source.name.clone(), type_name: type_name.to_owned(), target: target.to_owned() };
        Self { label: Arc::new(label), backend }
    }

    /// What traces call it.
    pub(crate) fn label(&self) -> &Arc<Label> {
        &self.label
    }

    /// Sends a handler's request.
    pub(crate) async fn invoke(self: &Arc<Self>, call: &Call<'_>, request: Value) -> Result<Value, Failure> {
        if !matches!(self.backend, Backend::Lambda(_) | Backend::DynamoDb(_) | Backend::VersionedDynamoDb(_)) {
            call.spot.pass();
        }
        match &self.backend {
            Backend::None => Ok(none::result(request)),
            Backend::DynamoDb(table) => table.invoke(call, request).await,
            Backend::VersionedDynamoDb(table) => table.invoke(call, request).await,
            Backend::Http(endpoint) => endpoint.invoke(call, request).await,
            Backend::Lambda(function) => function.invoke(call, request).await,
            Backend::EventBridge(bus) => bus.invoke(request).await,
            Backend::RelationalDatabase(database) => database.invoke(call, request).await,
            Backend::OpenSearch(domain) => domain.invoke(call, request).await,
            Backend::Bedrock(models) => models.invoke(call, request).await,
        }
    }

    /// Whether templates of version 2017-02-28 may not ask for this.
    pub(crate) fn needs_new_templates(&self, request: &Value) -> bool {
        match &self.backend {
            Backend::None | Backend::Lambda(_) | Backend::OpenSearch(_) => false,
            // Which operations of versioned data sources are new is theirs to say.
            Backend::VersionedDynamoDb(_) => false,
            Backend::DynamoDb(_) => {
                let operation = request.get("operation").and_then(Value::as_str).unwrap_or_default();
                operation.starts_with("Batch") || operation.starts_with("Transact")
            }
            Backend::Http(_) | Backend::EventBridge(_) | Backend::RelationalDatabase(_) | Backend::Bedrock(_) => true,
        }
    }

    /// Whether resolvers may do without code.
    pub(crate) fn is_lambda(&self) -> bool {
        matches!(self.backend, Backend::Lambda(_))
    }
}

impl Remote {
    /// Calls a service; what only the operator may know of a failure goes to the log.
    async fn call(&self, service: &str, operation: &str, input: Value) -> Result<Value, ServiceError> {
        let answer = self.services.call(service, operation, input, &self.caller).await;
        if let Err(ServiceError { code, internal: Some(cause), .. }) = &answer {
            tracing::error!(service, operation, %code, cause, "a data source's service failed");
        }
        answer
    }
}

impl Failure {
    /// A member that the request lacks, in the words recorded on AWS.
    pub(crate) fn missing(path: &str) -> Self {
        Self::Document(format!("Value for field '$[{path}]' not found."))
    }

    /// A failure that is of AppSync's own making and has a type of its own.
    pub(crate) fn of_kind(kind: &str, message: String) -> Self {
        Self::Reported { message, kind: kind.to_owned(), result: Value::Null }
    }

    /// What went wrong.
    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Document(message) | Self::Reported { message, .. } => message,
        }
    }

    /// A member that has the wrong form.
    pub(crate) fn invalid(path: &str) -> Self {
        Self::Document(format!("Value for field '$[{path}]' is not valid."))
    }
}
