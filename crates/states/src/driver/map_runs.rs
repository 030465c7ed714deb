//! Runs of distributed Maps: their rows in the store, and reading their items and writing their results.

use std::sync::{Arc, atomic::AtomicBool};

use dashmap::DashMap;
use store::Transaction;
use tokio::sync::RwLock;

use super::{child_ends::Inbox, slot::Running};
use crate::{
    Error,
    engine::Shared,
    interpreter::{Decision, MapRunId, MapRunState, MapRunStatus, Stimulus},
    items::{self, ReadItems, Reader, Results, WriteResults},
    layout,
    records::{MachineSnapshot, MachineType, MapRunRow},
};

/// How many map runs of an execution one read brings.
const PAGE: usize = 256;

/// What is under way for map runs.
#[derive(Default)]
pub(crate) struct MapRuns {
    /// Starts of children, by execution and run.
    pub(super) starts: DashMap<(u64, MapRunId), Arc<Starts>>,
    /// Ends of children that their parent has not heard of, by the parent's ARN.
    pub(super) inboxes: DashMap<Arc<str>, Inbox>,
}

/// The starts of a map run's children that are under way.
#[derive(Default)]
pub(super) struct Starts {
    /// No more are to begin.
    pub(super) cancelled: AtomicBool,
    /// Held for reading by every start, for writing by the abortion.
    pub(super) gate: RwLock<()>,
}

/// What stays the same of a map run.
pub(super) struct KnownRun {
    /// [`MapRunRow::id`].
    pub(super) id: u64,
    pub(super) arn: Arc<str>,
    pub(super) map_state: Arc<str>,
    pub(super) label: Arc<str>,
    /// What its children run.
    pub(super) machine: MachineSnapshot,
}

impl Shared {
    /// Gives ids to the map runs that a decision has begun.
    pub(super) fn number_map_runs(&self, running: &mut Running, decision: &Decision) {
        for state in &decision.map_runs {
            if !running.map_runs.contains_key(&state.id) {
                let known = known(&running.row.machine, self.next_id(), state);
                running.map_runs.insert(state.id, Arc::new(known));
            }
        }
    }

    /// Finds the map runs of a replayed execution in the store.
    pub(super) fn find_map_runs(&self, running: &mut Running) -> Result<(), Error> {
        let mut after = 0;
        loop {
            let page = layout::map_runs_of(&*self.store, running.row.id, after, PAGE)?;
            let last_page = page.len() < PAGE;
            for row in page {
                after = row.id;
                running.map_runs.insert(row.state.id, Arc::new(known(&running.row.machine, row.id, &row.state)));
            }
            if last_page {
                return Ok(());
            }
        }
    }

    /// Forgets the starts of runs that have ended; those of a run that was aborted are taken by the abortion.
    pub(super) fn forget_starts(&self, running: &Running, changed: &[MapRunState]) {
        for state in changed.iter().filter(|state| state.status != MapRunStatus::Running) {
            self.map_runs.starts.remove(&(running.row.id, state.id));
        }
    }

    /// Has the items of a Map read.
    pub(super) fn read_items(self: &Arc<Self>, running: &Running, run: MapRunId, request: ReadItems) {
        let (shared, reader) = (self.clone(), reader(running));
        tokio::spawn(async move {
            let items = items::read(&shared, &reader, &request).await;
            shared.stimulate(&reader.execution_arn, Stimulus::ItemsRead { run, items }).await;
        });
    }

    /// Has the results of a Map written, once all its children have ended.
    pub(super) fn write_results(self: &Arc<Self>, running: &mut Running, run: MapRunId, request: WriteResults) {
        let Some(known) = running.map_runs.get(&run).cloned() else { return };
        let (shared, writer, aborting) = (self.clone(), reader(running), running.aborting.remove(&run));
        tokio::spawn(async move {
            if let Some(aborting) = aborting {
                // Its end is all that is waited for.
                let _ = aborting.await;
            }
            let output = match shared.abort_open_children(known.id).await {
                Ok(()) => {
                    let results = Results { shared: &shared, run: known.id };
                    items::write(&shared, &writer, &request, &results).await
                }
                Err(error) => Err(error.to_string()),
            };
            shared.stimulate(&writer.execution_arn, Stimulus::ResultsWritten { run, output }).await;
        });
    }
}

/// Writes the map runs that a decision has changed.
pub(super) fn write_map_runs(transaction: &mut Transaction, running: &Running, decision: &Decision) {
    for state in &decision.map_runs {
        if let Some(known) = running.map_runs.get(&state.id) {
            let row = MapRunRow {
                id: known.id,
                execution: running.row.arn.clone(),
                machine_arn: running.row.machine.arn.clone(),
                state: state.clone(),
            };
            layout::put_map_run(transaction, running.row.id, &row);
        }
    }
}

fn reader(running: &Running) -> Reader {
    Reader { execution_arn: running.row.arn.clone(), role_arn: running.row.machine.role_arn.clone() }
}

fn known(parent: &MachineSnapshot, id: u64, state: &MapRunState) -> KnownRun {
    let label = &state.label;
    KnownRun {
        id,
        arn: state.arn.clone(),
        map_state: state.state.clone(),
        label: label.clone(),
        machine: MachineSnapshot {
            id,
            name: format!("{}/{label}", parent.name),
            arn: format!("{}/{label}", parent.arn).into(),
            kind: if state.express { MachineType::Express } else { MachineType::Standard },
            ..parent.clone()
        },
    }
}
