//! Lambda's Invoke on the wire (AWS REST JSON protocol): the payload is the body, everything else is a header.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>

use std::{collections::HashMap, net::SocketAddr};

use aws_protocol::ServiceError;
use axum::{
    body::Bytes,
    extract::{ConnectInfo, Path, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{App, aws_json, signer::Signed};

/// `POST /2015-03-31/functions/{name}/invocations`.
pub(super) async fn invoke(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(name): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let signed = Signed { method: "POST", peer, uri: &uri, headers: &headers, body: &body };
    let answer = match (signed.caller(&app, "lambda"), input(&name, &query, &headers, &body)) {
        (Ok(caller), Ok(input)) => app.services.call("lambda", "Invoke", input, &caller).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    match answer {
        Ok(answer) => rendered(&answer),
        Err(error) => aws_json::exception(HeaderValue::from_static("application/json"), "", error),
    }
}

fn input(name: &str, query: &HashMap<String, String>, headers: &HeaderMap, body: &[u8]) -> Result<Value, ServiceError> {
    let payload = std::str::from_utf8(body).map_err(|error| {
        ServiceError::new("InvalidRequestContentException", format!("Could not parse request body into json: {error}"))
    })?;
    let mut input = Map::new();
    input.insert("FunctionName".to_owned(), name.into());
    input.insert("PayloadText".to_owned(), if payload.is_empty() { "{}" } else { payload }.into());
    let members = [
        ("InvocationType", "x-amz-invocation-type"),
        ("LogType", "x-amz-log-type"),
        ("ClientContext", "x-amz-client-context"),
    ];
    for (member, header) in members {
        if let Some(value) = headers.get(header).and_then(|value| value.to_str().ok()) {
            input.insert(member.to_owned(), value.into());
        }
    }
    if let Some(qualifier) = query.get("Qualifier") {
        input.insert("Qualifier".to_owned(), json!(qualifier));
    }
    Ok(Value::Object(input))
}

fn rendered(answer: &Value) -> Response {
    let text = |member: &str| answer[member].as_str().unwrap_or_default().to_owned();
    let status =
        answer["StatusCode"].as_u64().and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok());
    let mut response = (status.unwrap_or(StatusCode::OK), text("PayloadText")).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let named = [
        ("x-amzn-requestid", "RequestId"),
        ("x-amz-executed-version", "ExecutedVersion"),
        ("x-amz-function-error", "FunctionError"),
        ("x-amz-log-result", "LogResult"),
    ];
    for (name, member) in named {
        if let Ok(value) = HeaderValue::from_str(&text(member))
            && !value.is_empty()
        {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}
