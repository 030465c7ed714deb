//! What SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat have in common: from a task token to its execution.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    Error,
    engine::Shared,
    interpreter::{Stimulus, TaskId},
    layout,
    records::TokenRecord,
};

/// Tells the execution that has given out `token` what `stimulus` makes of its task.
///
/// # Errors
/// `InvalidToken` for a token that was never given out, `TaskTimedOut` for one whose task has ended.
pub(super) async fn send(
    shared: &Arc<Shared>,
    token: &str,
    stimulus: impl FnOnce(TaskId) -> Stimulus,
) -> Result<Value, Error> {
    let record: Option<TokenRecord> = layout::get(&*shared.store, layout::TOKENS, token.as_bytes())?;
    let TokenRecord { execution, task } = record.ok_or(Error::InvalidToken)?;
    shared.stimulate_durably(&execution, stimulus(task)).await?;
    Ok(json!({}))
}

/// Whether `token` was ever given out.
pub(super) fn check(shared: &Shared, token: &str) -> Result<(), Error> {
    let record: Option<TokenRecord> = layout::get(&*shared.store, layout::TOKENS, token.as_bytes())?;
    record.map(drop).ok_or(Error::InvalidToken)
}
