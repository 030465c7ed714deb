//! What an operator can watch: every change of every execution as it happens, and the tasks that wait for an answer.

use std::sync::Arc;

use clock::Timestamp;
use tokio::sync::broadcast;

use crate::{Engine, Error, Status, arn, records::ExecutionRow};

/// An execution has made a step.
#[derive(Debug, Clone, PartialEq)]
pub struct ExecutionChange {
    /// The execution.
    pub execution_arn: Arc<str>,
    /// Its state machine, unqualified.
    pub state_machine_arn: Arc<str>,
    /// The execution's name.
    pub name: Arc<str>,
    /// Its status after the step.
    pub status: Status,
    /// When the step was made.
    pub at: Timestamp,
    /// How many events the step added to the history; 0 where the step was made unseen, by a commit that was in doubt.
    pub new_events: usize,
    /// How many events the history has now.
    pub events: u64,
}

/// A task that waits for SendTaskSuccess or SendTaskFailure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingTask {
    /// The Task state that waits.
    pub state: Arc<str>,
    /// When the execution entered that state.
    pub since: Timestamp,
    /// For SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat.
    pub token: Arc<str>,
    /// The state's `Resource`.
    pub resource: Arc<str>,
    /// Effective input of the task (JSON text).
    pub parameters: Arc<str>,
}

impl ExecutionChange {
    /// What there is to tell of an execution after a step.
    pub(crate) fn of(row: &ExecutionRow, at: Timestamp, new_events: usize, events: u64) -> Self {
        Self {
            execution_arn: row.arn.clone(),
            state_machine_arn: row.machine.arn.clone(),
            name: row.name.clone(),
            status: row.status,
            at,
            new_events,
            events,
        }
    }
}

impl Engine {
    /// Every change from now on, after it is durable. A receiver that lags behind loses the oldest
    /// ([`crate::Limits::subscription_backlog`]) and is told so.
    pub fn subscribe(&self) -> broadcast::Receiver<ExecutionChange> {
        self.shared.changes.subscribe()
    }

    /// How many executions run or wait now, the children of distributed Maps among them.
    pub fn running(&self) -> usize {
        self.shared.open.len()
    }

    /// The tasks of a Standard execution that wait for an answer to their token, oldest first; none once it has ended.
    ///
    /// # Errors
    /// `InvalidArn`, `ExecutionDoesNotExist`, or a store that fails.
    pub async fn pending_tasks(&self, execution_arn: &str) -> Result<Vec<PendingTask>, Error> {
        arn::check_execution(execution_arn)?;
        self.shared.tasks_with_token(&execution_arn.into()).await
    }

    /// Replays a Standard execution from its steps and compares what comes of it with its history and, while it runs, with
    /// how it stands in memory.
    ///
    /// # Errors
    /// `Corrupt` where they differ; `InvalidArn`, `ExecutionDoesNotExist`, or a store that fails.
    pub async fn verify_history(&self, execution_arn: &str) -> Result<(), Error> {
        arn::check_execution(execution_arn)?;
        self.shared.verify(execution_arn).await
    }
}
