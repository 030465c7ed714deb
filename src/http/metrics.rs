//! `/metrics`, and the measure of every request for it.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{App, operate};
use crate::wiring::registry::Deployed as _;

/// What Prometheus takes (OpenMetrics 1.0).
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `GET /metrics`: guarded as the operator's API is.
pub(super) async fn get(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = operate::admit(&app, peer, &headers) {
        return refused;
    }
    let apis = app.apis.all();
    let subscriptions = apis.iter().map(|api| (api.description().id.clone(), api.api().subscriptions()));
    let event_apis = app.event_apis.all();
    let of_events = event_apis.iter().map(|api| (api.id().to_owned(), api.api().subscriptions()));
    let subscriptions = subscriptions.chain(of_events);
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], app.metrics.text(subscriptions)).into_response()
}

/// Measures a request of any route.
pub(super) async fn measure(State(app): State<App>, request: Request, next: Next) -> Response {
    let began = app.clock.monotonic_micros();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let took = app.clock.monotonic_micros().saturating_sub(began);
    let route = route.as_ref().map_or("", MatchedPath::as_str);
    app.metrics.http(known(&method), route, response.status().as_u16(), took);
    response
}

/// Clients may invent methods; those are one (OpenTelemetry, "HTTP metrics").
fn known(method: &Method) -> &str {
    match *method {
        Method::GET | Method::POST | Method::PUT | Method::DELETE | Method::PATCH | Method::HEAD | Method::OPTIONS => {
            method.as_str()
        }
        _ => "_OTHER",
    }
}
