//! The messages of AppSync's `graphql-ws` dialect, both ways.
//!
//! "Real-time WebSocket operation", AppSync developer guide. `payload.data` of `start` is a *text* of JSON.

use axum::extract::ws::Utf8Bytes;
use serde_json::{Value, json};

use super::handshake::{self, Headers};

/// A message of a client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    ConnectionInit,
    Start { id: String, data: String, authorization: Headers },
    Stop { id: String },
}

/// A message that cannot be followed, as the error that answers it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) id: Option<String>,
    pub(super) error_type: &'static str,
    pub(super) message: String,
}

/// Subscription ids are UUIDs; anything up to this many bytes is taken.
const ID_BYTES: usize = 128;

/// Reads a text frame.
pub(super) fn read(text: &str) -> Result<Incoming, Refusal> {
    let message: Value = serde_json::from_str(text).map_err(|_| refuse(None, "BadRequestException", "Invalid JSON"))?;
    let id = message["id"].as_str().filter(|id| !id.is_empty() && id.len() <= ID_BYTES).map(str::to_owned);
    let bad = |id: &Option<String>, text: &str| refuse(id.clone(), "BadRequestException", text);
    match message["type"].as_str() {
        Some("connection_init") => Ok(Incoming::ConnectionInit),
        Some("start") => {
            let Some(id) = id else { return Err(bad(&None, "a start message needs an id")) };
            let data = message["payload"]["data"].as_str();
            let Some(data) = data else { return Err(bad(&Some(id), "payload.data must be a text of JSON")) };
            let authorization = handshake::object(&message["payload"]["extensions"]["authorization"])
                .map_err(|_| bad(&Some(id.clone()), "payload.extensions.authorization must be an object of texts"))?;
            Ok(Incoming::Start { id, data: data.to_owned(), authorization })
        }
        Some("stop") => match id {
            Some(id) => Ok(Incoming::Stop { id }),
            None => Err(bad(&None, "a stop message needs an id")),
        },
        // The text is recorded on AWS.
        _ => Err(refuse(id, "UnsupportedOperation", "unknown not supported through the realtime channel")),
    }
}

fn refuse(id: Option<String>, error_type: &'static str, message: &str) -> Refusal {
    Refusal { id, error_type, message: message.to_owned() }
}

/// How long a client may wait for a `ka` before it gives the connection up.
pub(super) const CONNECTION_TIMEOUT_MILLIS: u64 = 300_000;

pub(super) fn connection_ack() -> Utf8Bytes {
    text(&json!({ "type": "connection_ack", "payload": { "connectionTimeoutMs": CONNECTION_TIMEOUT_MILLIS } }))
}

pub(super) fn keep_alive() -> Utf8Bytes {
    Utf8Bytes::from_static(r#"{"type":"ka"}"#)
}

pub(super) fn start_ack(id: &str) -> Utf8Bytes {
    text(&json!({ "type": "start_ack", "id": id }))
}

pub(super) fn complete(id: &str) -> Utf8Bytes {
    text(&json!({ "type": "complete", "id": id }))
}

/// `payload` is ready-made JSON, built once for every subscriber with the same selection.
pub(super) fn data(id: &str, payload: &str) -> Utf8Bytes {
    let id = Value::from(id);
    format!(r#"{{"id":{id},"type":"data","payload":{payload}}}"#).into()
}

/// `errors` are entries of `payload.errors`.
pub(super) fn error(id: Option<&str>, errors: &[Value]) -> Utf8Bytes {
    let mut message = json!({ "type": "error", "payload": { "errors": errors } });
    if let Some(id) = id {
        message["id"] = id.into();
    }
    text(&message)
}

/// The connection is refused as a whole; clients do not retry codes 400, 401 and 403.
pub(super) fn connection_error(error_type: &str, message: &str, code: u16) -> Utf8Bytes {
    let error = json!({ "errorType": error_type, "message": message, "errorCode": code });
    text(&json!({ "type": "connection_error", "payload": { "errors": [error] } }))
}

fn text(message: &Value) -> Utf8Bytes {
    message.to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_carries_a_text_and_its_own_credentials() {
        let text = r#"{"id":"1","type":"start","payload":{"data":"{\"query\":\"q\"}",
            "extensions":{"authorization":{"X-Api-Key":"k"}}}}"#;
        let authorization = Headers::from([("x-api-key".into(), "k".into())]);
        assert_eq!(read(text), Ok(Incoming::Start { id: "1".into(), data: r#"{"query":"q"}"#.into(), authorization }));
    }

    #[test]
    fn messages_that_cannot_be_followed_say_why() {
        let cases = [
            ("{", None, "Invalid JSON"),
            (r#"{"type":"subscribe","id":"7"}"#, Some("7"), "unknown not supported through the realtime channel"),
            (r#"{"type":"start"}"#, None, "a start message needs an id"),
            (r#"{"type":"start","id":"7","payload":{"data":{}}}"#, Some("7"), "payload.data must be a text of JSON"),
            (r#"{"type":"stop"}"#, None, "a stop message needs an id"),
        ];
        for (text, id, message) in cases {
            let refusal = read(text).expect_err(text);
            assert_eq!((refusal.id.as_deref(), refusal.message.as_str()), (id, message), "{text}");
        }
    }

    #[test]
    fn deep_json_is_refused_without_recursion() {
        assert_eq!(read(&"[".repeat(1_000_000)).expect_err("too deep").message, "Invalid JSON");
    }

    #[test]
    fn the_id_of_data_is_escaped() {
        assert_eq!(data("a\"b", r#"{"data":{}}"#).as_str(), r#"{"id":"a\"b","type":"data","payload":{"data":{}}}"#);
    }
}
