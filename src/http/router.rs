//! Every route, grouped by who calls it.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, StatusCode},
    middleware::from_fn_with_state,
    response::IntoResponse,
    routing::{any, get, post},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, predicate::SizeAbove},
    cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer, ExposeHeaders},
};

use super::{App, appsync, aws_json, console, events, graphql, lambda, metrics, operate, realtime, well_known};

/// AppSync compresses answers from this size on.
const COMPRESS_FROM_BYTES: u64 = 1_000;

/// The whole server.
pub(crate) fn router(app: App) -> Router {
    let limit = DefaultBodyLimit::max(app.max_body_bytes);
    Router::new()
        .merge(clients())
        .merge(people())
        .fallback(not_found)
        .layer(from_fn_with_state(app.clone(), metrics::measure))
        .layer(limit)
        .layer(CompressionLayer::new().gzip(true).compress_when(SizeAbove::new(COMPRESS_FROM_BYTES)))
        .layer(CatchPanicLayer::new())
        .with_state(app)
}

/// Applications and SDKs, from any origin.
fn clients() -> Router<App> {
    Router::new()
        // The template's first GraphQL API, or the one that the host names
        .route("/graphql", post(graphql::post).get(graphql::get))
        .route("/graphql/realtime", get(realtime::upgrade))
        // Every GraphQL API
        .route("/apis/{id}/graphql", post(graphql::post).get(graphql::get))
        .route("/apis/{id}/graphql/realtime", get(realtime::upgrade))
        // The template's first Event API, or the one that the host names
        .route("/event", post(events::post))
        .route("/event/realtime", get(realtime::upgrade_events))
        // Every Event API
        .route("/apis/{id}/event", post(events::post))
        .route("/apis/{id}/event/realtime", get(realtime::upgrade_events))
        // Step Functions, DynamoDB, Cognito and EventBridge on the wire
        .route("/", post(aws_json::post))
        // Lambda on the wire
        .route("/2015-03-31/functions/{name}/invocations", post(lambda::invoke))
        // AppSync's management API on the wire
        .route("/v1/{*rest}", any(appsync::call))
        .route("/v2/{*rest}", any(appsync::call))
        // What verifies the tokens of a user pool
        .route("/{pool}/.well-known/jwks.json", get(well_known::jwks))
        .route("/{pool}/.well-known/openid-configuration", get(well_known::openid_configuration))
        .layer(cors())
}

/// People of this machine, and what answers them.
fn people() -> Router<App> {
    Router::new()
        .route("/graphiql", get(console::application))
        .route("/operate", get(console::operator))
        .route("/operate/graphql", post(operate::post))
        .route("/operate/graphql/ws", get(operate::socket))
        .route("/metrics", get(metrics::get))
        .route("/console/{file}", get(console::file))
}

/// Browsers may call from any page and send any header, as AWS lets them; no cookie is ever used.
fn cors() -> CorsLayer {
    let exposed = ["x-amzn-requestid", "x-amzn-errortype", "x-amzn-errormessage", "date"];
    CorsLayer::new()
        .allow_origin(AllowOrigin::any())
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(ExposeHeaders::list(exposed.map(HeaderName::from_static)))
}

async fn not_found() -> impl IntoResponse {
    (StatusCode::NOT_FOUND, "nothing is served here; the GraphQL API is at /graphql, its explorer at /graphiql\n")
}
