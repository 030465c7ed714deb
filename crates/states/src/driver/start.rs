//! The start of an execution: its row, its place in the indexes and its first step in one transaction.

use std::sync::Arc;

use asl::Definition;
use dashmap::Entry;
use tokio::sync::OwnedMutexGuard;

use super::{
    fork::read_origin,
    slot::{Content, Running, Slot},
};
use crate::{
    Error, arn,
    engine::Shared,
    interpreter::{Execution, ExecutionIdentity, ExecutionKind, Stimulus},
    records::{ExecutionRow, MachineSnapshot, MachineType, Origin, Status},
};

/// What an execution runs: a state machine, or a version of it that was named or chosen by an alias.
pub(crate) struct Target {
    pub(crate) machine: MachineSnapshot,
    pub(crate) version_arn: Option<Arc<str>>,
    pub(crate) alias_arn: Option<Arc<str>>,
}

/// What StartExecution and StartSyncExecution ask for, checked.
pub(crate) struct Start {
    pub(crate) target: Target,
    /// A UUID where absent.
    pub(crate) name: Option<String>,
    /// JSON text.
    pub(crate) input: Arc<str>,
    pub(crate) trace_header: Option<String>,
    /// Of a fork.
    pub(crate) origin: Option<Arc<Origin>>,
}

impl Shared {
    /// Starts an execution and answers its slot and row once the start is durable (in memory for Express).
    ///
    /// A Standard execution of the same name and input that is still running is answered in place of a new one.
    ///
    /// # Errors
    /// `ExecutionAlreadyExists`, `ExecutionLimitExceeded`, or a store that fails: then nothing was started, or a start
    /// that did become durable goes on without having been acknowledged.
    pub(crate) async fn start(self: &Arc<Self>, start: Start) -> Result<(Arc<Slot>, ExecutionRow), Error> {
        if self.open.len() >= self.limits.open_executions {
            return Err(Error::ExecutionLimitExceeded(self.limits.open_executions));
        }
        let row = self.new_row(start);
        let slot = Arc::new(Slot::new(row.arn.clone()));
        let content = slot.lock_new();
        while let Some(other) = self.claim(&slot) {
            if let Some(row) = self.same_execution(&other, &row).await? {
                return Ok((other, row));
            }
        }
        // A spawned task, because a caller that goes away must not stop a start halfway.
        let shared = self.clone();
        let started = tokio::spawn(async move {
            let started = shared.clone().first_step(slot, content, row).await;
            shared.park_oldest();
            started
        });
        started.await.map_err(|_| Error::ShutDown)?
    }

    /// The slot of an execution; a new one where the execution is parked, or where there is none.
    pub(crate) fn slot(&self, arn: &Arc<str>) -> Arc<Slot> {
        self.live.entry(arn.clone()).or_insert_with(|| Arc::new(Slot::new(arn.clone()))).clone()
    }

    /// Puts a slot into the place of its ARN; answers the slot that is there already, if there is one.
    pub(super) fn claim(&self, slot: &Arc<Slot>) -> Option<Arc<Slot>> {
        match self.live.entry(slot.arn.clone()) {
            Entry::Vacant(place) => {
                place.insert(slot.clone());
                None
            }
            Entry::Occupied(place) => Some(place.get().clone()),
        }
    }

    pub(super) async fn first_step(
        self: Arc<Self>,
        slot: Arc<Slot>,
        mut content: OwnedMutexGuard<Content>,
        row: ExecutionRow,
    ) -> Result<(Arc<Slot>, ExecutionRow), Error> {
        let execution = self.unstarted(&row);
        let made = match execution {
            Ok(execution) => {
                let running = Box::new(Running::new(row.clone(), execution, 0));
                self.make_step(&slot, &mut content, running, Stimulus::Started).await
            }
            Err(error) => Err(error),
        };
        let Err(error) = made else { return Ok((slot, row)) };
        if matches!(error, Error::Store(store::Error::Conflict)) {
            // Nothing was started; an execution that has the name is none of this slot's doing.
            *content = Content::Parked;
        }
        // Whether or not the start became durable, the slot says so after the next look at the store.
        drop(content);
        match error {
            Error::Store(store::Error::Conflict) => match self.same_execution(&slot, &row).await? {
                Some(row) => Ok((slot, row)),
                None => Err(Error::ExecutionAlreadyExists(row.arn.to_string())),
            },
            error => {
                if row.machine.kind == MachineType::Express {
                    self.live.remove(&row.arn);
                }
                Err(error)
            }
        }
    }

    /// The execution in `slot`, if it runs with the input and the origin of `wanted`; `None` if there is none.
    ///
    /// # Errors
    /// `ExecutionAlreadyExists` for another execution of the name.
    async fn same_execution(
        self: &Arc<Self>,
        slot: &Arc<Slot>,
        wanted: &ExecutionRow,
    ) -> Result<Option<ExecutionRow>, Error> {
        // Its start may still be on the way to the disk.
        let mut content = slot.content.clone().lock_owned().await;
        match self.load(slot, &mut content) {
            Ok(()) => {}
            Err(Error::ExecutionDoesNotExist(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
        let same = |row: &ExecutionRow| row.input == wanted.input && row.origin == wanted.origin;
        match &*content {
            Content::Running(running) if same(&running.row) => Ok(Some(running.row.clone())),
            _ => Err(Error::ExecutionAlreadyExists(wanted.arn.to_string())),
        }
    }

    fn new_row(&self, start: Start) -> ExecutionRow {
        let Target { machine, version_arn, alias_arn } = start.target;
        // AWS differs: it makes version 4 UUIDs. Names that follow time lie side by side in the store, which keeps starts
        // as cheap in a large store as in a small one.
        let name = start.name.unwrap_or_else(|| self.clock.ordered_uuid());
        let arn = match machine.kind {
            MachineType::Standard => arn::execution(&self.partition, &machine.name, &name),
            MachineType::Express => arn::express(&self.partition, &machine.name, &name, &self.clock.uuid()),
        };
        ExecutionRow {
            id: self.next_id(),
            arn: arn.into(),
            name: name.into(),
            machine,
            version_arn,
            alias_arn,
            input: start.input,
            trace_header: start.trace_header,
            started: self.clock.now(),
            status: Status::Running,
            stopped: None,
            output: None,
            error: None,
            cause: None,
            events: 0,
            redrive_count: 0,
            redriven: None,
            redrive_token: None,
            bounds: self.limits.bounds,
            origin: start.origin,
            child: None,
        }
    }
}

/// An execution of `definition` that has made no step yet, as a replay begins with it.
///
/// # Errors
/// `Corrupt` for a fork that begins in a state which the definition does not have.
pub(crate) fn unstarted(definition: Arc<Definition>, row: &ExecutionRow) -> Result<Execution, Error> {
    let identity = identity(row);
    let execution = match &row.origin {
        None => Execution::new(definition, identity),
        Some(origin) => {
            let origin = read_origin(&definition, row, origin)?;
            Execution::forked(definition, identity, origin)
        }
    };
    Ok(execution.bounded(row.bounds))
}

/// What the interpreter is told of an execution.
fn identity(row: &ExecutionRow) -> ExecutionIdentity {
    ExecutionIdentity {
        arn: row.arn.clone(),
        name: row.name.clone(),
        state_machine_arn: row.machine.arn.clone(),
        state_machine_name: row.machine.name.as_str().into(),
        state_machine_version_arn: row.version_arn.clone(),
        state_machine_alias_arn: row.alias_arn.clone(),
        role_arn: row.machine.role_arn.clone(),
        start_time: row.started,
        input: row.input.clone(),
        kind: match row.machine.kind {
            MachineType::Standard => ExecutionKind::Standard,
            MachineType::Express => ExecutionKind::Express,
        },
        map_state: row.child.as_ref().map(|child| child.map_state.clone()),
    }
}
