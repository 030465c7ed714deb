//! DeleteStateMachine's second half: a machine that is being deleted goes when none of its executions runs any more.
//!
//! Its executions end at their next state transition (`step`), which may take them long: a task that waits for its
//! token, or a Wait state, goes on waiting.

use std::{ops::Bound, sync::Arc};

use crate::{
    Error, Status,
    engine::Shared,
    layout,
    records::{ExecutionRow, Machine, MachineType},
};

impl Shared {
    /// Removes the state machine of an execution that has ended, if it was the last one of a machine in deletion.
    pub(super) fn delete_with_last(self: &Arc<Self>, row: &ExecutionRow) {
        let machine = &row.machine;
        if machine.kind == MachineType::Express || self.catalog.is_active(&machine.name, machine.id) {
            return;
        }
        let Some(machine) = self.catalog.machine(&machine.name).filter(|found| found.id == machine.id) else { return };
        let shared = self.clone();
        tokio::spawn(async move {
            if let Err(error) = shared.finish_deletion(&machine).await {
                tracing::error!(machine = machine.name, %error, "a state machine stays in deletion");
            }
        });
    }

    /// Goes on with deletions that a stop or a crash has interrupted.
    ///
    /// # Errors
    /// A store that fails.
    pub(crate) async fn finish_deletions(&self) -> Result<(), Error> {
        for machine in self.catalog.machines_in_deletion() {
            self.finish_deletion(&machine).await?;
        }
        Ok(())
    }

    /// Removes a state machine that is being deleted, unless executions of it still run.
    ///
    /// # Errors
    /// A store that fails.
    pub(crate) async fn finish_deletion(&self, machine: &Machine) -> Result<(), Error> {
        let changes = self.catalog.lock().await;
        let found = self.catalog.machine(&machine.name);
        let is_there = found.is_some_and(|found| found.id == machine.id && found.deleting);
        if is_there && !self.has_running(machine.id)? {
            self.catalog.remove_machine(&changes, machine).await?;
        }
        Ok(())
    }

    fn has_running(&self, machine: u64) -> Result<bool, Error> {
        let lower = layout::key(&[machine, Status::Running as u64]);
        let upper = layout::key(&[machine, Status::Running as u64 + 1]);
        let (lower, upper) = (Bound::Included(&lower[..]), Bound::Excluded(&upper[..]));
        Ok(!self.store.range(layout::BY_STATUS, lower, upper, 1, false)?.is_empty())
    }
}
