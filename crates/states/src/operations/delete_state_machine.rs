//! [DeleteStateMachine](https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachine.html): an
//! unknown state machine is no error; running executions are aborted.
//!
//! AWS differs: a machine is gone at once instead of being `DELETING` until its executions have ended.

use std::{ops::Bound, sync::Arc};

use serde_json::{Value, json};

use super::input::Input;
use crate::{
    Error, Status, arn,
    engine::Shared,
    interpreter::Stimulus,
    layout,
    records::{Machine, Summary},
};

/// How many executions are aborted before the index is read again.
const BATCH: usize = 100;

pub(super) async fn run(shared: &Arc<Shared>, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let machine_arn = input.arn("stateMachineArn")?;
    input.finish()?;
    let name = arn::state_machine_name(machine_arn)?;
    let changes = shared.catalog.lock().await;
    if let Some(machine) = shared.catalog.machine(&name) {
        shared.catalog.remove_machine(&changes, &machine).await?;
        drop(changes);
        let shared = shared.clone();
        tokio::spawn(async move {
            if let Err(error) = abort_executions(&shared, &machine).await {
                tracing::error!(machine = %machine.arn, %error, "executions of a deleted state machine go on");
            }
        });
    }
    Ok(json!({}))
}

async fn abort_executions(shared: &Arc<Shared>, machine: &Machine) -> Result<(), Error> {
    let lower = layout::key(&[machine.id, Status::Running as u64]);
    let upper = layout::key(&[machine.id, Status::Running as u64 + 1]);
    let mut after = lower;
    loop {
        let running =
            shared.store.range(layout::BY_STATUS, Bound::Excluded(&after), Bound::Excluded(&upper), BATCH, false)?;
        let last_page = running.len() < BATCH;
        for (key, bytes) in running {
            let summary: Summary = layout::decode(layout::BY_STATUS, &key, &bytes)?;
            let stopped = Stimulus::Stopped { error: None, cause: None };
            match shared.stimulate_durably(&summary.arn, stopped).await {
                Ok(()) | Err(Error::TaskTimedOut) => {}
                Err(error) => return Err(error),
            }
            after = key;
        }
        if last_page {
            return Ok(());
        }
    }
}
