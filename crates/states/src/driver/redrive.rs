//! The redrive of an execution: replayed from its steps, it goes on with one more.

use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;

use super::slot::{Content, Slot};
use crate::{Error, engine::Shared, interpreter::Stimulus, layout, records::ExecutionRow, status_event::redrivable};

/// Who redrives an execution.
pub(super) enum By {
    /// A caller of RedriveExecution, with its `clientToken`.
    Caller(Option<String>),
    /// The redrive of its map run, by its number.
    MapRun(u64),
}

impl Shared {
    /// Redrives an execution that ended without success; answers its row once the redrive is durable.
    ///
    /// # Errors
    /// `ExecutionNotRedrivable`, `ExecutionLimitExceeded`, `ExecutionDoesNotExist`, or a store that fails.
    pub(crate) async fn redrive(
        self: &Arc<Self>,
        arn: &Arc<str>,
        token: Option<String>,
    ) -> Result<ExecutionRow, Error> {
        let row = self.execution_row(arn)?;
        if row.child.is_some() {
            // No recording shows AWS's text.
            let reason = "Execution is a child of a Map Run and can only be redriven by the Map Run";
            return Err(Error::ExecutionNotRedrivable(reason.to_owned()));
        }
        if self.open.len() >= self.limits.open_executions {
            return Err(Error::ExecutionLimitExceeded(self.limits.open_executions));
        }
        let slot = Arc::new(Slot::new(arn.clone()));
        let content = slot.lock_new();
        while let Some(other) = self.claim(&slot) {
            let mut content = other.content.clone().lock_owned().await;
            self.load(&other, &mut content)?;
            if matches!(&*content, Content::Running(_)) {
                return Err(Error::ExecutionNotRedrivable("Execution is RUNNING and cannot be redriven".to_owned()));
            }
        }
        // A spawned task, because a caller that goes away must not stop a redrive halfway.
        let shared = self.clone();
        let made = tokio::spawn(async move { shared.redrive_claimed(slot, content, By::Caller(token)).await });
        made.await.map_err(|_| Error::ShutDown)?
    }

    /// The same for an execution whose slot is new and this caller's.
    pub(super) async fn redrive_claimed(
        self: Arc<Self>,
        slot: Arc<Slot>,
        mut content: OwnedMutexGuard<Content>,
        by: By,
    ) -> Result<ExecutionRow, Error> {
        let made = self.redriving_step(&slot, &mut content, by).await;
        if made.is_err() {
            // Whether or not the redrive became durable: what the store says is loaded, now or when the slot is used next.
            let loaded = self.load(&slot, &mut content).and_then(|()| self.tell_again(&slot.arn, &content));
            loaded.unwrap_or_else(|error| tracing::warn!(execution = %slot.arn, %error, "a redrive is in doubt"));
        }
        made?;
        self.execution_row(&slot.arn)
    }

    async fn redriving_step(self: &Arc<Self>, slot: &Arc<Slot>, content: &mut Content, by: By) -> Result<(), Error> {
        let row = self.execution_row(&slot.arn)?;
        redrivable(&row, self.clock.now()).map_err(|reason| Error::ExecutionNotRedrivable(reason.to_owned()))?;
        let machine = &row.machine;
        // That of a child is not in the catalog: its parent's was, when the parent was redriven.
        if row.child.is_none() && !self.catalog.is_active(&machine.name, machine.id) {
            return Err(Error::ExecutionNotRedrivable("State machine is in DELETING status".to_owned()));
        }
        let mut running = Box::new(self.replay(row)?);
        if !running.execution.can_go_on() {
            return Err(Error::ExecutionNotRedrivable("Execution has no state that can be redriven".to_owned()));
        }
        match by {
            By::Caller(token) => running.row.redrive_token = token,
            By::MapRun(redrive) => {
                if let Some(child) = &mut running.row.child {
                    child.redrive = redrive;
                }
            }
        }
        self.make_step(slot, content, running, Stimulus::Redriven).await
    }

    pub(super) fn execution_row(&self, arn: &Arc<str>) -> Result<ExecutionRow, Error> {
        let row = layout::get(&*self.store, layout::EXECUTIONS, arn.as_bytes())?;
        row.ok_or_else(|| Error::ExecutionDoesNotExist(arn.to_string()))
    }
}
