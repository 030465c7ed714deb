//! Forks: `forkExecution`, and where a fork says that it comes from.

use async_graphql::{Json, Result, SimpleObject};
use serde_json::{Value, json};
use states::{Engine, Error, Fork};

use super::{
    Operator,
    execution::{Execution, HistoryEvent},
    query::describe,
    to_graphql,
};

/// Where a forked execution comes from.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ForkedFrom {
    /// The execution that was gone back to.
    execution_arn: String,
    /// The state that the fork began in.
    state: String,
    /// The event by which that execution entered the state; null if it never did.
    event_id: Option<i64>,
    /// What the fork entered the state with.
    input: Option<Json<Value>>,
}

/// Starts the fork.
pub(super) async fn fork(operator: &Operator, fork: Fork) -> Result<Execution> {
    let forked = engine(operator)?.fork(fork).await.map_err(refused)?;
    describe(operator, &forked.execution_arn).await
}

/// Where an execution comes from; null for one that is no fork, and where Step Functions is not embedded.
pub(super) fn forked_from(operator: &Operator, arn: &str) -> Result<Option<ForkedFrom>> {
    let Some(engine) = &operator.engine else { return Ok(None) };
    let found = engine.forked_from(arn).map_err(refused)?;
    Ok(found.map(|from| ForkedFrom {
        execution_arn: from.point.execution_arn.to_string(),
        state: from.point.state.to_string(),
        event_id: from.point.event_id.and_then(|id| i64::try_from(id).ok()),
        input: serde_json::from_str(&from.input).ok().map(Json),
    }))
}

/// Adds to the ExecutionStarted event of a fork where it comes from.
pub(super) fn note(operator: &Operator, arn: &str, events: &mut [HistoryEvent]) -> Result<()> {
    let Some(Json(Value::Object(details))) =
        events.iter_mut().find(|event| event.kind == "ExecutionStarted").and_then(|event| event.details.as_mut())
    else {
        return Ok(());
    };
    if let Some(from) = forked_from(operator, arn)? {
        let ForkedFrom { execution_arn, state, event_id, .. } = from;
        let from = json!({ "executionArn": execution_arn, "state": state, "eventId": event_id });
        details.insert("forkedFrom".to_owned(), from);
    }
    Ok(())
}

/// The engine: what is not of AWS needs it here.
pub(super) fn engine(operator: &Operator) -> Result<&Engine> {
    operator.engine.as_ref().ok_or_else(|| "Step Functions is not embedded here, so this cannot be done".into())
}

/// A refusal, with its code.
pub(super) fn refused(error: Error) -> async_graphql::Error {
    to_graphql(error.into())
}
