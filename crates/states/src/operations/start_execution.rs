//! [StartExecution](https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html): answers
//! once the start is durable; idempotent by name for a Standard execution that is still running.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{input::Input, json_text};
use crate::{Error, arn, driver::Start, engine::Shared};

pub(super) async fn run(shared: &Arc<Shared>, input: &Value) -> Result<Value, Error> {
    let start = read(shared, Input::new(input)?)?;
    let (_, row) = shared.start(start).await?;
    Ok(json!({ "executionArn": row.arn, "startDate": row.started.epoch_seconds() }))
}

/// Reads what StartExecution and StartSyncExecution have in common.
pub(super) fn read(shared: &Shared, mut input: Input<'_>) -> Result<Start, Error> {
    let machine_arn = input.arn("stateMachineArn")?;
    let name = input.text("name", 1, 80)?;
    // Counted in bytes below: the quota is one of UTF-8.
    let text = input.text("input", 0, usize::MAX)?.unwrap_or("{}");
    let trace_header = input.text("traceHeader", 0, 256)?.map(str::to_owned);
    input.finish()?;
    let machine = shared.catalog.machine(&arn::state_machine_name(machine_arn)?);
    let machine = machine.ok_or_else(|| Error::StateMachineDoesNotExist(machine_arn.to_owned()))?;
    if let Some(name) = name {
        arn::check_name(name)?;
    }
    json_text::check_size("input", text, shared.limits.payload_bytes)?;
    json_text::check(text).map_err(Error::InvalidExecutionInput)?;
    Ok(Start { machine, name: name.map(str::to_owned), input: text.into(), trace_header })
}
