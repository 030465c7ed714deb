//! What an operator can watch: every change of every execution as it happens, and the tasks that wait for an answer.

use std::{collections::HashMap, sync::Arc};

use clock::Timestamp;
use tokio::sync::broadcast;

use crate::{
    Engine, Error, Status, arn,
    history::{EventDetails, HistoryEvent},
    interpreter::TaskRequest,
    layout,
    records::ExecutionRow,
};

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
    /// How many events the step added to the history.
    pub new_events: usize,
    /// How many events the history has now.
    pub events: u64,
}

/// A task that waits for SendTaskSuccess or SendTaskFailure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingTask {
    /// The Task state that waits.
    pub state: Arc<str>,
    /// Since when.
    pub since: Timestamp,
    /// For SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat.
    pub token: Arc<str>,
    /// The state's `Resource`.
    pub resource: Arc<str>,
    /// Effective input of the task (JSON text).
    pub parameters: Arc<str>,
}

impl Engine {
    /// Every change from now on, after it is durable. A receiver that lags behind loses the oldest
    /// ([`crate::Limits::subscription_backlog`]) and is told so.
    pub fn subscribe(&self) -> broadcast::Receiver<ExecutionChange> {
        self.shared.changes.subscribe()
    }

    /// The tasks of a Standard execution that wait for an answer to their token, oldest first; none once it has ended.
    ///
    /// # Errors
    /// `InvalidArn`, `ExecutionDoesNotExist`, or a store that fails.
    pub async fn pending_tasks(&self, execution_arn: &str) -> Result<Vec<PendingTask>, Error> {
        arn::check_execution(execution_arn)?;
        let store = &*self.shared.store;
        let row: Option<ExecutionRow> = layout::get(store, layout::EXECUTIONS, execution_arn.as_bytes())?;
        let row = row.ok_or_else(|| Error::ExecutionDoesNotExist(execution_arn.to_owned()))?;
        let slot = self.shared.live.get(execution_arn).map(|slot| slot.clone());
        let Some(slot) = slot else { return Ok(Vec::new()) };
        let waiting: Vec<TaskRequest> = slot.live_tasks().await;
        if waiting.iter().all(|request| request.token.is_none()) {
            return Ok(Vec::new());
        }
        let mut schedule = Schedule::default();
        layout::for_each_step(store, row.id, |_, record| {
            record.events.iter().for_each(|event| schedule.add(event));
            Ok(())
        })?;
        Ok(waiting.into_iter().filter_map(|request| schedule.pending(request)).collect())
    }
}

/// The tasks of an execution by the order of their scheduling, read off its history.
#[derive(Default)]
struct Schedule {
    /// The state that each event belongs to; events of a state follow one another.
    states: HashMap<u64, Arc<str>>,
    tasks: Vec<(Arc<str>, Timestamp)>,
}

impl Schedule {
    fn add(&mut self, event: &HistoryEvent) {
        let state = match &event.details {
            EventDetails::StateEntered { name, .. } => Some(name.clone()),
            _ => self.states.get(&event.previous_event_id).cloned(),
        };
        let Some(state) = state else { return };
        if let EventDetails::TaskScheduled { .. }
        | EventDetails::ActivityScheduled { .. }
        | EventDetails::LambdaFunctionScheduled { .. } = event.details
        {
            self.tasks.push((state.clone(), event.timestamp));
        }
        self.states.insert(event.id, state);
    }

    /// A task whose number is its place in the schedule.
    fn pending(&self, request: TaskRequest) -> Option<PendingTask> {
        let (state, since) = self.tasks.get(usize::try_from(request.task.0).ok()?)?.clone();
        Some(PendingTask {
            state,
            since,
            token: request.token?,
            resource: request.resource,
            parameters: request.parameters,
        })
    }
}
