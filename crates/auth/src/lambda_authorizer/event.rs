//! What the function receives.

use std::borrow::Cow;

use http::HeaderMap;
use serde_json::{Map, Value, json};

use super::LambdaConfig;
use crate::{EventOperation, Presented};

/// The largest body that is read, bytes: AppSync refuses larger requests anyway.
const BODY_BYTES: usize = 1_000_000;

/// The event: the token, the request's GraphQL parts and its headers.
pub(super) fn event(config: &LambdaConfig, token: &str, presented: &Presented<'_>, request_id: String) -> Value {
    let (query, operation_name, variables) = operation(presented);
    json!({
        "authorizationToken": token,
        "requestContext": {
            "apiId": config.api_id,
            "accountId": config.account,
            "requestId": request_id,
            "queryString": query,
            "operationName": operation_name,
            "variables": variables,
        },
        "requestHeaders": headers(presented.headers),
    })
}

/// The same for an operation on an Event API ("Configuring authorization and authentication to secure Event APIs", Events
/// guide) [M].
pub(super) fn of_event_api(
    config: &LambdaConfig,
    token: &str,
    presented: &Presented<'_>,
    operation: EventOperation<'_>,
    request_id: String,
) -> Value {
    let mut event = json!({
        "authorizationToken": token,
        "requestContext": {
            "apiId": config.api_id,
            "accountId": config.account,
            "requestId": request_id,
            "operation": operation.name(),
        },
        "requestHeaders": headers(presented.headers),
    });
    if let Some(channel) = operation.channel() {
        let namespace = channel.trim_start_matches('/').split('/').next();
        event["requestContext"]["channelNamespaceName"] = namespace.into();
        event["requestContext"]["channel"] = channel.into();
    }
    event
}

/// Query, operation name and variables. What cannot be read is left empty: the request is refused later, but only to
/// somebody who is authorized.
fn operation(presented: &Presented<'_>) -> (String, Option<String>, Value) {
    if presented.connects() {
        return (String::new(), Some("DeepDish:Connect".to_owned()), json!({}));
    }
    let mut body = match presented.method {
        "GET" => parameters(presented.query),
        _ => object(presented.payload),
    };
    let mut text = |name: &str| match body.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let (query, operation_name) = (text("query").unwrap_or_default(), text("operationName"));
    let variables = match body.remove("variables") {
        Some(Value::Object(variables)) => variables,
        Some(Value::String(text)) => object(text.as_bytes()),
        _ => Map::new(),
    };
    (query, operation_name.filter(|name| !name.is_empty()), Value::Object(variables))
}

fn object(text: &[u8]) -> Map<String, Value> {
    if text.len() > BODY_BYTES {
        return Map::new();
    }
    serde_json::from_slice(text).unwrap_or_default()
}

fn parameters(query: &str) -> Map<String, Value> {
    let text = |text: Cow<'_, str>| text.into_owned();
    url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (text(name), text(value).into())).collect()
}

/// Every header; the values of a repeated one in one text, as HTTP joins them.
fn headers(headers: &HeaderMap) -> Map<String, Value> {
    let values = |name| {
        let values: Vec<_> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        Value::from(values.join(", "))
    };
    headers.keys().map(|name| (name.as_str().to_owned(), values(name))).collect()
}
