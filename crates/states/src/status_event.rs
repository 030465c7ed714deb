//! `Step Functions Execution Status Change`: the event that EventBridge gets when a Standard execution starts and ends
//! (Step Functions developer guide, "Automating event delivery"). Express executions send none.

use aws_protocol::{BoxFuture, Partition};
use clock::Timestamp;
use serde_json::{Value, json};

use crate::{
    limits::YEAR_MILLIS,
    records::{ExecutionRow, Status},
};

/// Where status events go, usually an event bus.
///
/// Events of one engine arrive in the order of their commits, each at least once: an event is kept until `deliver`
/// succeeds, over restarts too.
pub trait EventSink: Send + Sync + 'static {
    /// Whether anybody listens to this event. One that nobody wants when it comes up is neither kept nor delivered.
    fn wants(&self, _event: &Value) -> bool {
        true
    }

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
        "detail": detail(row, at),
    })
}

/// The most bytes of escaped input and output that EventBridge takes in one event.
const MAX_DATA_BYTES: usize = 248 << 10;

/// Redrive fields say what DescribeExecution says, and a reason for `REDRIVABLE` too. The examples of the documentation
/// show an error for a time-out, unlike DescribeExecution.
fn detail(row: &ExecutionRow, at: Timestamp) -> Value {
    let (redrive_status, reason) = redrive_status(row, at);
    let reason =
        reason.map_or_else(|| format!("Execution is {} and is redrivable", row.status.as_str()), str::to_owned);
    let time_out = (row.status == Status::TimedOut).then_some("States.Timeout");
    let output_bytes = row.output.as_deref().map_or(0, escaped_bytes);
    let has_input = escaped_bytes(&row.input) + output_bytes <= MAX_DATA_BYTES;
    let has_output = output_bytes <= MAX_DATA_BYTES;
    json!({
        "executionArn": row.arn,
        "stateMachineArn": row.machine.arn,
        "name": row.name,
        "status": row.status.as_str(),
        "startDate": row.started.0,
        "stopDate": row.stopped.map(|at| at.0),
        "input": has_input.then_some(&row.input),
        "output": row.output.as_ref().filter(|_| has_output),
        "inputDetails": { "included": has_input },
        "outputDetails": row.output.as_ref().map(|_| json!({ "included": has_output })),
        "error": row.error.as_deref().or(time_out),
        "cause": row.cause,
        "stateMachineVersionArn": row.version_arn,
        "stateMachineAliasArn": row.alias_arn,
        "redriveCount": row.redrive_count,
        "redriveDate": row.redriven.map(|at| at.0),
        "redriveStatus": redrive_status,
        "redriveStatusReason": reason,
    })
}

/// The length of a text inside JSON.
fn escaped_bytes(text: &str) -> usize {
    // A control character becomes six, so most texts need no look.
    if text.len() * 6 <= MAX_DATA_BYTES / 2 { text.len() } else { Value::from(text).to_string().len() }
}

/// How long after its end an execution can be redriven: 14 days.
const REDRIVABLE_MILLIS: i64 = 14 * 24 * 3_600_000;

/// `redriveStatus` and its reason.
pub(crate) fn redrive_status(row: &ExecutionRow, now: Timestamp) -> (&'static str, Option<&'static str>) {
    match redrivable(row, now) {
        Ok(()) if row.child.is_some() => ("REDRIVABLE_BY_MAP_RUN", None),
        Ok(()) => ("REDRIVABLE", None),
        Err(reason) => ("NOT_REDRIVABLE", Some(reason)),
    }
}

/// Whether an execution can be redriven, or why not. The first two reasons are as recorded on AWS, the others as the API
/// reference lists them for DescribeExecution.
pub(crate) fn redrivable(row: &ExecutionRow, now: Timestamp) -> Result<(), &'static str> {
    match row.status {
        Status::Running => return Err("Execution is RUNNING and cannot be redriven"),
        Status::Succeeded => return Err("Execution is SUCCEEDED and cannot be redriven"),
        Status::Failed | Status::TimedOut | Status::Aborted => {}
    }
    let stopped = row.stopped.unwrap_or(row.started);
    // With one event less than the most there is no room for a redrive.
    if row.events + 1 >= row.bounds.max_events {
        return Err("Execution history event limit exceeded");
    }
    if now.0 - row.started.0 > YEAR_MILLIS {
        return Err("Execution has exceeded the max execution time");
    }
    if now.0 - stopped.0 > REDRIVABLE_MILLIS {
        return Err("Execution redrivable period exceeded");
    }
    Ok(())
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
}
