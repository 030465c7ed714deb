//! Commits in doubt: the store has reported a failure, and the step may have become durable all the same.
//!
//! Nobody was told of the step then, and nothing that it commands was performed. What the execution waits for is set in
//! motion by its replay; the rest is made good here.

use std::sync::Arc;

use super::slot::{Content, Slot};
use crate::{Error, ExecutionChange, engine::Shared, interpreter::MapRunStatus, layout, records::ExecutionRow};

/// How long a dropped execution waits before it is replayed, milliseconds.
const RELOAD_MILLIS: i64 = 1_000;
/// How many map runs of an execution one read brings.
const PAGE: usize = 256;

impl Shared {
    /// Replays a dropped execution after a while, so that its tasks and timers go on.
    pub(super) fn reload_later(self: &Arc<Self>, slot: Arc<Slot>, error: &store::Error) {
        if matches!(error, store::Error::Conflict | store::Error::Closed) {
            return;
        }
        tracing::error!(execution = %slot.arn, %error, "a step did not become durable; the execution is replayed");
        let shared = self.clone();
        tokio::spawn(async move {
            let mut stopping = shared.stopping.subscribe();
            while !shared.is_stopping() {
                let wait = shared.clock.sleep_until(shared.clock.now().plus_millis(RELOAD_MILLIS));
                tokio::select! {
                    biased;
                    () = wait => {}
                    _ = stopping.changed() => return,
                }
                match shared.settle_doubt(&slot).await {
                    Ok(()) | Err(Error::ExecutionDoesNotExist(_)) => return,
                    Err(error) => {
                        tracing::error!(execution = %slot.arn, %error, "the execution cannot be replayed yet")
                    }
                }
            }
        });
    }

    async fn settle_doubt(self: &Arc<Self>, slot: &Arc<Slot>) -> Result<(), Error> {
        let mut content = slot.content.clone().lock_owned().await;
        self.load(slot, &mut content)?;
        self.tell_again(&slot.arn, &content)?;
        drop(content);
        let row: Option<ExecutionRow> = layout::get(&*self.store, layout::EXECUTIONS, slot.arn.as_bytes())?;
        let Some(row) = row else { return Ok(()) };
        self.stop_jobs_of(row.id)?;
        self.abort_children_of_ended_runs(row.id).await
    }

    /// Tells how an execution stands of which a commit was in doubt: it may have been made, and its status event waits.
    pub(super) fn tell_again(&self, arn: &Arc<str>, content: &Content) -> Result<(), Error> {
        self.outbox.notify_one();
        let row: Option<ExecutionRow> = layout::get(&*self.store, layout::EXECUTIONS, arn.as_bytes())?;
        let Some(row) = row else { return Ok(()) };
        let events = match content {
            Content::Running(running) => running.execution.next_event_id() - 1,
            Content::Parked | Content::InDoubt | Content::Ended | Content::Gone => row.events,
        };
        let at = self.clock.now();
        // Nobody may be listening.
        let _ = self.changes.send(ExecutionChange::of(&row, at, 0, events));
        Ok(())
    }

    /// Aborts the children that still run although the map run that started them has ended.
    async fn abort_children_of_ended_runs(self: &Arc<Self>, execution: u64) -> Result<(), Error> {
        let mut after = 0;
        loop {
            let page = layout::map_runs_of(&*self.store, execution, after, PAGE)?;
            let last_page = page.len() < PAGE;
            for run in page {
                after = run.id;
                if run.state.status != MapRunStatus::Running {
                    self.abort_open_children(run.id).await?;
                }
            }
            if last_page {
                return Ok(());
            }
        }
    }
}
