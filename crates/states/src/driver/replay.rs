//! Rebuilding executions from their steps: one by one where a commit was in doubt, and all running ones at start.

use std::{ops::Bound, sync::Arc};

use super::slot::{Content, Running, Slot};
use crate::{
    Error,
    engine::Shared,
    integrations::Resource,
    interpreter::{Command, Stimulus, decide},
    layout,
    records::{ExecutionRow, Status},
};

/// How many running executions one read brings.
const PAGE: usize = 256;

impl Shared {
    /// Starts what runs beside the executions.
    pub(crate) fn start_background(self: &Arc<Self>) {
        tokio::spawn(self.clone().run_timers());
        tokio::spawn(self.clone().run_outbox());
        tokio::spawn(self.clone().run_lifespans());
        tokio::spawn(self.clone().run_retention());
    }

    /// Takes up every running execution of the store.
    ///
    /// # Errors
    /// A store that fails. An execution that cannot be replayed is logged and left alone.
    pub(crate) async fn recover_executions(self: &Arc<Self>) -> Result<(), Error> {
        let mut after = Vec::new();
        loop {
            let page = self.store.range(layout::OPEN, Bound::Excluded(&after), Bound::Unbounded, PAGE, false)?;
            let last_page = page.len() < PAGE;
            for (key, arn) in page {
                self.recover_execution(&String::from_utf8_lossy(&arn)).await;
                after = key;
            }
            if last_page {
                return Ok(());
            }
        }
    }

    async fn recover_execution(self: &Arc<Self>, arn: &str) {
        let arn: Arc<str> = arn.into();
        let slot = self.live.entry(arn.clone()).or_insert_with(|| Arc::new(Slot::new(arn.clone()))).clone();
        let mut content = slot.content.clone().lock_owned().await;
        if let Err(error) = self.load(&slot, &mut content) {
            tracing::error!(execution = %arn, %error, "the execution cannot be taken up");
        }
        let Content::Running(running) = &*content else { return };
        let machine = &running.row.machine;
        if self.catalog.machine(&machine.name).is_none_or(|found| found.id != machine.id) {
            // Its machine went while it was started, or was replaced.
            let shared = self.clone();
            let stopped = Stimulus::Stopped { error: None, cause: None };
            tokio::spawn(async move { shared.stimulate(&arn, stopped).await });
        }
    }

    /// Fills an empty slot from the store and performs what the execution waits for.
    ///
    /// # Errors
    /// `ExecutionDoesNotExist`, steps that give another history than they gave, or a store that fails.
    pub(super) fn load(self: &Arc<Self>, slot: &Arc<Slot>, content: &mut Content) -> Result<(), Error> {
        if !matches!(content, Content::Unloaded) {
            return Ok(());
        }
        let row: Option<ExecutionRow> = layout::get(&*self.store, layout::EXECUTIONS, slot.arn.as_bytes())?;
        let Some(row) = row else {
            self.vacate(slot);
            return Err(Error::ExecutionDoesNotExist(slot.arn.to_string()));
        };
        if row.status != Status::Running {
            *content = Content::Ended;
            self.vacate(slot);
            slot.announce_end(Arc::new(row));
            return Ok(());
        }
        let mut running = Box::new(self.replay(row)?);
        self.resume(&mut running);
        *content = Content::Running(running);
        Ok(())
    }

    /// Takes a slot out of its place, if it still is there.
    pub(super) fn vacate(&self, slot: &Arc<Slot>) {
        self.live.remove_if(&slot.arn, |_, there| Arc::ptr_eq(there, slot));
    }

    pub(super) fn replay(&self, row: ExecutionRow) -> Result<Running, Error> {
        let mut execution = self.unstarted(&row)?;
        let mut steps = 0;
        layout::for_each_step(&*self.store, row.id, |number, record| {
            let decision = decide(&mut execution, &record.step);
            steps = number + 1;
            if decision.events == record.events {
                return Ok(());
            }
            Err(Error::Corrupt {
                what: format!("step {number} of {}", row.arn),
                cause: "its replay gives another history".to_owned(),
            })
        })?;
        Ok(Running::new(row, execution, steps))
    }

    /// Sets the timers of a replayed execution and issues its tasks again.
    fn resume(self: &Arc<Self>, running: &mut Running) {
        let timers: Vec<_> = running.execution.pending_timers().collect();
        for (timer, due) in timers {
            self.perform_one(running, Command::SetTimer { timer, due }, true);
        }
        let tasks: Vec<_> = running.execution.live_tasks().cloned().collect();
        for request in tasks {
            let with_worker = Resource::parse(&request.resource) == Resource::Activity;
            if with_worker && running.execution.is_started(request.task) {
                // The worker has the token; its answer comes through SendTask.
                running.tasks.insert(request.task);
            } else {
                self.perform_one(running, Command::Task(request), true);
            }
        }
    }
}
