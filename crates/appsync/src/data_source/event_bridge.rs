//! The `AMAZON_EVENTBRIDGE` data source: `PutEvents` (developer guide, "JavaScript resolver function reference for
//! EventBridge").

use serde_json::{Map, Value, json};

use super::{Failure, Remote};

/// Events of one request (AppSync and EventBridge quota).
const EVENTS: usize = 10;

pub(super) struct EventBridge {
    pub(super) remote: Remote,
    pub(super) event_bus_arn: String,
}

impl EventBridge {
    pub(super) async fn invoke(&self, request: Value) -> Result<Value, Failure> {
        match request.get("operation").and_then(Value::as_str) {
            Some("PutEvents") => {}
            Some(other) => return Err(Failure::Document(format!("Unsupported operation '{other}'."))),
            None => return Err(Failure::missing("operation")),
        }
        let events = request.get("events").and_then(Value::as_array).ok_or_else(|| Failure::missing("events"))?;
        if events.is_empty() || events.len() > EVENTS {
            return Err(Failure::invalid("events"));
        }
        let entries: Vec<Value> = events.iter().map(|event| self.entry(event)).collect::<Result<_, _>>()?;
        self.remote.call("events", "PutEvents", json!({ "Entries": entries })).await.map_err(|error| {
            Failure::Reported {
                message: error.message.clone(),
                kind: format!("EventBridge:{}", error.code),
                result: Value::Null,
            }
        })
    }

    fn entry(&self, event: &Value) -> Result<Value, Failure> {
        let text = |name: &str| {
            let value = event.get(name).and_then(Value::as_str);
            value.ok_or_else(|| Failure::missing(&format!("events.{name}")))
        };
        let mut entry = Map::new();
        entry.insert("Source".into(), text("source")?.into());
        entry.insert("DetailType".into(), text("detailType")?.into());
        // The wire wants the detail as JSON text.
        let detail = event.get("detail").cloned().unwrap_or_else(|| json!({}));
        entry.insert("Detail".into(), detail.to_string().into());
        entry.insert("EventBusName".into(), self.event_bus_arn.as_str().into());
        for (ours, theirs) in [("resources", "Resources"), ("time", "Time")] {
            if let Some(value) = event.get(ours).filter(|value| !value.is_null()) {
                entry.insert(theirs.into(), value.clone());
            }
        }
        Ok(Value::Object(entry))
    }
}
