//! `replayExecution`: where an execution and another definition would part.

use async_graphql::{Json, Result, SimpleObject};
use serde_json::Value;
use states::{
    interpreter::Outcome,
    replay::{self, Shown},
};

use super::{
    Operator,
    execution::{ExecutionStatus, HistoryEvent, json_text},
    fork::{engine, refused},
};

/// A recorded execution beside what another definition does with what it recorded.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Replay {
    execution_arn: String,
    /// Whether the two part anywhere.
    parts: bool,
    /// How many events agree, from the first on.
    agreeing: u64,
    /// The last hundred of them.
    agreed: Vec<ReplayedEvent>,
    /// Where they part.
    difference: Option<ReplayDifference>,
    /// What is recorded.
    recorded: ReplaySide,
    /// What the other definition gives.
    replayed: ReplaySide,
    /// Tasks that wait at the end of the replay, for the recording does not answer them.
    unanswered: Vec<UnansweredTask>,
}

/// The first events that differ.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ReplayDifference {
    /// What differs: `event` if one is null, else a path such as `type` or `stateEnteredEventDetails.input.amount`.
    field: String,
    /// Null if nothing more is recorded.
    recorded: Option<ReplayedEvent>,
    /// Null if the replay gives nothing more.
    replayed: Option<ReplayedEvent>,
}

/// One of the two runs.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ReplaySide {
    /// How many events it has.
    events: u64,
    /// The first hundred events after the one in which they part.
    follows: Vec<ReplayedEvent>,
    status: Option<ExecutionStatus>,
    output: Option<Json<Value>>,
    error: Option<String>,
    cause: Option<String>,
}

/// An event with the state that it belongs to.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ReplayedEvent {
    #[graphql(flatten)]
    event: HistoryEvent,
    /// Null for events of the execution itself.
    state: Option<String>,
}

/// A task that would be called and has no answer in the recording.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct UnansweredTask {
    state: String,
    resource: String,
    parameters: Option<Json<Value>>,
    /// Whether the recorded execution called it too, and waits or waited in vain.
    is_known: bool,
}

/// Replays an execution under a definition (its text), or under that of now.
pub(super) async fn replay(operator: &Operator, execution_arn: &str, definition: Option<&str>) -> Result<Replay> {
    Ok(Replay::from(engine(operator)?.replay(execution_arn, definition).await.map_err(refused)?))
}

impl From<replay::Replay> for Replay {
    fn from(found: replay::Replay) -> Self {
        let event = |shown: Option<Shown>| shown.map(ReplayedEvent::from);
        let difference = found.difference.map(|difference| ReplayDifference {
            field: difference.field,
            recorded: event(difference.recorded),
            replayed: event(difference.replayed),
        });
        Self {
            execution_arn: found.execution_arn.to_string(),
            parts: difference.is_some(),
            agreeing: found.agreeing,
            agreed: found.agreed.into_iter().map(ReplayedEvent::from).collect(),
            difference,
            recorded: found.recorded.into(),
            replayed: found.replayed.into(),
            unanswered: found.unanswered.into_iter().map(UnansweredTask::from).collect(),
        }
    }
}

impl From<replay::Side> for ReplaySide {
    fn from(side: replay::Side) -> Self {
        let (status, output, error, cause) = match side.outcome {
            Outcome::Running => ("RUNNING", None, None, None),
            Outcome::Succeeded(output) => ("SUCCEEDED", Some(output), None, None),
            Outcome::Failed { error, cause } => ("FAILED", None, error, cause),
            Outcome::TimedOut => ("TIMED_OUT", None, None, None),
            Outcome::Aborted { error, cause } => ("ABORTED", None, error, cause),
        };
        Self {
            events: side.events,
            follows: side.follows.into_iter().map(ReplayedEvent::from).collect(),
            status: ExecutionStatus::from_aws(status),
            output: output.as_deref().and_then(json_text),
            error,
            cause,
        }
    }
}

impl From<Shown> for ReplayedEvent {
    fn from(shown: Shown) -> Self {
        let event = HistoryEvent::from_aws(shown.event.to_wire(true));
        Self { event, state: shown.state.map(|state| state.to_string()) }
    }
}

impl From<replay::Unanswered> for UnansweredTask {
    fn from(task: replay::Unanswered) -> Self {
        Self {
            state: task.state.to_string(),
            resource: task.resource.to_string(),
            parameters: json_text(&task.parameters),
            is_known: task.is_known,
        }
    }
}
