//! Which API a request is for: by its path, by its host, or the one at `/graphql` or `/event`.

use std::sync::Arc;

use axum::http::{HeaderMap, Uri, header};

use super::App;
use crate::wiring::{
    apis::RunningApi,
    event_apis::RunningEventApi,
    registry::{Deployed, Registry},
};

/// Where a client finds an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// The API's id.
    pub(super) api_id: String,
    /// The path for requests over HTTP, which real-time messages are signed for whatever path they came over.
    pub(super) path: String,
    /// The custom domain, where it came over one.
    pub(super) domain_name: Option<String>,
}

/// The GraphQL API of a request.
///
/// # Errors
/// What a client is told where there is no such API.
pub(super) fn api(app: &App, uri: &Uri, headers: &HeaderMap) -> Result<Arc<RunningApi>, appsync::Response> {
    find(app, &app.apis, "GraphQL API", uri, headers)
}

/// The Event API of a request.
///
/// # Errors
/// As [`api`].
pub(super) fn event_api(app: &App, uri: &Uri, headers: &HeaderMap) -> Result<Arc<RunningEventApi>, appsync::Response> {
    find(app, &app.event_apis, "Event API", uri, headers)
}

fn find<A: Deployed>(
    app: &App,
    apis: &Registry<A>,
    kind: &str,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Arc<A>, appsync::Response> {
    let id = id(uri, headers).map(str::to_owned).or_else(|| app.domains.api_id(host(headers)?));
    let found = match &id {
        Some(id) => apis.get(id),
        None => apis.first(),
    };
    // AWS differs: an API that is not there has no host either [K].
    found.ok_or_else(|| match id {
        Some(id) => appsync::Response::refused(404, "NotFoundException", &format!("{kind} {id} not found.")),
        None => appsync::Response::refused(404, "NotFoundException", &format!("the template has no {kind}")),
    })
}

/// The endpoint of a real-time connection to the API with this id.
pub(super) fn endpoint(app: &App, api_id: &str, uri: &Uri, headers: &HeaderMap) -> Endpoint {
    let path = uri.path().strip_suffix("/realtime").unwrap_or(uri.path());
    let domain_name = domain_name(app, uri, headers);
    Endpoint { api_id: api_id.to_owned(), path: path.to_owned(), domain_name }
}

/// The id that a request names; none asks for the first API.
fn id<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    if let Some(rest) = uri.path().strip_prefix("/apis/") {
        return rest.split('/').next();
    }
    of_host(host(headers)?)
}

/// The custom domain name that a request came to, if it did.
pub(super) fn domain_name(app: &App, uri: &Uri, headers: &HeaderMap) -> Option<String> {
    if id(uri, headers).is_some() {
        return None;
    }
    let host = host(headers)?;
    app.domains.api_id(host).map(|_| host.rsplit_once(':').map_or(host, |(name, _)| name).to_owned())
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok()
}

/// The first label of `ID.appsync-api.REGION.amazonaws.com` and of `ID.appsync-realtime-api.REGION.amazonaws.com`.
fn of_host(host: &str) -> Option<&str> {
    let (id, rest) = host.split_once('.')?;
    (rest.starts_with("appsync-api.") || rest.starts_with("appsync-realtime-api.")).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apis_are_named_by_path_or_host() {
        let cases = [
            ("/apis/abc/graphql", "localhost:4000", Some("abc")),
            ("/apis/abc/graphql/realtime", "xyz.appsync-api.us-east-1.amazonaws.com", Some("abc")),
            ("/graphql", "xyz.appsync-api.us-east-1.amazonaws.com", Some("xyz")),
            ("/graphql", "xyz.appsync-realtime-api.localhost:4000", Some("xyz")),
            ("/apis/abc/event", "localhost:4000", Some("abc")),
            ("/event", "xyz.appsync-api.us-east-1.amazonaws.com", Some("xyz")),
            ("/event/realtime", "xyz.appsync-realtime-api.us-east-1.amazonaws.com", Some("xyz")),
            ("/graphql", "api.example.com", None),
            ("/graphql", "127.0.0.1:4000", None),
        ];
        for (path, host, expected) in cases {
            let headers = HeaderMap::from_iter([(header::HOST, host.parse().expect("a value"))]);
            assert_eq!(id(&path.parse().expect("a path"), &headers), expected, "{path} of {host}");
        }
    }
}
