//! The wire API of every service: one port, dispatched on `x-amz-target` (AWS JSON protocol 1.0 and 1.1).
//!
//! <https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html>

use std::net::SocketAddr;

use aws_protocol::{Caller, ServiceError, sigv4};
use axum::{
    body::Bytes,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

use super::{App, signer::Signed};

/// A service on the wire: the prefix of its targets, its signing name and the namespace of its exceptions.
struct Target {
    prefix: &'static str,
    service: &'static str,
    namespace: &'static str,
}

const TARGETS: [Target; 5] = [
    Target { prefix: "AWSStepFunctions", service: "states", namespace: "" },
    Target { prefix: "DynamoDB_20120810", service: "dynamodb", namespace: "com.amazonaws.dynamodb.v20120810#" },
    Target { prefix: "AWSCognitoIdentityProviderService", service: "cognito-idp", namespace: "" },
    Target { prefix: "AWSCognitoIdentityService", service: "cognito-identity", namespace: "" },
    Target { prefix: "AWSEvents", service: "events", namespace: "" },
];

/// `POST /` with `x-amz-target: Prefix.Operation`.
pub(super) async fn post(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (prefix, operation) = target.split_once('.').unwrap_or((target, ""));
    let Some(target) = TARGETS.iter().find(|known| known.prefix == prefix) else {
        let known: Vec<_> = TARGETS.iter().map(|target| target.prefix).collect();
        let message = format!("no service has the x-amz-target '{target}'; known prefixes: {}", known.join(", "));
        return render(&headers, "", Err(ServiceError::new("UnknownOperationException", message)));
    };
    let signed = Signed { method: "POST", peer, uri: &uri, headers: &headers, body: &body };
    let result = match caller(&app, target, operation, &signed) {
        Ok(caller) => call(&app, target, operation, &body, &caller).await,
        Err(error) => Err(error),
    };
    render(&headers, target.namespace, result)
}

async fn call(
    app: &App,
    target: &Target,
    operation: &str,
    body: &[u8],
    caller: &Caller,
) -> Result<Value, ServiceError> {
    let input = if body.is_empty() { Value::Object(Map::new()) } else { parse(body)? };
    app.services.call(target.service, operation, input, caller).await
}

fn parse(body: &[u8]) -> Result<Value, ServiceError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(input)) => Ok(Value::Object(input)),
        Ok(_) => Err(ServiceError::new("SerializationException", "the request's body must be a JSON object")),
        Err(error) => Err(ServiceError::new("SerializationException", format!("the request's body: {error}"))),
    }
}

/// Who signed the request; operations that AWS serves without a signature may come from anybody.
fn caller(app: &App, target: &Target, operation: &str, signed: &Signed<'_>) -> Result<Caller, ServiceError> {
    let public = match target.service {
        "cognito-idp" => !cognito::requires_signature(operation),
        // `GetId` and `GetCredentialsForIdentity` are how clients come by something to sign with.
        "cognito-identity" => true,
        _ => false,
    };
    if public && !sigv4::is_signed(&signed.request()) {
        return Ok(Caller { source_ip: Some(signed.peer.ip().to_string()), ..Caller::anonymous() });
    }
    signed.caller(app, target.service)
}

fn render(headers: &HeaderMap, namespace: &str, result: Result<Value, ServiceError>) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).cloned();
    let kind = kind.unwrap_or_else(|| header::HeaderValue::from_static("application/x-amz-json-1.0"));
    match result {
        Ok(output) => ([(header::CONTENT_TYPE, kind)], output.to_string()).into_response(),
        Err(error) => exception(kind, namespace, error),
    }
}

/// `{"__type", "message", ...}`, the one place where a [`ServiceError`] becomes an HTTP response.
pub(super) fn exception(kind: header::HeaderValue, namespace: &str, error: ServiceError) -> Response {
    if let Some(cause) = &error.internal {
        tracing::error!(%cause, code = %error.code, "a service failed");
    }
    let mut body = Map::new();
    body.insert("__type".to_owned(), format!("{namespace}{}", error.code).into());
    // DynamoDB spells this member of this one exception with a capital letter.
    let message = if error.code == "TransactionCanceledException" { "Message" } else { "message" };
    body.insert(message.to_owned(), error.message.into());
    body.extend(error.members);
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, [(header::CONTENT_TYPE, kind)], Value::Object(body).to_string()).into_response();
    if let Ok(code) = header::HeaderValue::from_str(&error.code) {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    response
}
