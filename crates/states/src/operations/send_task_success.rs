//! [SendTaskSuccess](https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html).

use std::sync::Arc;

use serde_json::Value;

use super::{input::Input, json_text, send_task};
use crate::{Error, engine::Shared, interpreter::Stimulus};

pub(super) async fn run(shared: &Arc<Shared>, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let token = input.required("taskToken", 1, 2048)?;
    let output = input.required("output", 0, usize::MAX)?;
    input.finish()?;
    json_text::check_size("output", output, shared.limits.bounds.payload_bytes)?;
    let checked = json_text::check(output).map_err(Error::InvalidOutput);
    let output: Arc<str> = output.into();
    match checked {
        Ok(()) => send_task::send(shared, token, |task| Stimulus::TaskSucceeded { task, output }).await,
        // A bad token is reported before a bad output (recorded on AWS).
        Err(error) => Err(send_task::check(shared, token).err().unwrap_or(error)),
    }
}
