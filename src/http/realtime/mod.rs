//! The real-time door of the application's API: AppSync's `graphql-ws` dialect at `/graphql/realtime`.
//!
//! "Building a real-time WebSocket client", AppSync developer guide.

mod connection;
mod handshake;
mod message;

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, RawQuery, State, WebSocketUpgrade},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};

use super::App;

/// The largest message of a client, bytes (AppSync refuses requests over 1 MB).
const MESSAGE_BYTES: usize = 1 << 20;

/// `GET /graphql/realtime`: upgrades to a WebSocket. Bad credentials are told on the socket, as AWS does, because a
/// client that is refused before the upgrade retries for ever.
pub(super) async fn upgrade(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    match handshake::read(&headers, query.as_deref().unwrap_or_default()) {
        Ok(handshake) => upgrade
            .protocols([handshake::PROTOCOL])
            .max_message_size(MESSAGE_BYTES)
            .max_frame_size(MESSAGE_BYTES)
            .on_upgrade(move |socket| connection::serve(app, socket, handshake, peer)),
        Err(problem) => (StatusCode::BAD_REQUEST, problem.to_string()).into_response(),
    }
}
