//! What ran for a field of a request: its resolver, its functions, their handlers and data sources.

use std::sync::Arc;

use appsync::{
    PathSegment,
    trace::{self, CallTrace, End, ErrorTrace, FieldTrace, HandlerTrace, RequestTrace, StepTrace},
};
use async_graphql::{Enum, Json, Object, SimpleObject};
use serde_json::Value;

/// A resolver that ran.
pub(crate) struct ResolverRun {
    request: Arc<RequestTrace>,
    index: usize,
}

/// The kinds of resolver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum ResolverKind {
    Unit,
    Pipeline,
}

/// An error of a resolver.
#[derive(Debug, SimpleObject)]
pub(crate) struct ResolverError {
    message: String,
    error_type: Option<String>,
}

/// Handlers around a data source: a unit resolver's, or those of a function.
#[derive(SimpleObject)]
pub(crate) struct Step {
    /// The function's name; `Type.field` in a unit resolver.
    name: String,
    data_source: DataSource,
    /// The request handler.
    before: Option<HandlerRun>,
    /// The data source's call, if it came to that.
    call: Option<Call>,
    /// The response handler.
    after: Option<HandlerRun>,
}

/// A data source of an API.
#[derive(SimpleObject)]
pub(crate) struct DataSource {
    name: String,
    /// AWS's name of its type, for example `AMAZON_DYNAMODB`.
    #[graphql(name = "type")]
    kind: String,
    /// The table, endpoint, function or bus behind it; empty where there is none.
    target: String,
}

/// How a handler ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum HandlerEnd {
    Returned,
    EarlyReturn,
    Raised,
    Unauthorized,
}

/// One evaluation of a handler or mapping template. Times count from the beginning of the request.
#[derive(SimpleObject)]
pub(crate) struct HandlerRun {
    start_micros: u64,
    micros: u64,
    /// `ctx.stash` as it found it.
    stash: Option<Json<Value>>,
    /// `ctx.prev.result`.
    prev: Option<Json<Value>>,
    /// `ctx.result`.
    result: Option<Json<Value>>,
    /// `ctx.error`.
    error: Option<ResolverError>,
    /// What it evaluated to: a request handler's value is the data source's request.
    evaluated: Option<Json<Value>>,
    end: HandlerEnd,
    /// What it raised.
    raised: Option<ResolverError>,
    /// What it appended.
    appended: Vec<ResolverError>,
    /// `console.log`, `console.error` and `$util.log`.
    logs: Vec<String>,
}

/// A call of a data source. Times count from the beginning of the request.
#[derive(SimpleObject)]
pub(crate) struct Call {
    /// For example `GetItem`, `Invoke`, `GET /path`; empty for `NONE`.
    operation: String,
    start_micros: u64,
    micros: u64,
    response: Option<Json<Value>>,
    error: Option<ResolverError>,
    /// How many invocations went out together.
    batch_size: Option<usize>,
}

impl ResolverRun {
    pub(super) fn new(request: Arc<RequestTrace>, index: usize) -> Self {
        Self { request, index }
    }

    fn trace(&self) -> &FieldTrace {
        &self.request.fields[self.index]
    }
}

#[Object]
impl ResolverRun {
    /// Counted from 0 in the order in which resolvers began.
    async fn number(&self) -> usize {
        self.trace().number
    }

    /// The number of the field whose result this one was selected of; null at the root.
    async fn parent(&self) -> Option<usize> {
        self.trace().parent
    }

    /// Aliases and list indexes from the root, for example `orders[0].customer`.
    async fn path(&self) -> String {
        PathSegment::join(&self.trace().path)
    }

    async fn type_name(&self) -> &str {
        self.trace().parent_type()
    }

    async fn field_name(&self) -> &str {
        self.trace().field()
    }

    async fn kind(&self) -> ResolverKind {
        match self.trace().kind {
            trace::ResolverKind::Unit => ResolverKind::Unit,
            trace::ResolverKind::Pipeline => ResolverKind::Pipeline,
        }
    }

    /// When it began, counted from the beginning of the request.
    async fn start_micros(&self) -> u64 {
        self.trace().start
    }

    async fn micros(&self) -> u64 {
        self.trace().micros
    }

    /// `ctx.arguments`.
    async fn arguments(&self) -> Option<Json<Value>> {
        self.trace().arguments.read().map(Json)
    }

    /// `ctx.source`.
    async fn source(&self) -> Option<Json<Value>> {
        self.trace().source.read().map(Json)
    }

    /// A pipeline's handler before its functions.
    async fn before(&self) -> Option<HandlerRun> {
        self.trace().before.as_deref().map(HandlerRun::from)
    }

    /// A unit resolver's one step, or the functions of a pipeline.
    async fn steps(&self) -> Vec<Step> {
        self.trace().steps.iter().map(Step::from).collect()
    }

    /// A pipeline's handler after its functions.
    async fn after(&self) -> Option<HandlerRun> {
        self.trace().after.as_deref().map(HandlerRun::from)
    }

    /// What it resolved to; null where it failed.
    async fn result(&self) -> Option<Json<Value>> {
        self.trace().result().map(Json)
    }

    async fn error(&self) -> Option<ResolverError> {
        self.trace().error.as_ref().map(ResolverError::from)
    }

    /// Whether its result was in the API's cache; null where it is not cached.
    async fn cache_hit(&self) -> Option<bool> {
        self.trace().cache_hit
    }

    /// Executions of state machines that it started.
    async fn execution_arns(&self) -> Vec<String> {
        self.trace().execution_arns()
    }
}

impl From<&ErrorTrace> for ResolverError {
    fn from(error: &ErrorTrace) -> Self {
        Self { message: error.message(), error_type: error.kind.clone() }
    }
}

impl From<&StepTrace> for Step {
    fn from(step: &StepTrace) -> Self {
        let source = &step.source;
        Self {
            name: step.name.to_string(),
            data_source: DataSource {
                name: source.name.clone(),
                kind: source.type_name.clone(),
                target: source.target.clone(),
            },
            before: step.before.as_deref().map(HandlerRun::from),
            call: step.call.as_ref().map(|call| Call::new(call, step.response())),
            after: step.after.as_deref().map(HandlerRun::from),
        }
    }
}

impl Call {
    fn new(call: &CallTrace, response: Option<Value>) -> Self {
        Self {
            operation: call.operation().into_owned(),
            start_micros: call.start,
            micros: call.micros,
            response: response.map(Json),
            error: call.error.as_ref().map(ResolverError::from),
            batch_size: call.batch_size,
        }
    }
}

impl From<&HandlerTrace> for HandlerRun {
    fn from(handler: &HandlerTrace) -> Self {
        let (end, raised) = match &handler.end {
            End::Returned => (HandlerEnd::Returned, None),
            End::EarlyReturn => (HandlerEnd::EarlyReturn, None),
            End::Raised(error) => (HandlerEnd::Raised, Some(error.into())),
            End::Unauthorized => (HandlerEnd::Unauthorized, None),
        };
        Self {
            start_micros: handler.start,
            micros: handler.micros,
            stash: handler.stash.read().map(Json),
            prev: handler.prev.read().map(Json),
            result: handler.result.read().map(Json),
            error: handler.error.as_ref().map(ResolverError::from),
            evaluated: handler.evaluated.read().map(Json),
            end,
            raised,
            appended: handler.appended.iter().map(ResolverError::from).collect(),
            logs: handler.logs().collect(),
        }
    }
}
