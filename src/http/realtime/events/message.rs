//! The messages of `aws-appsync-event-ws`, both ways.
//!
//! "Understanding the Event API WebSocket protocol", Events guide.

use axum::extract::ws::Utf8Bytes;
use event_api::Outcome;
use serde_json::{Value, json};

use crate::http::realtime::{
    connection::CONNECTION_TIMEOUT_MILLIS,
    dialect::{self, ErrorEntry, Refusal},
    handshake::{self, Headers},
};

/// A message of a client beside `connection_init`.
#[derive(Debug, PartialEq)]
pub(in crate::http::realtime) enum Incoming {
    Subscribe {
        id: String,
        channel: String,
        authorization: Headers,
    },
    /// `body` is the whole message.
    Publish {
        id: String,
        body: Value,
        authorization: Headers,
    },
    Unsubscribe {
        id: String,
    },
}

/// Reads a text frame; nothing for `connection_init`.
pub(super) fn read(text: &str) -> Result<Option<Incoming>, Refusal> {
    let (message, id) = dialect::parse(text)?;
    let kind = message["type"].as_str().unwrap_or_default();
    if kind == "connection_init" {
        return Ok(None);
    }
    if !matches!(kind, "subscribe" | "publish" | "unsubscribe") {
        // AWS differs: the text is that of GraphQL APIs, which is recorded.
        let text = "unknown not supported through the realtime channel";
        return Err(Refusal::new(id, "UnsupportedOperation", text));
    }
    let Some(id) = id else {
        return Err(Refusal::new(None, "BadRequestException", "a message needs an id"));
    };
    if kind == "unsubscribe" {
        return Ok(Some(Incoming::Unsubscribe { id }));
    }
    let authorization = match &message["authorization"] {
        Value::Null => Headers::new(),
        object => handshake::object(object).map_err(|_| {
            Refusal::new(Some(id.clone()), "BadRequestException", "authorization must be an object of texts")
        })?,
    };
    if kind == "publish" {
        return Ok(Some(Incoming::Publish { id, body: message, authorization }));
    }
    let channel = message["channel"].as_str().unwrap_or_default().to_owned();
    Ok(Some(Incoming::Subscribe { id, channel, authorization }))
}

/// What a message is signed as: its channel and events, as `JSON.stringify` writes them.
pub(super) fn signed(channel: &Value, events: Option<&Value>) -> String {
    match events {
        Some(events) => format!(r#"{{"channel":{channel},"events":{events}}}"#),
        None => format!(r#"{{"channel":{channel}}}"#),
    }
}

pub(super) fn connection_ack() -> Utf8Bytes {
    text(&json!({ "type": "connection_ack", "connectionTimeoutMs": CONNECTION_TIMEOUT_MILLIS }))
}

/// The connection is refused as a whole; Amplify does not dial again for code 400.
pub(super) fn connection_error(error: &ErrorEntry) -> Utf8Bytes {
    let mut entry = error.to_json();
    entry["errorCode"] = 400.into();
    text(&json!({ "type": "connection_error", "errors": [entry] }))
}

/// `subscribe_success`, `unsubscribe_success`.
pub(super) fn done(kind: &str, id: &str) -> Utf8Bytes {
    text(&json!({ "type": kind, "id": id }))
}

pub(super) fn publish_success(id: &str, outcome: &Outcome) -> Utf8Bytes {
    let Outcome { successful, failed, .. } = outcome;
    text(&json!({ "type": "publish_success", "id": id, "successful": successful, "failed": failed }))
}

/// `subscribe_error`, `publish_error`, `unsubscribe_error`, `broadcast_error`, and `error` for everything else.
pub(super) fn error(kind: &str, id: Option<&str>, errors: &[Value]) -> Utf8Bytes {
    let mut message = json!({ "type": kind, "errors": errors });
    if let Some(id) = id {
        message["id"] = id.into();
    }
    text(&message)
}

/// `event` is a JSON string with a text of JSON in it, written once for everybody.
pub(super) fn data(id: &str, event: &str) -> Utf8Bytes {
    let id = Value::from(id);
    format!(r#"{{"type":"data","id":{id},"event":{event}}}"#).into()
}

fn text(message: &Value) -> Utf8Bytes {
    message.to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_carry_their_own_credentials() {
        let text = r#"{"type":"subscribe","id":"1","channel":"/a/*","authorization":{"X-Api-Key":"k"},"payload":{}}"#;
        let authorization = Headers::from([("x-api-key".into(), "k".into())]);
        let subscribe = Incoming::Subscribe { id: "1".into(), channel: "/a/*".into(), authorization };
        assert_eq!(read(text), Ok(Some(subscribe)));
        assert_eq!(read(r#"{"type":"connection_init"}"#), Ok(None));
        let unsubscribe = Incoming::Unsubscribe { id: "1".into() };
        assert_eq!(read(r#"{"type":"unsubscribe","id":"1"}"#), Ok(Some(unsubscribe)));
    }

    #[test]
    fn messages_that_cannot_be_followed_say_why() {
        let deep = "[".repeat(1_000_000);
        let cases = [
            ("{", None, "Invalid JSON"),
            (&*deep, None, "Invalid JSON"),
            (r#"{"type":"start","id":"7"}"#, Some("7"), "unknown not supported through the realtime channel"),
            (r#"{"type":"publish"}"#, None, "a message needs an id"),
            (
                r#"{"type":"publish","id":"7","authorization":[]}"#,
                Some("7"),
                "authorization must be an object of texts",
            ),
        ];
        for (text, id, message) in cases {
            let refusal = read(text).expect_err(text);
            assert_eq!((refusal.id.as_deref(), refusal.error.message.as_str()), (id, message), "{text:.100}");
        }
    }

    #[test]
    fn what_is_signed_is_channel_and_events_alone() {
        let events = json!(["{\"a\":\"ä\\n\"}"]);
        assert_eq!(signed(&json!("/a"), None), r#"{"channel":"/a"}"#);
        assert_eq!(signed(&json!("/a"), Some(&events)), r#"{"channel":"/a","events":["{\"a\":\"ä\\n\"}"]}"#);
    }

    #[test]
    fn the_id_of_data_is_escaped() {
        assert_eq!(data("a\"b", r#""{}""#).as_str(), r#"{"type":"data","id":"a\"b","event":"{}"}"#);
    }
}
