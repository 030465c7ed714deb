//! One event, in the shape of "AWS service event metadata" of the EventBridge user guide.

use chrono::{DateTime, SecondsFormat};
use serde_json::Value;

/// The bus that AWS services send their events to.
pub const DEFAULT_BUS: &str = "default";

/// An event. Its serde form is the JSON that rules and targets see.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Event {
    /// Always `0`.
    pub version: String,
    /// A UUID.
    pub id: String,
    /// For example `Step Functions Execution Status Change`.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// For example `aws.states`.
    pub source: String,
    /// Twelve digits.
    pub account: String,
    /// ISO 8601 in UTC, to the second.
    pub time: String,
    /// For example `us-east-1`.
    pub region: String,
    /// ARNs that the event is about.
    pub resources: Vec<String>,
    /// What happened; an object.
    pub detail: Value,
    /// The bus it was sent to; not part of the JSON.
    #[serde(skip, default = "default_bus")]
    pub bus: String,
}

impl Event {
    /// The event as rules and targets see it.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("an event holds nothing but JSON and text")
    }
}

fn default_bus() -> String {
    DEFAULT_BUS.to_owned()
}

/// ISO 8601 in UTC, to the second. A moment that no calendar has is the epoch.
pub(crate) fn iso_seconds(epoch_millis: i64) -> String {
    DateTime::from_timestamp_millis(epoch_millis).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_json_is_the_one_of_aws() {
        let json = json!({
            "version": "0",
            "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
            "detail-type": "Step Functions Execution Status Change",
            "source": "aws.states",
            "account": "123456789012",
            "time": "2017-12-22T18:43:48Z",
            "region": "us-east-1",
            "resources": ["arn:aws:states:us-east-1:123456789012:execution:m:e"],
            "detail": { "status": "RUNNING" },
        });
        let event: Event = serde_json::from_value(json.clone()).expect("an event");
        assert_eq!(event.bus, DEFAULT_BUS);
        assert_eq!(event.time, iso_seconds(1_513_968_228_999));
        assert_eq!(event.to_json(), json);
    }
}
