//! Requests to the application's GraphQL APIs, as traces recorded them; secrets are masked.

use std::{future::ready, sync::Arc};

use appsync::trace::{FieldTrace, RequestTrace, Ring};
use async_graphql::{Enum, InputObject, Json, Object, SimpleObject};
use futures::{Stream, StreamExt, stream};
use serde_json::{Map, Value};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::resolver_run::ResolverRun;

/// Requests on one page where `first` is not given.
const PAGE: i32 = 50;

/// A finished request.
pub(crate) struct Request(Arc<RequestTrace>);

/// The kinds of operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum OperationType {
    Query,
    Mutation,
    Subscription,
}

/// Which requests are wanted: those for which everything holds that is given.
#[derive(Debug, Default, Clone, InputObject)]
pub(crate) struct RequestFilter {
    /// The API's id.
    api_id: Option<String>,
    operation_type: Option<OperationType>,
    operation_name: Option<String>,
    /// A resolver that ran, for example `Query.order`.
    field: Option<String>,
    /// With errors in its answer, or without.
    failed: Option<bool>,
    /// An `errorType` in its answer.
    error_type: Option<String>,
    /// The caller's `ctx.identity.username`.
    username: Option<String>,
    /// That took so long or longer.
    min_micros: Option<u64>,
    /// That started this execution.
    execution_arn: Option<String>,
}

/// Subscribers that a mutation reached.
#[derive(SimpleObject)]
struct Published {
    /// The subscription field.
    field: String,
    subscribers: usize,
}

#[Object]
impl Request {
    /// What the client got as `x-amzn-RequestId`.
    async fn id(&self) -> &str {
        &self.0.id
    }

    /// The API's id.
    async fn api_id(&self) -> &str {
        &self.0.api_id
    }

    /// When it came, milliseconds since 1970.
    async fn time(&self) -> f64 {
        self.0.started.0 as f64
    }

    /// Null where the document could not be read.
    async fn operation_type(&self) -> Option<OperationType> {
        operation_type(&self.0)
    }

    async fn operation_name(&self) -> Option<&str> {
        self.0.operation_name.as_deref()
    }

    /// The document.
    async fn query(&self) -> String {
        self.0.query()
    }

    /// As they were sent.
    async fn variables(&self) -> Option<Json<Value>> {
        self.0.variables().map(Json)
    }

    /// Names in lower case, without cookies.
    async fn headers(&self) -> Json<Map<String, Value>> {
        Json(self.0.headers())
    }

    /// How the caller was let in, for example `API_KEY`; null where it was not.
    async fn authorization_mode(&self) -> Option<String> {
        match serde_json::to_value(self.0.mode?).ok()? {
            Value::String(mode) => Some(mode),
            _ => None,
        }
    }

    /// `ctx.identity.username`, or its `sub`.
    async fn username(&self) -> Option<&str> {
        self.0.username.as_deref()
    }

    /// The answer's HTTP status; 499 where the client hung up.
    async fn status(&self) -> u16 {
        self.0.status
    }

    /// Whether the client hung up before there was an answer.
    async fn cancelled(&self) -> bool {
        self.0.cancelled
    }

    /// The answer; null where it is large, and for subscriptions.
    async fn response(&self) -> Option<Json<Value>> {
        self.0.response().map(Json)
    }

    /// Bytes of the answer.
    async fn response_bytes(&self) -> usize {
        self.0.response_bytes
    }

    /// `errors` of the answer.
    async fn errors(&self) -> Vec<Json<Value>> {
        self.0.errors.iter().map(|error| Json(RequestTrace::error(error))).collect()
    }

    /// From its arrival to its answer.
    async fn micros(&self) -> u64 {
        self.0.micros
    }

    /// Parsing, validation and planning; little where all that was cached.
    async fn prepare_micros(&self) -> u64 {
        self.0.prepare_micros
    }

    /// How many resolvers ran. The first thousand have an entry in `fields`.
    async fn resolvers(&self) -> u32 {
        self.0.resolvers
    }

    /// Whether the whole answer came out of the API's cache; null where operations are not cached.
    async fn cache_hit(&self) -> Option<bool> {
        self.0.cache_hit
    }

    /// The resolvers that ran, in the order in which they began; each names its parent.
    async fn fields(&self) -> Vec<ResolverRun> {
        (0..self.0.fields.len()).map(|index| ResolverRun::new(self.0.clone(), index)).collect()
    }

    /// Subscriptions that it triggered.
    async fn published(&self) -> Vec<Published> {
        let published =
            |to: &appsync::trace::Published| Published { field: to.field.clone(), subscribers: to.subscribers };
        self.0.published.iter().map(published).collect()
    }

    /// Executions of state machines that it started.
    async fn execution_arns(&self) -> Vec<String> {
        self.0.execution_arns()
    }
}

impl RequestFilter {
    fn passes(&self, trace: &RequestTrace) -> bool {
        let same =
            |wanted: &Option<String>, text: Option<&str>| wanted.as_deref().is_none_or(|wanted| text == Some(wanted));
        let field =
            |field: &FieldTrace| self.field.as_deref() == Some(&*format!("{}.{}", field.parent_type(), field.field()));
        let error_type = |wanted: &String| trace.errors.iter().any(|error| error.error_type() == Some(wanted));
        same(&self.api_id, Some(&trace.api_id))
            && self.operation_type.is_none_or(|wanted| operation_type(trace) == Some(wanted))
            && same(&self.operation_name, trace.operation_name.as_deref())
            && (self.field.is_none() || trace.fields.iter().any(field))
            && self.failed.is_none_or(|failed| failed != trace.errors.is_empty())
            && self.error_type.as_ref().is_none_or(error_type)
            && same(&self.username, trace.username.as_deref())
            && self.min_micros.is_none_or(|least| trace.micros >= least)
            && self.execution_arn.as_ref().is_none_or(|arn| trace.execution_arns().contains(arn))
    }
}

fn operation_type(trace: &RequestTrace) -> Option<OperationType> {
    match trace.operation_type? {
        "query" => Some(OperationType::Query),
        "mutation" => Some(OperationType::Mutation),
        _ => Some(OperationType::Subscription),
    }
}

/// The newest requests that pass `filter`, before the one called `before`.
pub(super) fn newest(
    ring: &Ring,
    filter: Option<RequestFilter>,
    first: Option<i32>,
    before: Option<&str>,
) -> Vec<Request> {
    let first = usize::try_from(first.unwrap_or(PAGE)).unwrap_or_default();
    let filter = filter.unwrap_or_default();
    ring.newest(first, before, |trace| filter.passes(trace)).into_iter().map(Request).collect()
}

/// One request.
pub(super) fn one(ring: &Ring, id: &str) -> Option<Request> {
    ring.get(id).map(Request)
}

/// The request that started an execution.
pub(super) fn that_started(ring: &Ring, execution_arn: &str) -> Option<Request> {
    let started = |trace: &RequestTrace| trace.execution_arns().iter().any(|arn| arn == execution_arn);
    ring.newest(1, None, started).into_iter().next().map(Request)
}

/// Requests that finish from now on and pass `filter`. One that watches too slowly misses some.
pub(super) fn finished(ring: &Ring, filter: Option<RequestFilter>) -> impl Stream<Item = Request> + use<> {
    let filter = filter.unwrap_or_default();
    let traces = stream::unfold(ring.watch(), next);
    traces.filter_map(move |trace| ready(filter.passes(&trace).then(|| Request(trace))))
}

async fn next(mut receiver: Receiver<Arc<RequestTrace>>) -> Option<(Arc<RequestTrace>, Receiver<Arc<RequestTrace>>)> {
    loop {
        match receiver.recv().await {
            Ok(trace) => return Some((trace, receiver)),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}
