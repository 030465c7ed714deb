//! `/event` and `/apis/{id}/event`: publishing to an Event API over HTTP.
//!
//! "Publish events via HTTP", Events guide.

use std::net::SocketAddr;

use axum::{
    body::Bytes,
    extract::{ConnectInfo, State},
    http::{HeaderMap, HeaderValue, Uri},
    response::{IntoResponse, Response},
};
use event_api::{Error, Outcome, Publish, Request};
use serde_json::Value;

use super::{App, addressed, graphql, identity, rate_limit};
use crate::wiring::{event_apis::RunningEventApi, registry::Deployed as _};

/// `POST .../event`: a JSON body, whatever its content type says.
pub(super) async fn post(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut response = match answer(&app, peer, &uri, &headers, &body).await {
        Ok(outcome) => axum::Json(outcome).into_response(),
        Err(refused) => graphql::respond(refused),
    };
    if let Ok(id) = HeaderValue::try_from(app.clock.uuid()) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}

async fn answer(
    app: &App,
    peer: SocketAddr,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Outcome, appsync::Response> {
    let api = addressed::event_api(app, uri, headers)?;
    if !rate_limit::admits(app, headers, peer) {
        let (error_type, message) = rate_limit::REFUSED;
        return Err(appsync::Response::refused(403, error_type, message));
    }
    let body_read: Value = serde_json::from_slice(body).unwrap_or_default();
    let publish = Publish::read(&body_read);
    // A Lambda authorizer is told the channel; apart from that, whoever is not let in learns nothing about the request.
    let channel = match &publish {
        Ok(publish) => publish.channel().path(),
        Err(_) => body_read["channel"].as_str().unwrap_or_default().to_owned(),
    };
    let identity = identity::for_publish(&api, &channel, uri, headers, body, peer)
        .await
        .map_err(|error| appsync::Response::refused(error.status(), error.error_type(), &error.message()))?;
    let domain_name = addressed::domain_name(app, uri, headers);
    let request = Request { headers: graphql::texts(headers), domain_name, identity };
    self::publish(app, &api, &request, publish.map_err(refused)?).await.map_err(refused)
}

/// Publishes, whichever way it came.
pub(super) async fn publish(
    app: &App,
    api: &RunningEventApi,
    request: &Request,
    publish: Publish,
) -> Result<Outcome, Error> {
    let namespace = publish.channel().namespace().to_owned();
    let outcome = api.api().publish(request, publish).await?;
    app.metrics.published(api.id(), &namespace, outcome.delivered);
    Ok(outcome)
}

fn refused(error: Error) -> appsync::Response {
    appsync::Response::refused(error.status(), error.error_type(), &error.to_string())
}
