//! Resolver languages: APPSYNC_JS on QuickJS (and, later, VTL), without I/O and inside time, memory and depth limits.
//!
//! `util/` is implemented once, in Rust, for both languages. The interface is [`Language`], so a faster runtime can
//! replace QuickJS.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value};

/// A resolver language: compiles a source once, for many invocations.
pub trait Language: Send + Sync + 'static {
    /// Compiles `source`, checking that it has what a resolver or function needs.
    ///
    /// # Errors
    /// What is wrong with the code, with positions.
    fn compile(&self, source: &Source) -> Result<Arc<dyn Handlers>, CompileError>;
}

/// A compiled resolver or function: its `request` and `response` handlers.
pub trait Handlers: Send + Sync + 'static {
    /// Runs one handler. Blocks for at most [`Limits::time`].
    fn invoke(&self, handler: Handler, context: &Context) -> Evaluation;
}

/// The code of one resolver or function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// For messages: the path as the template gives it, for example `../resolvers/Query.order.js`.
    pub name: String,
    /// JavaScript, or TypeScript where the name ends in `.ts`.
    pub code: String,
}

/// Which of the two handlers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Handler {
    /// Makes the data-source request.
    Request,
    /// Makes the result.
    Response,
}

/// Bounds of one invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Wall time of one handler.
    pub time: Duration,
    /// Heap of one context, bytes.
    pub memory_bytes: usize,
    /// Native stack, bytes.
    pub stack_bytes: usize,
    /// Nesting of values going in and out.
    pub depth: usize,
    /// Evaluated result, bytes of JSON (AppSync quota: 5 MB).
    pub result_bytes: usize,
    /// Code of one resolver or function, bytes (AppSync quota: 32 KiB).
    pub code_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(1),
            memory_bytes: 32 << 20,
            stack_bytes: 512 << 10,
            depth: 100,
            result_bytes: 5_000_000,
            code_bytes: 32 << 10,
        }
    }
}

/// `ctx`, as a handler sees it (AppSync developer guide, "Resolver context object reference").
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// `ctx.args` and `ctx.arguments`: coerced, defaults applied, omitted ones absent.
    pub arguments: Arc<Map<String, Value>>,
    /// `ctx.source`: the parent object; null at a root.
    pub source: Arc<Value>,
    /// `ctx.identity`.
    pub identity: Arc<Value>,
    /// `ctx.stash` as the handler finds it.
    pub stash: Map<String, Value>,
    /// `ctx.prev.result`; absent where `None`.
    pub prev_result: Option<Arc<Value>>,
    /// `ctx.result`; absent in request handlers.
    pub result: Option<Arc<Value>>,
    /// `ctx.error`; absent where the data source did not fail.
    pub error: Option<ContextError>,
    /// `ctx.info`.
    pub info: Arc<Info>,
    /// `ctx.request`.
    pub request: Arc<Request>,
    /// `ctx.env`.
    pub env: Arc<Map<String, Value>>,
    /// What `util.authType()` says, for example `API Key Authorization`.
    pub auth_type: &'static str,
    /// What `util.time.now*` says: milliseconds since the epoch.
    pub now_millis: i64,
    /// Feeds `util.autoId` and its like.
    pub seed: u64,
}

/// `ctx.error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextError {
    /// For example `The conditional request failed (Service: ...)`.
    pub message: String,
    /// For example `DynamoDB:ConditionalCheckFailedException`.
    pub kind: String,
}

/// `ctx.info`. `JSON.stringify` leaves out the two selection sets, direct reads give them.
#[derive(Debug, Clone, Default)]
pub struct Info {
    /// The field's name in the schema.
    pub field_name: String,
    /// The type that has the field.
    pub parent_type_name: String,
    /// Coerced variables of the operation.
    pub variables: Map<String, Value>,
    /// Selected fields, `/`-joined, aliases instead of names, parents before children.
    pub selection_set_list: Vec<String>,
    /// The selection set as GraphQL text.
    pub selection_set_graphql: String,
}

/// `ctx.request`.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Lower-cased names, `cookie` left out; a repeated header is an array.
    pub headers: Map<String, Value>,
    /// The custom domain the request came to.
    pub domain_name: Option<String>,
}

/// What one invocation left behind.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// How it ended.
    pub end: End,
    /// `ctx.stash` as the handler left it.
    pub stash: Map<String, Value>,
    /// `util.appendError`, in order.
    pub appended_errors: Vec<RaisedError>,
    /// `console.log` and `console.error`, in order; bounded.
    pub logs: Vec<String>,
    /// `util.http.addResponseHeader(s)`.
    pub response_headers: Vec<(String, String)>,
    /// `extensions.*` calls, in order: name (`setSubscriptionFilter` ...) and arguments.
    pub extensions: Vec<(String, Vec<Value>)>,
}

/// How an invocation ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// The handler returned this; `undefined` is `None`.
    Returned(Option<Value>),
    /// `runtime.earlyReturn(value, { skipTo })`.
    EarlyReturn {
        /// The value that takes the result's place.
        value: Option<Value>,
        /// `skipTo: "END"`: go to the resolver's response handler; otherwise on to the next function.
        skip_to_end: bool,
    },
    /// `util.error`, or a fault of the code (`kind` is then `Code`).
    Raised(RaisedError),
    /// `util.unauthorized()`.
    Unauthorized,
}

/// An error that a handler raised or appended.
#[derive(Debug, Clone, PartialEq)]
pub struct RaisedError {
    /// The text.
    pub message: String,
    /// `errorType`.
    pub kind: Option<String>,
    /// `data`, before the selection set filters it.
    pub data: Option<Value>,
    /// `errorInfo`.
    pub info: Option<Value>,
}

/// Code that does not compile, or lacks a handler.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}:{line}:{column}: {message}")]
pub struct CompileError {
    /// [`Source::name`].
    pub name: String,
    /// 1-based.
    pub line: u32,
    /// 1-based.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}
