//! `/graphql` and `/apis/{id}/graphql`: queries and mutations over HTTP.

use std::net::SocketAddr;

use appsync::{Body, HttpTarget};
use axum::{
    body::{Body as HttpBody, Bytes},
    extract::{ConnectInfo, RawQuery, State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri},
    response::Response,
};
use serde_json::{Map, Value};

use super::{App, addressed, identity, rate_limit, realtime};

/// `POST .../graphql`: a JSON body, whatever its content type says.
pub(super) async fn post(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let read = || appsync::parse_body(&body);
    respond(answer(&app, peer, target("POST", &uri), &uri, &headers, &body, read).await)
}

/// `GET .../graphql?query=...&variables=...&operationName=...`; a WebSocket at the host of AWS's real-time endpoint, whose
/// path is the same.
pub(super) async fn get(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if let Ok(upgrade) = upgrade {
        return realtime::accept(app, peer, &uri, &headers, upgrade);
    }
    let read = || from_query(query.as_deref().unwrap_or_default());
    respond(answer(&app, peer, target("GET", &uri), &uri, &headers, &[], read).await)
}

async fn answer(
    app: &App,
    peer: SocketAddr,
    target: HttpTarget,
    uri: &Uri,
    headers: &HeaderMap,
    payload: &[u8],
    read: impl FnOnce() -> Result<Body, appsync::Response>,
) -> appsync::Response {
    let api = match addressed::api(app, uri, headers) {
        Ok(api) => api,
        Err(refused) => return refused,
    };
    if !rate_limit::admits(app, headers, peer) {
        let (error_type, message) = rate_limit::REFUSED;
        return api.api().refuse(target, &texts(headers), appsync::Response::refused(403, error_type, message));
    }
    // Credentials before content: whoever is not let in learns nothing about the request.
    let identity = match identity::for_request(&api, target.method, uri, headers, payload, peer).await {
        Ok(identity) => identity,
        Err(error) => {
            let refused = appsync::Response::refused(error.status(), error.error_type(), &error.message());
            return api.api().refuse(target, &texts(headers), refused);
        }
    };
    if !api.has_schema() {
        return appsync::Response::refused(502, "GraphQLSchemaException", "No schema definition exists.");
    }
    let body = match read() {
        Ok(body) => body,
        Err(refused) => return api.api().refuse(target, &texts(headers), refused),
    };
    let domain_name = addressed::domain_name(app, uri, headers);
    let request = appsync::Request { body, headers: texts(headers), domain_name, identity };
    api.api().execute_over(target, &request).await
}

/// How traces tell the request: its route is one of the two of the router.
fn target(method: &'static str, uri: &Uri) -> HttpTarget {
    let path = uri.path();
    let route = if path.starts_with("/apis/") { "/apis/{id}/graphql" } else { "/graphql" };
    HttpTarget { method, path: path.to_owned(), route }
}

pub(super) fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect()
}

/// The request as a query string carries it.
fn from_query(query: &str) -> Result<Body, appsync::Response> {
    let mut body = Map::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if matches!(&*name, "query" | "variables" | "operationName") {
            body.insert(name.into_owned(), Value::from(value.into_owned()));
        }
    }
    let text = if body.is_empty() { String::new() } else { Value::Object(body).to_string() };
    appsync::parse_body(text.as_bytes())
}

/// Writes the answer.
pub(super) fn respond(answer: appsync::Response) -> Response {
    let mut response = Response::new(HttpBody::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_string_carries_a_request() {
        let body = from_query("query=%7Bping%7D&variables=%7B%22a%22%3A1%7D&operationName=&x=y").expect("a request");
        assert_eq!(&*body.query, "{ping}");
        assert_eq!(body.variables["a"], 1);
        assert_eq!(body.operation_name, None);
    }

    #[test]
    fn traces_get_path_and_route() {
        for (uri, path, route) in [
            ("/graphql?query=%7Bping%7D", "/graphql", "/graphql"),
            ("/apis/abc/graphql", "/apis/abc/graphql", "/apis/{id}/graphql"),
        ] {
            let target = target("GET", &Uri::from_static(uri));
            assert_eq!(target, HttpTarget { method: "GET", path: path.to_owned(), route });
        }
    }

    #[test]
    fn an_empty_query_string_is_an_empty_body() {
        assert_eq!(from_query("").expect_err("nothing").status, 400);
    }
}
