//! Who a request to an API comes from: over HTTP, on connecting to the real-time door, and for each message there.

use std::net::SocketAddr;

use auth::{Error, EventOperation, Identity, Presented};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use std::collections::BTreeMap;

use super::addressed::Endpoint;
use crate::wiring::{apis::RunningApi, event_apis::RunningEventApi};

/// A request over HTTP.
pub(super) async fn for_request(
    api: &RunningApi,
    method: &str,
    uri: &Uri,
    headers: &HeaderMap,
    payload: &[u8],
    peer: SocketAddr,
) -> Result<Identity, Error> {
    let query = uri.query().unwrap_or_default();
    let presented = Presented { method, path: uri.path(), query, headers, payload, peer: Some(peer.ip()) };
    api.authenticator().authenticate(&presented).await
}

/// A connection: its header object is signed for `POST <endpoint>/connect` with the body `{}`.
pub(super) async fn for_connection(
    api: &RunningApi,
    endpoint: &Endpoint,
    credentials: &BTreeMap<String, String>,
    peer: SocketAddr,
) -> Result<Identity, Error> {
    for_object(api, credentials, &format!("{}/connect", endpoint.path), b"{}", peer).await
}

/// A `start`: its header object is signed for `POST <endpoint>` with the text of `payload.data` as the body.
pub(super) async fn for_start(
    api: &RunningApi,
    endpoint: &Endpoint,
    credentials: &BTreeMap<String, String>,
    data: &str,
    peer: SocketAddr,
) -> Result<Identity, Error> {
    for_object(api, credentials, &endpoint.path, data.as_bytes(), peer).await
}

async fn for_object(
    api: &RunningApi,
    credentials: &BTreeMap<String, String>,
    path: &str,
    payload: &[u8],
    peer: SocketAddr,
) -> Result<Identity, Error> {
    let headers = header_map(credentials);
    let presented = Presented { method: "POST", path, query: "", headers: &headers, payload, peer: Some(peer.ip()) };
    api.authenticator().authenticate(&presented).await
}

/// What is published over HTTP to an Event API.
pub(super) async fn for_publish(
    api: &RunningEventApi,
    channel: &str,
    uri: &Uri,
    headers: &HeaderMap,
    payload: &[u8],
    peer: SocketAddr,
) -> Result<Identity, Error> {
    let query = uri.query().unwrap_or_default();
    let presented = Presented { method: "POST", path: uri.path(), query, headers, payload, peer: Some(peer.ip()) };
    api.authenticator().authenticate_event(&presented, EventOperation::Publish(channel)).await
}

/// An operation on a connection to an Event API: its header object is signed for `POST <endpoint>` with `payload` as the
/// body, which is `{}` for the connection itself.
pub(super) async fn for_event(
    api: &RunningEventApi,
    operation: EventOperation<'_>,
    endpoint: &Endpoint,
    credentials: &BTreeMap<String, String>,
    payload: &[u8],
    peer: SocketAddr,
) -> Result<Identity, Error> {
    let (path, headers) = (&*endpoint.path, header_map(credentials));
    let presented = Presented { method: "POST", path, query: "", headers: &headers, payload, peer: Some(peer.ip()) };
    api.authenticator().authenticate_event(&presented, operation).await
}

/// What cannot be a header cannot be a credential either, and is left out.
fn header_map(credentials: &BTreeMap<String, String>) -> HeaderMap {
    let header = |(name, value): (&String, &String)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
    };
    credentials.iter().filter_map(header).collect()
}
