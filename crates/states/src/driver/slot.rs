//! A running execution in memory.
//!
//! The slot is the place and the lock; what is in it follows from the steps in the store, so it may be emptied whenever
//! a commit is in doubt and filled again by a replay.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use clock::Timestamp;
use tokio::sync::{Mutex, OwnedMutexGuard, watch};

use crate::{
    PendingTask,
    interpreter::{Execution, TaskId, TimerId},
    records::ExecutionRow,
};

/// The place of one execution. Whoever holds `content` makes its next step.
pub(crate) struct Slot {
    pub(crate) arn: Arc<str>,
    pub(super) content: Arc<Mutex<Content>>,
    ended: watch::Sender<Option<Arc<ExecutionRow>>>,
}

/// What a slot holds.
pub(super) enum Content {
    /// Nothing: the execution must be replayed before its next step.
    Unloaded,
    /// A running execution.
    Running(Box<Running>),
    /// The execution has ended.
    Ended,
}

/// A running execution, where its log stands, and what was set in motion for it in this process.
pub(super) struct Running {
    pub(super) row: ExecutionRow,
    pub(super) execution: Execution,
    /// Number of the next step.
    pub(super) next_step: u64,
    /// Tasks that were issued and have not ended.
    pub(super) tasks: BTreeSet<TaskId>,
    /// Timers that were set and have not fired.
    pub(super) timers: BTreeMap<TimerId, Timestamp>,
}

impl Running {
    /// An execution that has made `next_step` steps, none of whose commands were performed here.
    pub(super) fn new(row: ExecutionRow, execution: Execution, next_step: u64) -> Self {
        Self { row, execution, next_step, tasks: BTreeSet::new(), timers: BTreeMap::new() }
    }

    fn pending_tasks(&self) -> impl Iterator<Item = PendingTask> {
        self.execution.live_tasks().filter_map(|request| {
            let (state, since) = self.execution.state_of(request.task)?;
            Some(PendingTask {
                state,
                since,
                token: request.token.clone()?,
                resource: request.resource.clone(),
                parameters: request.parameters.clone(),
            })
        })
    }
}

impl Slot {
    /// An empty slot.
    pub(super) fn new(arn: Arc<str>) -> Self {
        let content = Arc::new(Mutex::new(Content::Unloaded));
        Self { arn, content, ended: watch::Sender::new(None) }
    }

    /// The lock on a slot that nobody else has seen yet.
    pub(super) fn lock_new(&self) -> OwnedMutexGuard<Content> {
        self.content.clone().try_lock_owned().expect("a new slot is not locked")
    }

    /// Tells everybody in [`Self::wait_for_end`]. Call once the end is durable.
    pub(super) fn announce_end(&self, row: Arc<ExecutionRow>) {
        self.ended.send_replace(Some(row));
    }

    /// Completes when the execution has ended, with its row.
    pub(crate) async fn wait_for_end(&self) -> Arc<ExecutionRow> {
        let mut ended = self.ended.subscribe();
        let row = ended.wait_for(Option::is_some).await.expect("the sender lives as long as this slot");
        row.clone().expect("waited for a row")
    }

    /// The tasks that wait for an answer to their token now, oldest first.
    pub(crate) async fn pending_tasks(&self) -> Vec<PendingTask> {
        match &*self.content.lock().await {
            Content::Running(running) => running.pending_tasks().collect(),
            Content::Unloaded | Content::Ended => Vec::new(),
        }
    }
}
