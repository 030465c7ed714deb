//! What a map run tells of one of its child executions: an element of a result file, and what stands in the Map's output
//! for a child that did not succeed.

use clock::Timestamp;
use serde_json::{Map, Value, json};

use crate::{records::ExecutionRow, status_event::redrive_status, timestamp::iso_8601};

/// The members of DescribeExecution under the names of the service integrations, in the order of the alphabet (developer
/// guide, "ResultWriter", transformation `NONE`).
pub(crate) fn child_result(row: &ExecutionRow, now: Timestamp) -> Value {
    let (redrive_status, redrive_reason) = redrive_status(row, now);
    let members = [
        ("Cause", row.cause.as_ref().map(|cause| json!(cause))),
        ("Error", row.error.as_ref().map(|error| json!(error))),
        ("ExecutionArn", Some(json!(row.arn))),
        ("Input", Some(json!(row.input))),
        ("InputDetails", Some(json!({ "Included": true }))),
        ("Name", Some(json!(row.name))),
        ("Output", row.output.as_ref().map(|output| json!(output))),
        ("OutputDetails", row.output.as_ref().map(|_| json!({ "Included": true }))),
        ("RedriveCount", Some(json!(row.redrive_count))),
        ("RedriveDate", row.redriven.map(|at| json!(iso_8601(at)))),
        ("RedriveStatus", Some(json!(redrive_status))),
        ("RedriveStatusReason", redrive_reason.map(|reason| json!(reason))),
        ("StartDate", Some(json!(iso_8601(row.started)))),
        ("StateMachineArn", Some(json!(row.machine.arn))),
        ("Status", Some(json!(row.status.as_str()))),
        ("StopDate", row.stopped.map(|at| json!(iso_8601(at)))),
    ];
    let present = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(present.collect::<Map<_, _>>())
}
