//! A running execution in memory.
//!
//! The slot is the place and the lock; what is in it follows from the steps in the store, so it may be emptied at any
//! time and filled again by a replay: because a commit is in doubt, or because the execution only waits.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use clock::Timestamp;
use store::Bytes;
use tokio::{
    sync::{Mutex, OwnedMutexGuard, watch},
    task::JoinHandle,
};

use super::map_runs::KnownRun;
use crate::{
    PendingTask,
    interpreter::{Execution, MapRunId, TaskId, TimerId},
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
    /// Nothing: what the execution waits for is set in motion in this process, and a replay makes its next step possible.
    Parked,
    /// Nothing: a step may or may not have become durable. The execution is replayed, and performs again what it commands.
    InDoubt,
    /// A running execution.
    Running(Box<Running>),
    /// The execution has ended.
    Ended,
    /// There is no such execution, and this is no longer its place.
    Gone,
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
    /// Its record among the open executions as the store has it, where that is known.
    pub(super) open_record: Option<Bytes>,
    /// Since when it stands among the loaded ones, and whether it has made a step since.
    pub(super) place: Place,
    /// Its map runs, as the store knows them.
    pub(super) map_runs: BTreeMap<MapRunId, Arc<KnownRun>>,
    /// Children that are being aborted.
    pub(super) aborting: BTreeMap<MapRunId, JoinHandle<()>>,
}

/// See [`super::loaded`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Not among the loaded executions yet.
    None,
    /// Among them, and next in turn to be parked when it is the oldest.
    Idle,
    /// Among them, and spared once.
    InUse,
}

impl Running {
    /// An execution that has made `next_step` steps, none of whose commands were performed here.
    pub(super) fn new(row: ExecutionRow, execution: Execution, next_step: u64) -> Self {
        let (tasks, timers, map_runs, aborting) = Default::default();
        let (open_record, place) = (None, Place::None);
        Self { row, execution, next_step, tasks, timers, open_record, place, map_runs, aborting }
    }

    /// An execution that has made `next_step` steps, all of whose commands were performed in this process.
    pub(super) fn adopted(row: ExecutionRow, execution: Execution, next_step: u64) -> Self {
        let tasks = execution.live_tasks().map(|request| request.task).collect();
        let timers = execution.pending_timers().collect();
        Self { tasks, timers, ..Self::new(row, execution, next_step) }
    }

    /// The tasks that wait for an answer to their token now, oldest first.
    pub(super) fn pending_tasks(&self) -> impl Iterator<Item = PendingTask> {
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
    /// A slot without an execution in it.
    pub(super) fn new(arn: Arc<str>) -> Self {
        let content = Arc::new(Mutex::new(Content::Parked));
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

    /// Whether nothing is in it that the store does not have, and nobody is about to change that.
    pub(super) fn is_parked(&self) -> bool {
        self.content.try_lock().is_ok_and(|content| matches!(*content, Content::Parked))
    }
}
