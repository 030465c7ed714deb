//! The real-time doors: of GraphQL APIs at `/graphql/realtime` and `/apis/{id}/graphql/realtime`, of Event APIs at
//! `/event/realtime` and `/apis/{id}/event/realtime`. Both are one kind of connection, on which two dialects are spoken.
//!
//! "Building a real-time WebSocket client", AppSync developer guide; "Understanding the Event API WebSocket protocol",
//! Events guide.

mod connection;
mod dialect;
mod events;
mod graphql;
mod handshake;

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, State, WebSocketUpgrade},
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};

use self::{dialect::Dialect, events::EventWs, graphql::GraphqlWs};
use super::{
    App,
    addressed::{self, Endpoint},
    graphql::respond,
};
use crate::wiring::registry::Deployed as _;

/// The largest message of a client, bytes (AppSync refuses requests over 1 MB).
const MESSAGE_BYTES: usize = 1 << 20;
/// The same on an Event API: five events of 240 KB, of which each byte may be escaped, twice over (Amplify sends them
/// twice).
const EVENTS_MESSAGE_BYTES: usize = 6 << 20;

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

/// Accepts a WebSocket for the GraphQL API that `uri` and `headers` name.
pub(super) fn accept(
    app: App,
    peer: SocketAddr,
    uri: &Uri,
    headers: &HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let api = match addressed::api(&app, uri, headers) {
        Ok(api) => api,
        Err(refused) => return respond(refused),
    };
    let endpoint = addressed::endpoint(&app, api.id(), uri, headers);
    speak::<GraphqlWs>(app, endpoint, peer, uri, headers, sized(upgrade, MESSAGE_BYTES))
}

/// `GET .../event/realtime`: the same for an Event API.
pub(super) async fn upgrade_events(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let api = match addressed::event_api(&app, &uri, &headers) {
        Ok(api) => api,
        Err(refused) => return respond(refused),
    };
    let endpoint = addressed::endpoint(&app, api.id(), &uri, &headers);
    speak::<EventWs>(app, endpoint, peer, &uri, &headers, sized(upgrade, EVENTS_MESSAGE_BYTES))
}

fn speak<D: Dialect>(
    app: App,
    endpoint: Endpoint,
    peer: SocketAddr,
    uri: &Uri,
    headers: &HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    match handshake::read(D::PROTOCOL, headers, uri.query().unwrap_or_default()) {
        Ok(handshake) => upgrade
            .protocols([D::PROTOCOL])
            .on_upgrade(move |socket| connection::serve::<D>(app, endpoint, socket, handshake, peer)),
        Err(problem) => (StatusCode::BAD_REQUEST, problem.to_string()).into_response(),
    }
}

fn sized(upgrade: WebSocketUpgrade, bytes: usize) -> WebSocketUpgrade {
    upgrade.max_message_size(bytes).max_frame_size(bytes)
}
