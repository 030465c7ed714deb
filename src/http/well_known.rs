//! Discovery documents and key sets of user pools (OpenID Connect Discovery 1.0, RFC 7517).

use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::App;

/// `GET /{pool}/.well-known/jwks.json`
pub(super) async fn jwks(State(app): State<App>, Path(pool): Path<String>) -> Response {
    render(app.user_pools.jwks(&pool).await)
}

/// `GET /{pool}/.well-known/openid-configuration`
pub(super) async fn openid_configuration(State(app): State<App>, Path(pool): Path<String>) -> Response {
    render(app.user_pools.openid_configuration(&pool))
}

fn render(document: Result<Value, cognito::Error>) -> Response {
    match document {
        Ok(document) => ([(header::CONTENT_TYPE, "application/json")], document.to_string()).into_response(),
        Err(error) => (StatusCode::NOT_FOUND, error.to_string()).into_response(),
    }
}
