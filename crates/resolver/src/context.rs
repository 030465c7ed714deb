//! What goes into a handler: `ctx`.

use std::sync::Arc;

use serde_json::{Map, Value};

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
    /// What handlers of a channel namespace have instead of `args`, `source`, `prev` and `env`; nothing in resolvers.
    pub event: Option<Arc<EventContext>>,
}

/// What is published, or what is subscribed to ("AWS AppSync Event API context reference", Events guide).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventContext {
    /// `ctx.events`: a list of `{"id", "payload"}`; null for a subscription, which has none.
    pub events: Value,
    /// `ctx.info`: `{"channel": {"path", "segments"}, "channelNamespace": {"name"}, "operation"}`.
    pub info: Value,
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
    /// The field's type without `!` and `[]`; not for resolvers, but for functions that data sources ask.
    pub output_type: String,
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
