//! [DeleteStateMachine](https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachine.html): an
//! unknown state machine is no error. One with running executions is `DELETING` until they have ended, each at its next
//! state transition; its versions and aliases go at once.

use serde_json::{Value, json};

use super::input::Input;
use crate::{Error, arn, engine::Shared};

pub(super) async fn run(shared: &Shared, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let machine_arn = input.arn("stateMachineArn")?;
    input.finish()?;
    let name = arn::state_machine_name(machine_arn)?;
    let changes = shared.catalog.lock().await;
    let Some(machine) = shared.catalog.machine(&name) else { return Ok(json!({})) };
    if !machine.deleting {
        shared.catalog.retire_machine(&changes, &machine).await?;
    }
    drop(changes);
    shared.finish_deletion(&machine).await?;
    Ok(json!({}))
}
