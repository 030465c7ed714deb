//! Starts, starts again and aborts the children of distributed Maps.
//!
//! A child is an execution like any other. Its name follows from its map run, so starting one that was started before
//! changes nothing: one that runs goes on, one that has ended reports its end once more.

use std::{
    ops::Bound,
    sync::{Arc, atomic::Ordering},
};

use futures::{StreamExt, stream};

use super::{
    map_runs::KnownRun,
    redrive::By,
    slot::{Content, Running, Slot},
};
use crate::{
    Error, Status, arn,
    engine::Shared,
    interpreter::{ChildStart, MapRunId, Stimulus},
    layout,
    records::{ChildRecord, ExecutionRow, MachineType, Summary},
    status_event::redrivable,
};

/// How many children of a run are being started, or aborted, at once.
const AT_ONCE: usize = 256;
/// How long a child waits that could not be started, or aborted, milliseconds.
const RETRY_MILLIS: i64 = 1_000;
/// How many children one read of the index brings.
const PAGE: usize = 256;

impl Shared {
    /// Starts children of a map run, in order. `again`: they may have been started before.
    pub(super) fn start_children(
        self: &Arc<Self>,
        running: &Running,
        run: MapRunId,
        children: Vec<ChildStart>,
        again: bool,
    ) {
        let Some(known) = running.map_runs.get(&run) else { return };
        let rows: Vec<ExecutionRow> =
            children.into_iter().map(|child| self.child_row(&running.row, run, known, child)).collect();
        let starts = self.map_runs.starts.entry((running.row.id, run)).or_default().clone();
        let shared = self.clone();
        tokio::spawn(async move {
            let _under_way = starts.gate.read().await;
            let started = stream::iter(rows).for_each_concurrent(AT_ONCE, |row| {
                let (shared, starts) = (shared.clone(), starts.clone());
                async move {
                    if !starts.cancelled.load(Ordering::Acquire) {
                        // A task of its own, so that children start side by side.
                        let _ = tokio::spawn(shared.clone().start_child(row, again)).await;
                        shared.park_oldest();
                    }
                }
            });
            started.await;
        });
    }

    /// Aborts children of a map run that has ended.
    pub(super) fn abort_children(
        self: &Arc<Self>,
        running: &mut Running,
        run: MapRunId,
        redrive: u64,
        names: Vec<Arc<str>>,
    ) {
        let Some(known) = running.map_runs.get(&run) else { return };
        let arns: Vec<Arc<str>> = names.iter().map(|name| self.child_arn(known, name)).collect();
        let starts = self.map_runs.starts.remove(&(running.row.id, run)).map(|(_, starts)| starts);
        let shared = self.clone();
        let aborting = tokio::spawn(async move {
            if let Some(starts) = starts {
                starts.cancelled.store(true, Ordering::Release);
                let _none_under_way = starts.gate.write().await;
            }
            let stopped = stream::iter(arns).for_each_concurrent(AT_ONCE, |arn| {
                let shared = shared.clone();
                async move { shared.stop_child(&arn, redrive).await }
            });
            stopped.await;
        });
        running.aborting.insert(run, aborting);
    }

    /// Aborts the children of a map run that are open in the store.
    pub(super) async fn abort_open_children(self: &Arc<Self>, run: u64) -> Result<(), Error> {
        let upper = layout::key(&[run, Status::Running as u64 + 1]);
        let mut after = layout::key(&[run, Status::Running as u64]);
        loop {
            let (low, high) = (Bound::Excluded(&after[..]), Bound::Excluded(&upper[..]));
            let page = self.store.range(layout::BY_STATUS, low, high, PAGE, false)?;
            let last_page = page.len() < PAGE;
            for (key, bytes) in page {
                let summary: Summary = layout::decode(layout::BY_STATUS, &key, &bytes)?;
                self.stop_child(&summary.arn, u64::MAX).await;
                after = key;
            }
            if last_page {
                return Ok(());
            }
        }
    }

    /// Aborts a child that was taken up after a crash, unless its parent waits for it.
    pub(super) async fn recover_child(self: &Arc<Self>, arn: &Arc<str>, child: &ChildRecord) {
        if !self.is_child_awaited(child).await {
            let (shared, arn, redrive) = (self.clone(), arn.clone(), child.redrive);
            tokio::spawn(async move { shared.stop_child(&arn, redrive).await });
        }
    }

    /// Whether the parent of a child waits for its end. It was taken up before its children, for it is older.
    async fn is_child_awaited(self: &Arc<Self>, child: &ChildRecord) -> bool {
        let slot = self.slot(&child.parent);
        let mut content = slot.content.clone().lock_owned().await;
        match self.load(&slot, &mut content) {
            Ok(()) => {}
            Err(Error::ExecutionDoesNotExist(_)) => return false,
            // It cannot be replayed now.
            Err(_) => return true,
        }
        match &*content {
            Content::Running(parent) => parent.execution.awaits_child(child.run, child.index, child.redrive),
            _ => false,
        }
    }

    /// Aborts a child, unless a later redrive of its map run has started it again. As long as the store fails it tries again:
    /// nobody else would.
    async fn stop_child(self: &Arc<Self>, arn: &Arc<str>, redrive: u64) {
        while let Err(error) = self.try_to_stop_child(arn, redrive).await {
            tracing::error!(execution = %arn, %error, "a child execution could not be aborted");
            if !matches!(error, Error::Store(_)) || !self.wait_to_retry().await {
                break;
            }
        }
        self.park_oldest();
    }

    async fn try_to_stop_child(self: &Arc<Self>, arn: &Arc<str>, redrive: u64) -> Result<(), Error> {
        let slot = self.slot(arn);
        let stopped = Stimulus::Stopped { error: None, cause: None };
        let is_meant =
            move |running: &Running| running.row.child.as_ref().is_some_and(|child| child.redrive <= redrive);
        match self.clone().step(&slot, stopped, is_meant).await {
            Ok(()) | Err(Error::TaskTimedOut | Error::ShutDown | Error::ExecutionDoesNotExist(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Waits until a child may be tried again; answers `false` if the engine stops first.
    async fn wait_to_retry(&self) -> bool {
        let mut stopping = self.stopping.subscribe();
        if self.is_stopping() {
            return false;
        }
        tokio::select! {
            biased;
            () = self.clock.sleep_until(self.clock.now().plus_millis(RETRY_MILLIS)) => true,
            _ = stopping.changed() => false,
        }
    }

    /// Starts an Express child again whose end did not become durable: nothing else is left of it.
    pub(super) fn start_child_again_later(self: &Arc<Self>, row: &ExecutionRow) {
        if row.machine.kind == MachineType::Express && row.child.is_some() {
            let row = ExecutionRow {
                status: Status::Running,
                stopped: None,
                output: None,
                error: None,
                cause: None,
                ..row.clone()
            };
            let shared = self.clone();
            tokio::spawn(async move {
                shared.clock.sleep_until(shared.clock.now().plus_millis(RETRY_MILLIS)).await;
                shared.start_child(row, true).await;
            });
        }
    }

    async fn start_child(self: Arc<Self>, row: ExecutionRow, mut again: bool) {
        while let Err(error) = self.try_to_start_child(row.clone(), again).await {
            if matches!(error, Error::ShutDown | Error::Store(store::Error::Closed)) || self.is_stopping() {
                return;
            }
            tracing::warn!(execution = %row.arn, %error, "a child execution could not be started yet");
            again = true;
            if !self.wait_to_retry().await {
                return;
            }
        }
    }

    async fn try_to_start_child(self: &Arc<Self>, row: ExecutionRow, again: bool) -> Result<(), Error> {
        if self.open.len() >= self.limits.open_executions {
            return Err(Error::ExecutionLimitExceeded(self.limits.open_executions));
        }
        let redrive = redrive_of(&row);
        let mut may_be_known = again || redrive > 0;
        loop {
            let known = match may_be_known {
                true => layout::get::<ExecutionRow>(&*self.store, layout::EXECUTIONS, row.arn.as_bytes())?,
                false => None,
            };
            // It may be parked: what the store has is enough.
            let mut running = known.as_ref().filter(|known| known.status == Status::Running).map(redrive_of);
            if running.is_none() {
                let slot = Arc::new(Slot::new(row.arn.clone()));
                let content = slot.lock_new();
                match (self.claim(&slot), known) {
                    (Some(other), _) => running = self.redrive_of_running(&other).await?,
                    (None, None) => return self.clone().first_step(slot, content, row).await.map(drop),
                    (None, Some(known)) => return self.start_known_child(slot, content, known, row).await,
                }
            }
            match running {
                Some(running) if running >= redrive => return Ok(()),
                // The end of its run has not reached it yet.
                Some(older) => self.stop_child(&row.arn, older).await,
                None => {}
            }
            may_be_known = true;
        }
    }

    /// The redrive under which the execution in a slot was started, if it runs.
    async fn redrive_of_running(self: &Arc<Self>, slot: &Arc<Slot>) -> Result<Option<u64>, Error> {
        let mut content = slot.content.clone().lock_owned().await;
        match self.load(slot, &mut content) {
            Ok(()) | Err(Error::ExecutionDoesNotExist(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(match &*content {
            Content::Running(running) => Some(redrive_of(&running.row)),
            _ => None,
        })
    }

    /// Starts a child again that has ended, in a slot that is this caller's, or reports its end once more.
    async fn start_known_child(
        self: &Arc<Self>,
        slot: Arc<Slot>,
        mut content: tokio::sync::OwnedMutexGuard<Content>,
        mut known: ExecutionRow,
        mut row: ExecutionRow,
    ) -> Result<(), Error> {
        let redrive = redrive_of(&row);
        let is_new = redrive_of(&known) < redrive;
        let is_express = known.machine.kind == MachineType::Express;
        let may_redrive = is_new && (is_express || redrivable(&known, self.clock.now()).is_ok());
        if may_redrive && is_express {
            row.id = known.id;
            return self.clone().first_step(slot, content, row).await.map(drop);
        }
        if may_redrive {
            match self.clone().redrive_claimed(slot, content, By::MapRun(redrive)).await {
                Err(Error::ExecutionNotRedrivable(_)) => {}
                redriven => return redriven.map(drop),
            }
        } else {
            *content = Content::Ended;
            self.vacate(&slot);
        }
        if let Some(child) = &mut known.child {
            child.redrive = redrive;
        }
        self.report_child_end(&known);
        Ok(())
    }

    fn child_row(&self, parent: &ExecutionRow, run: MapRunId, known: &KnownRun, child: ChildStart) -> ExecutionRow {
        let ChildStart { index, name, input, items, redrive } = child;
        ExecutionRow {
            id: self.next_id(),
            arn: self.child_arn(known, &name),
            name,
            machine: known.machine.clone(),
            version_arn: None,
            alias_arn: None,
            input,
            trace_header: parent.trace_header.clone(),
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
            bounds: parent.bounds,
            origin: None,
            child: Some(Box::new(ChildRecord {
                map_run_arn: known.arn.clone(),
                parent: parent.arn.clone(),
                run,
                map_state: known.map_state.clone(),
                label: known.label.clone(),
                index,
                items,
                redrive,
            })),
        }
    }

    /// The ARN of a child. That of an Express one stays the same over redrives too (developer guide, "Redriving Map Runs").
    fn child_arn(&self, known: &KnownRun, name: &str) -> Arc<str> {
        match known.machine.kind {
            MachineType::Standard => arn::execution(&self.partition, &known.machine.name, name).into(),
            MachineType::Express => arn::express(&self.partition, &known.machine.name, name, name).into(),
        }
    }
}

/// The redrive of its map run under which a child was started last.
fn redrive_of(row: &ExecutionRow) -> u64 {
    row.child.as_ref().map_or(0, |child| child.redrive)
}
