//! `Step Functions Execution Status Change`: the event that EventBridge gets when a Standard execution starts and ends
//! (Step Functions developer guide, "Automating event delivery"). Express executions send none.

use aws_protocol::{BoxFuture, Partition};
use clock::Timestamp;
use serde_json::{Value, json};

use crate::records::{ExecutionRow, Status};

/// Where status events go, usually an event bus.
///
/// Events of one engine arrive in the order of their commits, each at least once: an event is kept until `deliver`
/// succeeds, over restarts too.
pub trait EventSink: Send + Sync + 'static {
    /// Takes one event, in the shape of EventBridge (`source`, `detail-type`, `detail`, ...).
    ///
    /// # Errors
    /// Text for the log; the event comes again.
    fn deliver(&self, event: Value) -> BoxFuture<'_, Result<(), String>>;
}

/// The event for the status that `row` has now.
pub(crate) fn status_event(partition: &Partition, id: &str, at: Timestamp, row: &ExecutionRow) -> Value {
    json!({
        "version": "0",
        "id": id,
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": partition.account,
        "time": rfc3339_seconds(at),
        "region": partition.region,
        "resources": [row.arn],
        "detail": detail(row),
    })
}

/// Redrive fields say what DescribeExecution says.
fn detail(row: &ExecutionRow) -> Value {
    let redrive = redrive_status(row.status);
    json!({
        "executionArn": row.arn,
        "stateMachineArn": row.machine.arn,
        "name": row.name,
        "status": row.status.as_str(),
        "startDate": row.started.0,
        "stopDate": row.stopped.map(|at| at.0),
        "input": row.input,
        "output": row.output,
        "inputDetails": { "included": true },
        "outputDetails": row.output.as_ref().map(|_| json!({ "included": true })),
        "error": row.error,
        "cause": row.cause,
        "stateMachineVersionArn": row.version_arn,
        "stateMachineAliasArn": row.alias_arn,
        "redriveCount": 0,
        "redriveDate": null,
        "redriveStatus": redrive.0,
        "redriveStatusReason": redrive.1,
    })
}

/// `redriveStatus` and its reason, as recorded on AWS.
pub(crate) fn redrive_status(status: Status) -> (&'static str, Option<String>) {
    match status {
        Status::Failed | Status::TimedOut | Status::Aborted => ("REDRIVABLE", None),
        Status::Running | Status::Succeeded => {
            let reason = format!("Execution is {} and cannot be redriven", status.as_str());
            ("NOT_REDRIVABLE", Some(reason))
        }
    }
}

/// `2024-01-31T00:00:00Z`.
fn rfc3339_seconds(at: Timestamp) -> String {
    chrono::DateTime::from_timestamp_millis(at.0).unwrap_or_default().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_to_the_second() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_735_689_599_999, "2024-12-31T23:59:59Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ];
        for (millis, text) in cases {
            assert_eq!(rfc3339_seconds(Timestamp(millis)), text);
        }
    }

    #[test]
    fn only_ended_executions_without_success_are_redrivable() {
        assert_eq!(redrive_status(Status::TimedOut), ("REDRIVABLE", None));
        let (status, reason) = redrive_status(Status::Succeeded);
        assert_eq!(status, "NOT_REDRIVABLE");
        assert_eq!(reason.as_deref(), Some("Execution is SUCCEEDED and cannot be redriven"));
    }
}
