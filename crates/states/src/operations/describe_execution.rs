//! [DescribeExecution](https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html).

use clock::Timestamp;
use serde_json::{Value, json};

use super::input::Input;
use crate::{Error, arn, engine::Shared, layout, records::ExecutionRow, status_event::redrive_status};

pub(super) fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let arn = input.arn("executionArn")?;
    input.choice("includedData", &["ALL_DATA", "METADATA_ONLY"], "ALL_DATA")?;
    input.finish()?;
    Ok(answer(&find(shared, arn)?, shared.clock.now()))
}

/// The execution that `arn` names.
///
/// # Errors
/// `InvalidArn`, `ExecutionDoesNotExist`, or a store that fails.
pub(super) fn find(shared: &Shared, arn: &str) -> Result<ExecutionRow, Error> {
    arn::check_execution(arn)?;
    let row = layout::get(&*shared.store, layout::EXECUTIONS, arn.as_bytes())?;
    row.ok_or_else(|| Error::ExecutionDoesNotExist(arn.to_owned()))
}

fn answer(row: &ExecutionRow, now: Timestamp) -> Value {
    let (redrive_status, redrive_reason) = redrive_status(row, now);
    let mut answer = json!({
        "executionArn": row.arn,
        "stateMachineArn": row.machine.arn,
        "name": row.name,
        "status": row.status.as_str(),
        "startDate": row.started.epoch_seconds(),
        "input": row.input,
        "inputDetails": { "included": true },
        "redriveCount": row.redrive_count,
        "redriveStatus": redrive_status,
    });
    let optional = [
        ("stopDate", row.stopped.map(|at| json!(at.epoch_seconds()))),
        ("output", row.output.as_ref().map(|output| json!(output))),
        ("outputDetails", row.output.as_ref().map(|_| json!({ "included": true }))),
        ("error", row.error.as_ref().map(|error| json!(error))),
        ("cause", row.cause.as_ref().map(|cause| json!(cause))),
        ("traceHeader", row.trace_header.as_ref().map(|header| json!(header))),
        ("mapRunArn", row.child.as_ref().map(|child| json!(child.map_run_arn))),
        ("stateMachineVersionArn", row.version_arn.as_ref().map(|arn| json!(arn))),
        ("stateMachineAliasArn", row.alias_arn.as_ref().map(|arn| json!(arn))),
        ("redriveDate", row.redriven.map(|at| json!(at.epoch_seconds()))),
        ("redriveStatusReason", redrive_reason.map(Value::from)),
    ];
    for (member, value) in optional {
        if let Some(value) = value {
            answer[member] = value;
        }
    }
    answer
}
