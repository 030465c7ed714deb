//! What a publisher sends: `{"channel": "/news/sport", "events": ["<text of JSON>", ...]}`.
//!
//! "Publish events via HTTP" and "Publish events via WebSocket", Events guide.

use serde::de::IgnoredAny;
use serde_json::Value;

use crate::{Channel, Error, limits};

/// A request to publish, with everything that is in it checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Publish {
    /// Where to.
    pub(crate) channel: Channel,
    /// Texts of JSON, one at least.
    pub(crate) events: Vec<String>,
}

impl Publish {
    /// Reads a body or message; other members are left aside.
    ///
    /// # Errors
    /// [`Error::BadRequest`].
    pub fn read(body: &Value) -> Result<Self, Error> {
        let channel = body.get("channel").and_then(Value::as_str).and_then(Channel::parse);
        let channel = channel.ok_or_else(|| bad("channel must be the path of a channel".to_owned()))?;
        let events = body.get("events").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if !(1..=limits::EVENTS).contains(&events.len()) {
            return Err(bad(format!("events must be a list of 1 to {} texts", limits::EVENTS)));
        }
        let events = events.iter().map(event).collect::<Result<_, _>>()?;
        Ok(Self { channel, events })
    }

    /// Where to.
    pub fn channel(&self) -> &Channel {
        &self.channel
    }
}

fn event(event: &Value) -> Result<String, Error> {
    let text = event.as_str().ok_or_else(|| bad("each event must be a text of JSON".to_owned()))?;
    if text.len() > limits::EVENT_BYTES {
        return Err(bad(format!("an event is larger than {} bytes", limits::EVENT_BYTES)));
    }
    serde_json::from_str::<IgnoredAny>(text).map_err(|_| bad("each event must be a text of JSON".to_owned()))?;
    Ok(text.to_owned())
}

fn bad(message: String) -> Error {
    Error::BadRequest(message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn requests_are_read_or_say_what_is_wrong() {
        let large = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
        let events = format!("events must be a list of 1 to {} texts", limits::EVENTS);
        let cases = [
            (json!({ "channel": "/a", "events": ["1", "{\"b\":null}"], "id": "x", "payload": {} }), None),
            (json!({ "channel": "/a", "events": [large(limits::EVENT_BYTES)] }), None),
            (json!({ "channel": "/a/*", "events": ["1"] }), Some("channel must be the path of a channel")),
            (json!({ "events": ["1"] }), Some("channel must be the path of a channel")),
            (json!([]), Some("channel must be the path of a channel")),
            (json!({ "channel": "/a" }), Some(&*events)),
            (json!({ "channel": "/a", "events": [] }), Some(&*events)),
            (json!({ "channel": "/a", "events": ["1", "1", "1", "1", "1", "1"] }), Some(&*events)),
            (json!({ "channel": "/a", "events": [{}] }), Some("each event must be a text of JSON")),
            (json!({ "channel": "/a", "events": ["1", "{"] }), Some("each event must be a text of JSON")),
            (json!({ "channel": "/a", "events": ["[".repeat(100_000)] }), Some("each event must be a text of JSON")),
            (
                json!({ "channel": "/a", "events": [large(limits::EVENT_BYTES + 1)] }),
                Some("an event is larger than 245760 bytes"),
            ),
        ];
        for (body, expected) in cases {
            let wrong = Publish::read(&body).err().map(|error| error.to_string());
            assert_eq!(wrong.as_deref(), expected, "{:.100}", body.to_string());
        }
    }
}
