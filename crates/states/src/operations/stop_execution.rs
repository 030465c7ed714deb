//! [StopExecution](https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html): stopping an
//! execution that has ended answers when it did.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{describe_execution, input::Input};
use crate::{Error, Status, engine::Shared, interpreter::Stimulus};

pub(super) async fn run(shared: &Arc<Shared>, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let arn = input.arn("executionArn")?;
    let error = input.text("error", 0, 256)?.map(str::to_owned);
    let cause = input.text("cause", 0, 32_768)?.map(str::to_owned);
    input.finish()?;
    let row = describe_execution::find(shared, arn)?;
    if row.status == Status::Running {
        match shared.stimulate_durably(&row.arn, Stimulus::Stopped { error, cause }).await {
            Ok(()) | Err(Error::TaskTimedOut) => {}
            Err(error) => return Err(error),
        }
    }
    let row = describe_execution::find(shared, arn)?;
    let stopped = row.stopped.unwrap_or_else(|| shared.clock.now());
    Ok(json!({ "stopDate": stopped.epoch_seconds() }))
}
