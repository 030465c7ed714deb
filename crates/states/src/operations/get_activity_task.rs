//! [GetActivityTask](https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetActivityTask.html): waits up
//! to a minute for a task; without one it answers no members.

use std::sync::Arc;

use serde_json::{Value, json};

use super::input::Input;
use crate::{Error, arn, engine::Shared};

pub(super) async fn run(shared: &Arc<Shared>, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let arn = input.arn("activityArn")?;
    let worker = input.text("workerName", 1, 80)?;
    input.finish()?;
    let activity = shared.catalog.activity(&arn::activity_name(arn)?);
    let activity = activity.ok_or_else(|| Error::ActivityDoesNotExist(arn.to_owned()))?;
    let offer = shared.poll_activity(&activity.arn, worker).await?;
    Ok(offer.map_or_else(|| json!({}), |offer| json!({ "taskToken": offer.token, "input": offer.input })))
}
