//! What a trace holds. Times are microseconds; those called `start` count from the beginning of the request.

use std::{borrow::Cow, sync::Arc};

use apollo_compiler::Name;
use auth::AuthMode;
use bytes::Bytes;
use clock::Timestamp;
use serde_json::{Map, Value};

use super::{Captured, FieldLogLevel, capture, mask};
use crate::{GraphqlError, HttpTarget, PathSegment, limits};

/// A finished request.
#[derive(Debug, Default)]
pub struct RequestTrace {
    /// What the client got as `x-amzn-RequestId`.
    pub id: String,
    /// The API that was asked.
    pub api_id: String,
    /// When it came.
    pub started: Timestamp,
    /// The HTTP request that it came in; `None` where it came over a WebSocket or from a rule.
    pub http: Option<HttpTarget>,
    /// `query`, `mutation` or `subscription`; `None` where the document could not be read.
    pub operation_type: Option<&'static str>,
    /// The operation's name, where it has one.
    pub operation_name: Option<String>,
    /// How the caller was let in; `None` where it was not.
    pub mode: Option<AuthMode>,
    /// `ctx.identity.username`, or its `sub`.
    pub username: Option<String>,
    /// The answer's HTTP status; 499 where the request is [`cancelled`](Self::cancelled).
    pub status: u16,
    /// Whether the client hung up before there was an answer.
    pub cancelled: bool,
    /// Parsing, validation and planning, or finding all that in the cache.
    pub prepare_micros: u64,
    /// From the request to the written answer.
    pub micros: u64,
    /// How many resolvers ran. Not all of them have to be in [`Self::fields`].
    pub resolvers: u32,
    /// The resolvers that ran, in the order in which they began.
    pub fields: Vec<FieldTrace>,
    /// Subscriptions that the request triggered.
    pub published: Vec<Published>,
    /// The answer's `errors`.
    pub errors: Vec<GraphqlError>,
    /// Whether the whole answer came out of the API's cache; `None` where operations are not cached.
    pub cache_hit: Option<bool>,
    /// The API's `LogConfig`; `None` where it has none.
    pub field_log_level: Option<FieldLogLevel>,
    /// Bytes of the answer's body.
    pub response_bytes: usize,
    pub(super) query: Arc<str>,
    pub(super) variables: Captured,
    pub(super) request: Option<Arc<resolver::Request>>,
    pub(super) response: Captured,
    /// What it takes in memory, roughly.
    pub(super) bytes: usize,
}

/// A run of a resolver.
#[derive(Debug)]
pub struct FieldTrace {
    pub(super) parent_type: Name,
    pub(super) field: Name,
    /// Aliases and list indexes from the root.
    pub path: Vec<PathSegment>,
    /// The [`number`](Self::number) of the run whose result this one was selected of; `None` at the root.
    pub parent: Option<usize>,
    /// Its own number, counted from 0 in the order in which resolvers began.
    pub number: usize,
    /// Unit or pipeline.
    pub kind: ResolverKind,
    /// When it began.
    pub start: u64,
    /// How long it took.
    pub micros: u64,
    /// `ctx.arguments`.
    pub arguments: Captured,
    /// `ctx.source`.
    pub source: Captured,
    /// A pipeline's handler before its functions.
    pub before: Option<Box<HandlerTrace>>,
    /// A unit resolver's one step, or the functions of a pipeline.
    pub steps: Vec<StepTrace>,
    /// A pipeline's handler after its functions.
    pub after: Option<Box<HandlerTrace>>,
    /// Why it failed, if it did.
    pub error: Option<ErrorTrace>,
    /// Whether its result was in the API's cache; `None` where caching is off for it.
    pub cache_hit: Option<bool>,
    pub(super) result: Captured,
}

/// The kinds of resolver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResolverKind {
    /// One data source.
    Unit,
    /// Functions.
    Pipeline,
}

/// Handlers around a data source.
#[derive(Debug)]
pub struct StepTrace {
    /// The function's name; `Type.field` in a unit resolver.
    pub name: Arc<str>,
    /// The data source.
    pub source: Arc<Label>,
    /// The request handler.
    pub before: Option<Box<HandlerTrace>>,
    /// The data source's call, if it came to that.
    pub call: Option<CallTrace>,
    /// The response handler.
    pub after: Option<Box<HandlerTrace>>,
}

/// What a data source is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Label {
    /// Its name in the API.
    pub name: String,
    /// AWS's name of its type, for example `AMAZON_DYNAMODB`.
    pub type_name: String,
    /// The table, endpoint, function or bus behind it; empty where there is none.
    pub target: String,
}

/// One evaluation of a handler or mapping template.
#[derive(Debug)]
pub struct HandlerTrace {
    /// When it began.
    pub start: u64,
    /// How long it took.
    pub micros: u64,
    /// `ctx.stash` as it found it; nothing where that was empty.
    pub stash: Captured,
    /// `ctx.prev.result`.
    pub prev: Captured,
    /// `ctx.result`.
    pub result: Captured,
    /// `ctx.error`.
    pub error: Option<ErrorTrace>,
    /// What it evaluated to.
    pub evaluated: Captured,
    /// How it ended.
    pub end: End,
    /// Errors that it appended; those that a trace has no room for are counted by the last.
    pub appended: Vec<ErrorTrace>,
    pub(super) logs: Vec<String>,
}

/// How a handler ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// With a value.
    Returned,
    /// With `runtime.earlyReturn` or `#return`.
    EarlyReturn,
    /// With `util.error`, or a fault of its code.
    Raised(ErrorTrace),
    /// With `util.unauthorized`.
    Unauthorized,
}

/// A call of a data source.
#[derive(Debug)]
pub struct CallTrace {
    pub(super) operation: String,
    /// When it began.
    pub start: u64,
    /// How long it took.
    pub micros: u64,
    /// What failed.
    pub error: Option<ErrorTrace>,
    /// How many invocations went out together: told of the one that took the others along.
    pub batch_size: Option<usize>,
    pub(super) response: Captured,
}

/// An error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorTrace {
    /// Its text.
    pub(super) message: String,
    /// Its `errorType`.
    pub kind: Option<String>,
}

/// Subscribers that a mutation reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The subscription field.
    pub field: String,
    /// How many of its subscribers got a message.
    pub subscribers: usize,
}

impl RequestTrace {
    /// What it takes in memory, bytes, roughly.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The document, secrets masked.
    pub fn query(&self) -> String {
        mask::text(&self.query).into_owned()
    }

    /// The variables as they were sent, secrets masked.
    pub fn variables(&self) -> Option<Value> {
        self.variables.read()
    }

    /// The request's headers, names in lower case, without cookies, secrets masked.
    pub fn headers(&self) -> Map<String, Value> {
        self.request.as_ref().map(|request| mask::members(&request.headers)).unwrap_or_default()
    }

    /// One header as it was sent: for trace contexts, not for people.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request.as_ref()?.headers.get(name)?.as_str()
    }

    /// The answer, secrets masked; `None` where it is large.
    pub fn response(&self) -> Option<Value> {
        self.response.read()
    }

    /// `errorType` of the first error that has one.
    pub fn error_type(&self) -> Option<&str> {
        self.errors.iter().find_map(GraphqlError::error_type)
    }

    /// The error that one of its [`Self::errors`] is, secrets masked.
    pub fn error(error: &GraphqlError) -> Value {
        mask::value(&error.to_json())
    }
}

impl FieldTrace {
    /// The type that has the field.
    pub fn parent_type(&self) -> &str {
        &self.parent_type
    }

    /// The field's name.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What it resolved to, secrets masked; `None` where it failed.
    pub fn result(&self) -> Option<Value> {
        if self.error.is_some() {
            return None;
        }
        let last = || {
            let step = self.steps.last();
            let of_step = || step.and_then(|step| step.after.as_deref().or(step.before.as_deref()));
            self.after.as_deref().or_else(of_step)?.evaluated.read()
        };
        self.result.read().or_else(last)
    }

    /// Every handler with what it logged, in order.
    pub fn handlers(&self) -> impl Iterator<Item = &HandlerTrace> {
        let steps = self.steps.iter().flat_map(|step| step.before.iter().chain(&step.after));
        self.before.iter().chain(steps).chain(&self.after).map(|handler| &**handler)
    }
}

impl StepTrace {
    /// What the data source answered, secrets masked.
    pub fn response(&self) -> Option<Value> {
        let answered = || self.after.as_ref()?.result.read();
        self.call.as_ref()?.response.read().or_else(answered)
    }
}

impl CallTrace {
    /// For example `GetItem`, `Invoke`, `GET /path` (without the query), secrets masked; empty for `NONE`.
    pub fn operation(&self) -> Cow<'_, str> {
        mask::text(&self.operation)
    }
}

impl HandlerTrace {
    /// `console.log`, `console.error` and `$util.log`, secrets masked. Lines that a trace has no room for are counted by
    /// the last.
    pub fn logs(&self) -> impl Iterator<Item = String> {
        self.logs.iter().map(|line| mask::text(line).into_owned())
    }
}

impl ErrorTrace {
    pub(super) fn new(message: String, kind: Option<&str>) -> Self {
        Self { message, kind: kind.map(|kind| capture::text(kind, limits::TRACE_NAME_BYTES)) }
    }

    /// Its text, secrets masked.
    pub fn message(&self) -> String {
        mask::text(&self.message).into_owned()
    }
}

impl RequestTrace {
    /// Keeps the answer's body.
    pub(super) fn answered(&mut self, body: &Bytes) {
        self.response = Captured::text(body);
        self.response_bytes = body.len();
        self.bytes += self.response.bytes();
    }
}
