//! [DescribeMapRun](https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeMapRun.html): how a
//! distributed Map and its child executions stand.

use serde_json::{Value, json};

use super::input::Input;
use crate::{Error, arn, engine::Shared, interpreter::Counts, layout, records::MapRunRow};

pub(super) fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let arn = input.required("mapRunArn", 1, 2000)?;
    input.finish()?;
    let MapRunRow { execution, state, .. } = find(shared, arn)?;
    let mut answer = json!({
        "mapRunArn": state.arn,
        "executionArn": execution,
        "status": state.status,
        "startDate": state.started.epoch_seconds(),
        "maxConcurrency": state.max_concurrency,
        "toleratedFailurePercentage": state.tolerated_failure_percentage,
        "toleratedFailureCount": state.tolerated_failure_count,
        "itemCounts": counts(&state.items),
        "executionCounts": counts(&state.executions),
        "redriveCount": state.redrive_count,
    });
    for (member, at) in [("stopDate", state.stopped), ("redriveDate", state.redriven)] {
        if let Some(at) = at {
            answer[member] = at.epoch_seconds().into();
        }
    }
    Ok(answer)
}

/// The map run that `arn` names.
///
/// # Errors
/// `InvalidArn`, `ResourceNotFound`, or a store that fails.
pub(super) fn find(shared: &Shared, arn: &str) -> Result<MapRunRow, Error> {
    arn::check_map_run(arn)?;
    let row = layout::get(&*shared.store, layout::MAP_RUNS, arn.as_bytes())?;
    row.ok_or_else(|| Error::ResourceNotFound(arn.to_owned()))
}

fn counts(counts: &Counts) -> Value {
    json!({
        "pending": counts.pending,
        "running": counts.running,
        "succeeded": counts.succeeded,
        "failed": counts.failed,
        "timedOut": counts.timed_out,
        "aborted": counts.aborted,
        "total": counts.total,
        "resultsWritten": counts.results_written,
        "failuresNotRedrivable": counts.failures_not_redrivable,
        "pendingRedrive": counts.pending_redrive,
    })
}
