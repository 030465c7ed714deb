//! The messages of AppSync's `graphql-ws` dialect, both ways.
//!
//! "Real-time WebSocket operation", AppSync developer guide. `payload.data` of `start` is a *text* of JSON.

use axum::extract::ws::Utf8Bytes;
use serde_json::{Value, json};

use crate::http::realtime::{
    connection::CONNECTION_TIMEOUT_MILLIS,
    dialect::{self, Refusal},
    handshake::{self, Headers},
};

/// A message of a client beside `connection_init`.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::http::realtime) enum Incoming {
    Start { id: String, data: String, authorization: Headers },
    Stop { id: String },
}

/// Reads a text frame; nothing for `connection_init`.
pub(super) fn read(text: &str) -> Result<Option<Incoming>, Refusal> {
    let (message, id) = dialect::parse(text)?;
    let bad = |id: &Option<String>, text: &str| Refusal::new(id.clone(), "BadRequestException", text);
    match message["type"].as_str() {
        Some("connection_init") => Ok(None),
        Some("start") => {
            let Some(id) = id else { return Err(bad(&None, "a start message needs an id")) };
            let data = message["payload"]["data"].as_str();
            let Some(data) = data else { return Err(bad(&Some(id), "payload.data must be a text of JSON")) };
            let authorization = handshake::object(&message["payload"]["extensions"]["authorization"])
                .map_err(|_| bad(&Some(id.clone()), "payload.extensions.authorization must be an object of texts"))?;
            Ok(Some(Incoming::Start { id, data: data.to_owned(), authorization }))
        }
        Some("stop") => match id {
            Some(id) => Ok(Some(Incoming::Stop { id })),
            None => Err(bad(&None, "a stop message needs an id")),
        },
        // The text is recorded on AWS.
        _ => Err(Refusal::new(id, "UnsupportedOperation", "unknown not supported through the realtime channel")),
    }
}

pub(super) fn connection_ack() -> Utf8Bytes {
    text(&json!({ "type": "connection_ack", "payload": { "connectionTimeoutMs": CONNECTION_TIMEOUT_MILLIS } }))
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
        let start = Incoming::Start { id: "1".into(), data: r#"{"query":"q"}"#.into(), authorization };
        assert_eq!(read(text), Ok(Some(start)));
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
            assert_eq!((refusal.id.as_deref(), refusal.error.message.as_str()), (id, message), "{text}");
        }
    }

    #[test]
    fn deep_json_is_refused_without_recursion() {
        assert_eq!(read(&"[".repeat(1_000_000)).expect_err("too deep").error.message, "Invalid JSON");
    }

    #[test]
    fn the_id_of_data_is_escaped() {
        assert_eq!(data("a\"b", r#"{"data":{}}"#).as_str(), r#"{"id":"a\"b","type":"data","payload":{"data":{}}}"#);
    }
}
