//! What becomes of each published event: what its publisher is told, and what subscribers get.

use serde::Serialize;
use serde_json::Value;

use crate::Error;

/// The answer to a publisher: `{"failed": [...], "successful": [...]}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Events that a handler gave an error.
    pub failed: Vec<Failed>,
    /// All others: those that a handler took out, too [M].
    pub successful: Vec<Successful>,
    /// Messages that went out: as many for each event as there were subscribers. Not for the publisher.
    #[serde(skip)]
    pub delivered: usize,
}

/// An event that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Successful {
    /// A UUID: what handlers see as `id`.
    pub identifier: String,
    /// Its place in the request, from 0.
    pub index: usize,
}

/// An event that was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failed {
    /// A UUID: what handlers see as `id`.
    pub identifier: String,
    /// Its place in the request, from 0.
    pub index: usize,
    /// What the handler says is wrong. AWS differs: it may say a `code`, too, which is not recorded.
    pub message: String,
}

impl Outcome {
    /// All events taken.
    pub(crate) fn all(ids: &[String]) -> Self {
        let mut outcome = Self::default();
        for (index, identifier) in ids.iter().enumerate() {
            outcome.successful.push(Successful { identifier: identifier.clone(), index });
        }
        outcome
    }

    /// What a handler makes of the events with these ids: the outcome, and the payloads that go out, in its order. What it
    /// leaves out goes nowhere; null leaves out everything.
    ///
    /// # Errors
    /// It is no list of `{"id", "payload"}` and `{"id", "error"}`.
    pub(crate) fn of_handler(ids: &[String], returned: Value) -> Result<(Self, Vec<Value>), Error> {
        let wrong = || Error::Handler { kind: None, message: "onPublish must return a list of events".to_owned() };
        let events = match returned {
            Value::Null => Vec::new(),
            Value::Array(events) => events,
            _ => return Err(wrong()),
        };
        let mut errors: Vec<Option<String>> = vec![None; ids.len()];
        let mut seen = vec![false; ids.len()];
        let mut payloads = Vec::new();
        for event in events {
            let Value::Object(mut event) = event else { return Err(wrong()) };
            let id = event.get("id").and_then(Value::as_str).unwrap_or_default();
            // Events of its own making, and the same twice, have no place.
            let Some(index) = ids.iter().position(|known| known == id).filter(|index| !seen[*index]) else {
                tracing::warn!(id, "onPublish returned an event that it was not given, or returned already");
                continue;
            };
            seen[index] = true;
            match event.remove("error").unwrap_or_default() {
                Value::Null => payloads.push(event.remove("payload").unwrap_or_default()),
                Value::String(message) => errors[index] = Some(message),
                other => errors[index] = Some(other.to_string()),
            }
        }
        let mut outcome = Self::default();
        for (index, (identifier, error)) in ids.iter().cloned().zip(errors).enumerate() {
            match error {
                Some(message) => outcome.failed.push(Failed { identifier, index, message }),
                None => outcome.successful.push(Successful { identifier, index }),
            }
        }
        Ok((outcome, payloads))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_handler_keeps_changes_drops_and_fails_events() {
        let ids = ["a", "b", "c"].map(str::to_owned);
        let event = |id: &str, payload: Value| json!({ "id": id, "payload": payload });
        // What is returned; the indexes that failed; what goes out.
        let cases = [
            (json!([event("a", json!(1)), event("b", json!(2)), event("c", json!(3))]), vec![], json!([1, 2, 3])),
            (json!([event("c", json!({ "x": 1 })), event("a", json!(null))]), vec![], json!([{ "x": 1 }, null])),
            (json!([{ "id": "b", "error": "no" }, event("a", json!(1))]), vec![1], json!([1])),
            (json!([{ "id": "b", "error": { "code": 1 } }]), vec![1], json!([])),
            (json!([event("a", json!(1)), event("a", json!(2)), event("z", json!(3)), {}]), vec![], json!([1])),
            (json!([]), vec![], json!([])),
            (json!(null), vec![], json!([])),
        ];
        for (returned, failed, out) in cases {
            let (outcome, payloads) = Outcome::of_handler(&ids, returned.clone()).expect("a list");
            let indexes: Vec<usize> = outcome.failed.iter().map(|event| event.index).collect();
            assert_eq!((indexes, Value::from(payloads)), (failed, out), "{returned}");
            assert_eq!(outcome.failed.len() + outcome.successful.len(), 3, "{returned}");
        }
        for wrong in [json!({}), json!("a"), json!([1])] {
            assert!(Outcome::of_handler(&ids, wrong.clone()).is_err(), "{wrong}");
        }
    }
}
