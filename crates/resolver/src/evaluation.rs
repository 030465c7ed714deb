//! What comes out of a handler: its result or error, and its side notes.

use serde_json::{Map, Value};

/// What one invocation left behind.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// How it ended.
    pub end: End,
    /// `ctx.stash` as the handler left it.
    pub stash: Map<String, Value>,
    /// `ctx.args` as a mapping template left it, where it changed it: the functions after it in a pipeline find it so.
    pub changed_arguments: Option<Map<String, Value>>,
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
