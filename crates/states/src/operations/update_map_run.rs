//! [UpdateMapRun](https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateMapRun.html): changes how many
//! children of a distributed Map run at once, and how many items may fail, while it goes on.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{describe_map_run, input::Input};
use crate::{
    Error,
    engine::Shared,
    interpreter::{MapRunUpdate, Stimulus},
};

pub(super) async fn run(shared: &Arc<Shared>, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let arn = input.required("mapRunArn", 1, 2000)?;
    let update = MapRunUpdate {
        max_concurrency: input.count("maxConcurrency")?,
        tolerated_failure_count: input.count("toleratedFailureCount")?,
        tolerated_failure_percentage: input.percentage("toleratedFailurePercentage")?,
    };
    input.finish()?;
    let row = describe_map_run::find(shared, arn)?;
    match shared.stimulate_durably(&row.execution, Stimulus::MapRunUpdated { run: row.state.id, update }).await {
        Ok(()) => Ok(json!({})),
        // No recording shows AWS's answer for a map run that has ended.
        Err(Error::TaskTimedOut) => Err(Error::Validation("Only a running Map Run can be updated".to_owned())),
        Err(error) => Err(error),
    }
}
