//! GraphiQL for both GraphQL surfaces: static files built from `console/`, embedded, working without a network.

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::{ConnectInfo, Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use rust_embed::RustEmbed;
use serde::Deserialize;
use template::GraphqlApi;

use super::App;

#[derive(RustEmbed)]
#[folder = "console/dist"]
struct Files;

/// Which API GraphiQL is for.
#[derive(Deserialize)]
pub(super) struct Chosen {
    /// Its id; the one at `/graphql` where it is not given.
    api: Option<String>,
}

/// `GET /graphiql` and `GET /graphiql?api=ID`: a GraphQL API, with its first API key filled in for a browser on this
/// machine.
pub(super) async fn application(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(chosen): Query<Chosen>,
    headers: HeaderMap,
) -> Response {
    let (api, endpoint) = match chosen.api {
        None => (app.apis.first(), "/graphql".to_owned()),
        Some(id) => (app.apis.get(&id), format!("/apis/{id}/graphql")),
    };
    let Some(api) = api else {
        return (StatusCode::NOT_FOUND, "there is no such GraphQL API\n").into_response();
    };
    let key = api.api_key().filter(|_| super::operate::from_this_machine(peer, &headers));
    let key = key.map(|key| serde_json::json!({ "x-api-key": key }).to_string()).unwrap_or_default();
    Html(page("appsync", &endpoint, &key, example_query(api.description()))).into_response()
}

/// The shipped application's first steps, or nothing in particular.
fn example_query(api: &GraphqlApi) -> &'static str {
    let has = |field: &str| api.resolvers.iter().any(|resolver| resolver.field_name == field);
    if has("placeOrder") && has("onOrderStatus") {
        return include_str!("example.graphql");
    }
    "{\n  __typename\n}\n"
}

/// `GET /operate`: the operator's API.
pub(super) async fn operator() -> Html<String> {
    Html(page("operate", "/operate/graphql", "", OPERATOR_QUERY))
}

const OPERATOR_QUERY: &str = "{\n  executions(first: 20) {\n    nodes { name stateMachine status startDate }\n  }\n}\n";

/// `GET /console/{file}`: a script or style sheet, stored gzipped.
pub(super) async fn file(Path(name): Path<String>) -> Response {
    let Some(file) = Files::get(&format!("{name}.gz")) else {
        return (StatusCode::NOT_FOUND, "no such file").into_response();
    };
    let kind = if name.ends_with(".css") { "text/css; charset=utf-8" } else { "text/javascript; charset=utf-8" };
    let headers =
        [(header::CONTENT_TYPE, kind), (header::CONTENT_ENCODING, "gzip"), (header::CACHE_CONTROL, "no-cache")];
    (headers, Body::from(file.data)).into_response()
}

fn page(surface: &str, endpoint: &str, headers: &str, query: &str) -> String {
    let (endpoint, headers, query) = (escape(endpoint), escape(headers), escape(query));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>stepwell: {surface}</title>\n<link rel=\"icon\" href=\"data:,\">\n\
         <link rel=\"stylesheet\" href=\"/console/graphiql.css\">\n\
         <style>html, body, #graphiql {{ height: 100%; margin: 0 }}</style>\n\
         <div id=\"graphiql\" data-surface=\"{surface}\" data-endpoint=\"{endpoint}\" data-headers=\"{headers}\" \
         data-query=\"{query}\"></div>\n\
         <script type=\"module\" src=\"/console/graphiql.js\"></script>\n</html>\n"
    )
}

/// Text as the value of a double-quoted HTML attribute.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_leave_their_attribute() {
        let page = page("appsync", "/graphql", "{\"a\":\"b\"}", "\"><script>");
        assert!(page.contains("data-headers=\"{&quot;a&quot;:&quot;b&quot;}\""));
        assert!(page.contains("data-query=\"&quot;>&lt;script>\""));
    }

    #[test]
    fn the_built_files_are_embedded() {
        for name in ["graphiql.js.gz", "graphiql.css.gz"] {
            assert!(Files::get(name).is_some_and(|file| file.data.starts_with(&[0x1f, 0x8b])), "{name}");
        }
    }
}
