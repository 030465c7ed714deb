//! [SendTaskHeartbeat](https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskHeartbeat.html).

use std::sync::Arc;

use serde_json::Value;

use super::{input::Input, send_task};
use crate::{Error, engine::Shared, interpreter::Stimulus};

pub(super) async fn run(shared: &Arc<Shared>, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let token = input.required("taskToken", 1, 2048)?;
    input.finish()?;
    send_task::send(shared, token, |task| Stimulus::Heartbeat { task }).await
}
