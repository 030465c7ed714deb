//! [RedriveExecution](https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html): idempotent
//! by `clientToken` for fifteen minutes.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{describe_execution, input::Input};
use crate::{Error, engine::Shared, records::ExecutionRow};

/// For how long a client token stands for the redrive that it made.
const TOKEN_MILLIS: i64 = 15 * 60_000;

pub(super) async fn run(shared: &Arc<Shared>, input: &Value) -> Result<Value, Error> {
    let mut input = Input::new(input)?;
    let arn = input.arn("executionArn")?;
    let token = input.text("clientToken", 1, 64)?;
    input.finish()?;
    let row = describe_execution::find(shared, arn)?;
    let row = match token {
        Some(token) if was_made_by(shared, &row, token) => row,
        token => shared.redrive(&row.arn, token.map(str::to_owned)).await?,
    };
    Ok(json!({ "redriveDate": row.redriven.map(|at| at.epoch_seconds()) }))
}

/// Whether the last redrive of an execution was made with this token, a short while ago.
fn was_made_by(shared: &Shared, row: &ExecutionRow, token: &str) -> bool {
    let is_recent = row.redriven.is_some_and(|at| shared.clock.now().0 - at.0 < TOKEN_MILLIS);
    is_recent && row.redrive_token.as_deref() == Some(token)
}
