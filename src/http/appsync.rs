//! AppSync's management API on the wire (AWS REST JSON protocol): path, query and body are one request.
//!
//! <https://docs.aws.amazon.com/appsync/latest/APIReference/Welcome.html>

use std::net::SocketAddr;

use aws_protocol::ServiceError;
use axum::{
    body::Bytes,
    extract::{ConnectInfo, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use management::routes;
use serde_json::{Map, Value};

use super::{App, signer::Signed};

/// The one operation whose answer is a member of its own: the schema, as it is.
const WHOLE_BODY: (&str, &str) = ("GetIntrospectionSchema", "schema");

/// Any method on `/v1/...` and `/v2/...`.
pub(super) async fn call(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some((operation, members)) = routes::find(method.as_str(), uri.path(), uri.query().unwrap_or_default()) else {
        let message = format!("AppSync has no operation at {method} {}", uri.path());
        return refused(ServiceError::new("UnknownOperationException", message).with_status(404));
    };
    let signed = Signed { method: method.as_str(), peer, uri: &uri, headers: &headers, body: &body };
    let resource = routes::resource(method.as_str(), uri.path(), &app.partition);
    let caller = signed.allowed(&app, "appsync", operation, &resource);
    let answer = match (caller, input(members, &body)) {
        (Ok(caller), Ok(input)) => app.services.call("appsync", operation, input, &caller).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    match answer {
        Ok(answer) => answered(operation, &answer),
        Err(error) => refused(error),
    }
}

/// The body with the members that the path and the query give.
fn input(members: Map<String, Value>, body: &[u8]) -> Result<Value, ServiceError> {
    let mut input = match serde_json::from_slice(body) {
        _ if body.is_empty() => Map::new(),
        Ok(Value::Object(input)) => input,
        Ok(_) => return Err(ServiceError::new("BadRequestException", "The request's body must be a JSON object.")),
        Err(error) => return Err(ServiceError::new("BadRequestException", format!("The request's body: {error}"))),
    };
    input.extend(members);
    Ok(Value::Object(input))
}

fn answered(operation: &str, answer: &Value) -> Response {
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    if operation == WHOLE_BODY.0 {
        return (json, answer[WHOLE_BODY.1].as_str().unwrap_or_default().to_owned()).into_response();
    }
    (json, answer.to_string()).into_response()
}

/// `{"message", ...}` with the exception's name in a header.
fn refused(error: ServiceError) -> Response {
    if let Some(cause) = &error.internal {
        tracing::error!(%cause, code = %error.code, "a service failed");
    }
    let mut body = Map::new();
    body.insert("message".to_owned(), error.message.into());
    body.extend(error.members);
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    let mut response = (status, json, Value::Object(body).to_string()).into_response();
    if let Ok(code) = HeaderValue::from_str(&error.code) {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    response
}
