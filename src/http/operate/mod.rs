//! The operator's typed API at `/operate/graphql`: executions of any state machine, listed, read, started, stopped,
//! approved, rejected and watched. Written with async-graphql; every operation goes through
//! [`aws_protocol::Service`], so it works whoever serves Step Functions.

mod execution;
mod fork;
mod graph;
mod guard;
mod mutation;
mod query;
mod reload;
mod replay;
mod request;
mod resolver_run;
mod subscription;

use std::{net::SocketAddr, sync::Arc};

use async_graphql::{ErrorExtensions, http::ALL_WEBSOCKET_PROTOCOLS};
use async_graphql_axum::{GraphQLProtocol, GraphQLRequest, GraphQLResponse, GraphQLWebSocket};
use aws_protocol::{Caller, Directory, ServiceError};
use axum::{
    extract::{ConnectInfo, State, WebSocketUpgrade},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::Value;

pub(super) use guard::{admit, from_this_machine};

use super::App;
use crate::wiring::reload::Reloads;

/// The operator's schema.
pub(crate) type Schema = async_graphql::Schema<query::Query, mutation::Mutation, subscription::Subscription>;

/// What resolvers of the operator's API work on.
pub(crate) struct Operator {
    pub(crate) services: Directory,
    pub(crate) caller: Caller,
    /// Absent where Step Functions is on AWS: nothing to watch, and no task tokens to see.
    pub(crate) engine: Option<states::Engine>,
    pub(crate) partition: aws_protocol::Partition,
    /// The newest requests to the application's APIs.
    pub(crate) requests: Arc<appsync::trace::Ring>,
    /// What came of changes of the application's files.
    pub(crate) reloads: Arc<Reloads>,
}

/// Nesting of an operator's query; GraphiQL's introspection needs 15.
const DEPTH: usize = 20;
/// Fields of an operator's query, lists multiplied out.
const COMPLEXITY: usize = 100_000;

/// The schema over `operator`.
pub(crate) fn schema(operator: Operator) -> Schema {
    Schema::build(query::Query, mutation::Mutation, subscription::Subscription)
        .data(operator)
        .limit_depth(DEPTH)
        .limit_complexity(COMPLEXITY)
        .finish()
}

/// `POST /operate/graphql`.
pub(super) async fn post(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    request: GraphQLRequest,
) -> Response {
    if let Err(refused) = guard::admit(&app, peer, &headers) {
        return refused;
    }
    GraphQLResponse::from(app.operator.execute(request.into_inner()).await).into_response()
}

/// `GET /operate/graphql/ws`: `graphql-transport-ws`.
pub(super) async fn socket(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    protocol: Result<GraphQLProtocol, StatusCode>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if let Err(refused) = guard::admit(&app, peer, &headers) {
        return refused;
    }
    let Ok(protocol) = protocol else {
        return (StatusCode::BAD_REQUEST, "offer the WebSocket subprotocol graphql-transport-ws").into_response();
    };
    let schema = app.operator.clone();
    upgrade
        .protocols(ALL_WEBSOCKET_PROTOCOLS)
        .on_upgrade(move |socket| GraphQLWebSocket::new(socket, schema, protocol).serve())
}

impl Operator {
    async fn states(&self, operation: &str, input: Value) -> async_graphql::Result<Value> {
        self.services.call("states", operation, input, &self.caller).await.map_err(to_graphql)
    }

    /// The ARN of a state machine that is named by its name or its ARN.
    fn state_machine_arn(&self, name: &str) -> String {
        if name.starts_with("arn:") {
            return name.to_owned();
        }
        self.partition.arn("states", &format!("stateMachine:{name}"))
    }
}

/// AWS's code goes to `extensions.code`, its text to the message.
fn to_graphql(error: ServiceError) -> async_graphql::Error {
    if let Some(cause) = &error.internal {
        tracing::error!(%cause, "an operator's request failed");
    }
    async_graphql::Error::new(&error.message).extend_with(|_, extensions| extensions.set("code", error.code.as_ref()))
}
