//! The recovery at start: every running execution is taken up.
//!
//! Most wait for timers and for answers to tokens: of these the record among the open executions says enough. Only an
//! execution with a task to issue again, or with a map run, is replayed.

use std::{ops::Bound, sync::Arc};

use super::slot::Content;
use crate::{Error, arn, engine::Shared, interpreter::Stimulus, layout, records::OpenRecord};

/// How many running executions one read brings.
const PAGE: usize = 1_024;

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
            for (key, bytes) in page {
                self.recover_execution(OpenRecord::read(&key, &bytes)?).await;
                after = key;
            }
            if last_page {
                return Ok(());
            }
        }
    }

    async fn recover_execution(self: &Arc<Self>, record: OpenRecord) {
        self.open.insert(record.id);
        let mut machine_id = record.machine;
        if record.must_replay {
            machine_id = self.take_up(&record.arn).await;
        } else {
            for (timer, due) in record.timers {
                self.timers.set(due, record.id, timer, &record.arn);
            }
        }
        if let Some(child) = record.child {
            return self.recover_child(&record.arn, &child).await;
        }
        let machine = arn::machine_of_execution(&record.arn).and_then(|name| self.catalog.machine(name));
        if machine_id.is_some_and(|id| machine.is_none_or(|found| found.id != id)) {
            // Its machine went while it was started, or was replaced.
            let shared = self.clone();
            let stopped = Stimulus::Stopped { error: None, cause: None };
            tokio::spawn(async move { shared.stimulate(&record.arn, stopped).await });
        }
    }

    /// Replays an execution and performs what it waits for; answers the id of its machine if it runs.
    async fn take_up(self: &Arc<Self>, arn: &Arc<str>) -> Option<u64> {
        let machine = self.replay_and_resume(arn).await;
        self.park_oldest();
        machine
    }

    async fn replay_and_resume(self: &Arc<Self>, arn: &Arc<str>) -> Option<u64> {
        let slot = self.slot(arn);
        let mut content = slot.content.clone().lock_owned().await;
        if let Err(error) = self.load(&slot, &mut content) {
            tracing::error!(execution = %arn, %error, "the execution cannot be taken up");
        }
        let Content::Running(running) = &mut *content else { return None };
        // Also where something has happened to it already: nothing was performed for it in this process before that.
        self.resume(running);
        Some(running.row.machine.id)
    }
}
