//! [ListExecutions](https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html): newest
//! first, of one state machine, perhaps of one status.

use std::ops::Bound;

use serde_json::{Value, json};

use super::{input::Input, page_token};
use crate::{Error, MachineType, Status, arn, engine::Shared, layout, records::Summary};

/// In the order in which AWS names them in its messages.
const STATUSES: [&str; 6] = ["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"];

pub(super) fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let machine_arn = input.arn("stateMachineArn")?;
    let filter = input.choice("statusFilter", &STATUSES, "")?;
    let redriven = input.choice("redriveFilter", &["REDRIVEN", "NOT_REDRIVEN"], "")? == "REDRIVEN";
    let limit = input.max_results()?;
    let token = input.text("nextToken", 1, 3096)?;
    input.finish()?;
    let machine = shared.catalog.machine(&arn::state_machine_name(machine_arn)?);
    let machine = machine.ok_or_else(|| Error::StateMachineDoesNotExist(machine_arn.to_owned()))?;
    if machine.kind == MachineType::Express {
        return Err(Error::StateMachineTypeNotSupported);
    }
    let status = Status::parse(filter);
    if redriven || (status.is_none() && !filter.is_empty()) {
        // Nothing here is redriven, or waits for it.
        return Ok(json!({ "executions": [] }));
    }
    let (keyspace, prefix) = match status {
        Some(status) => (layout::BY_STATUS, vec![machine.id, status as u64]),
        None => (layout::BY_MACHINE, vec![machine.id]),
    };
    let scope = format!("ListExecutions {} {filter}", machine.id);
    let end = after_all(&prefix);
    let upper = match token {
        Some(token) => page_token::decode(&scope, token)?.min(end),
        None => end,
    };
    let lower = layout::key(&prefix);
    let mut page = shared.store.range(keyspace, Bound::Included(&lower), Bound::Excluded(&upper), limit + 1, true)?;
    let more = page.len() > limit;
    page.truncate(limit);
    let mut executions = Vec::with_capacity(page.len());
    for (key, bytes) in &page {
        executions.push(show(&layout::decode(keyspace, key, bytes)?));
    }
    let mut answer = json!({ "executions": executions });
    if let (true, Some((last, _))) = (more, page.last()) {
        answer["nextToken"] = page_token::encode(&scope, last).into();
    }
    Ok(answer)
}

/// The first key after every key that begins with `prefix`.
fn after_all(prefix: &[u64]) -> Vec<u8> {
    let (last, before) = prefix.split_last().expect("a prefix names a machine");
    layout::key(&[before, &[last + 1]].concat())
}

fn show(summary: &Summary) -> Value {
    let mut shown = json!({
        "executionArn": summary.arn,
        "stateMachineArn": summary.machine_arn,
        "name": summary.name,
        "status": summary.status.as_str(),
        "startDate": summary.started.epoch_seconds(),
        "redriveCount": 0,
    });
    if let Some(stopped) = summary.stopped {
        shown["stopDate"] = stopped.epoch_seconds().into();
    }
    shown
}
