//! The real-time door of the GraphQL APIs: AppSync's `graphql-ws` dialect at `/graphql/realtime` and
//! `/apis/{id}/graphql/realtime`.
//!
//! "Building a real-time WebSocket client", AppSync developer guide.

mod connection;
mod handshake;
mod message;

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, State, WebSocketUpgrade},
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};

use super::{App, addressed, graphql};

/// The largest message of a client, bytes (AppSync refuses requests over 1 MB).
const MESSAGE_BYTES: usize = 1 << 20;

/// `GET .../graphql/realtime`: upgrades to a WebSocket. Bad credentials are told on the socket, as AWS does, because a
/// client that is refused before the upgrade retries for ever.
pub(super) async fn upgrade(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    accept(app, peer, &uri, &headers, upgrade)
}

/// Accepts a WebSocket for the API that `uri` and `headers` name.
pub(super) fn accept(
    app: App,
    peer: SocketAddr,
    uri: &Uri,
    headers: &HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let api = match addressed::api(&app, uri, headers) {
        Ok(api) => api,
        Err(refused) => return graphql::respond(refused),
    };
    let endpoint = addressed::endpoint(&app, &api, uri, headers);
    match handshake::read(headers, uri.query().unwrap_or_default()) {
        Ok(handshake) => upgrade
            .protocols([handshake::PROTOCOL])
            .max_message_size(MESSAGE_BYTES)
            .max_frame_size(MESSAGE_BYTES)
            .on_upgrade(move |socket| connection::serve(app, endpoint, socket, handshake, peer)),
        Err(problem) => (StatusCode::BAD_REQUEST, problem.to_string()).into_response(),
    }
}
