//! `loggingConfiguration`: on AWS the events of an execution go to CloudWatch Logs; here each is a line of the log, target
//! `stepwell::execution_log`, in the shape that it has there.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html>
// AWS differs: inputs and outputs over 248 KiB are truncated there.

use serde_json::{Map, Value, json};

use crate::{history::HistoryEvent, records::ExecutionRow};

/// The target of the lines.
const TARGET: &str = "stepwell::execution_log";

/// Writes the events that the state machine wants logged.
pub(super) fn write(row: &ExecutionRow, events: &[HistoryEvent]) {
    let logging = &row.machine.logging;
    let level = logging["level"].as_str().unwrap_or("OFF");
    if level == "OFF" || !tracing::enabled!(target: TARGET, tracing::Level::INFO) {
        return;
    }
    let with_data = logging["includeExecutionData"].as_bool().unwrap_or(false);
    for event in events.iter().filter(|event| is_logged(level, &event.details.type_name())) {
        tracing::info!(target: TARGET, "{}", entry(&row.arn, row.redrive_count, event, with_data));
    }
}

/// Which events each level has, as the documentation lists them.
fn is_logged(level: &str, event: &str) -> bool {
    let ends_badly = ["Failed", "Aborted", "TimedOut"].iter().any(|ending| event.ends_with(ending));
    match level {
        "ALL" => true,
        "ERROR" => ends_badly || event == "FailStateEntered",
        "FATAL" => ends_badly && event.starts_with("Execution"),
        _ => false,
    }
}

/// An event as CloudWatch Logs has it: all numbers are texts (recorded on AWS).
fn entry(execution: &str, redrive_count: u64, event: &HistoryEvent, with_data: bool) -> Value {
    let wire = event.to_wire(with_data);
    let members = wire.as_object().into_iter().flatten();
    let details = members.filter(|(name, _)| name.ends_with("EventDetails")).map(|(_, details)| details.clone()).next();
    json!({
        "id": event.id.to_string(),
        "type": event.details.type_name(),
        "details": details.unwrap_or_else(|| Map::new().into()),
        "previous_event_id": event.previous_event_id.to_string(),
        "event_timestamp": event.timestamp.0.to_string(),
        "execution_arn": execution,
        "redrive_count": redrive_count.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use clock::Timestamp;

    use super::*;
    use crate::history::EventDetails;

    #[test]
    fn an_entry_has_the_shape_of_cloudwatch_logs() {
        let details = EventDetails::ExecutionSucceeded { output: "{}".into() };
        let event = HistoryEvent { id: 4, previous_event_id: 3, timestamp: Timestamp(1_700_000_000_123), details };
        let mut expected = json!({
            "id": "4",
            "type": "ExecutionSucceeded",
            "details": { "output": "{}", "outputDetails": { "truncated": false } },
            "previous_event_id": "3",
            "event_timestamp": "1700000000123",
            "execution_arn": "arn",
            "redrive_count": "0",
        });
        assert_eq!(entry("arn", 0, &event, true), expected);
        expected["details"] = json!({});
        assert_eq!(entry("arn", 0, &event, false), expected);
    }

    #[test]
    fn each_level_has_the_events_of_the_documentation() {
        let cases = [
            ("PassStateEntered", ["ALL"].as_slice()),
            ("ExecutionSucceeded", &["ALL"]),
            ("FailStateEntered", &["ALL", "ERROR"]),
            ("TaskTimedOut", &["ALL", "ERROR"]),
            ("MapIterationAborted", &["ALL", "ERROR"]),
            ("LambdaFunctionFailed", &["ALL", "ERROR"]),
            ("ExecutionFailed", &["ALL", "ERROR", "FATAL"]),
            ("ExecutionAborted", &["ALL", "ERROR", "FATAL"]),
            ("ExecutionTimedOut", &["ALL", "ERROR", "FATAL"]),
        ];
        for (event, levels) in cases {
            let logged: Vec<_> =
                ["OFF", "ALL", "ERROR", "FATAL"].into_iter().filter(|level| is_logged(level, event)).collect();
            assert_eq!(logged, levels, "{event}");
        }
    }
}
