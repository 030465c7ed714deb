//! Rebuilding an execution from its steps.

use std::sync::Arc;

use super::slot::{Content, Running, Slot};
use crate::{
    Error, PendingTask,
    engine::Shared,
    interpreter::{Command, decide},
    layout,
    records::{ExecutionRow, Status, must_be_issued},
};

impl Shared {
    /// Brings an execution that is not in memory back, by a replay. After a commit in doubt it performs again what it
    /// waits for.
    ///
    /// # Errors
    /// `ExecutionDoesNotExist`, steps that give another history than they gave, or a store that fails.
    pub(super) fn load(self: &Arc<Self>, slot: &Arc<Slot>, content: &mut Content) -> Result<(), Error> {
        let Some(row) = self.look_up(slot, content)? else { return Ok(()) };
        let mut running = Box::new(self.replay(row)?);
        if matches!(content, Content::InDoubt) {
            self.resume(&mut running);
        }
        self.open.insert(running.row.id);
        self.note_loaded(&slot.arn, &mut running);
        *content = Content::Running(running);
        Ok(())
    }

    /// The row of an execution that runs and is not in memory. One that has ended empties its slot.
    ///
    /// # Errors
    /// `ExecutionDoesNotExist`, or a store that fails.
    fn look_up(self: &Arc<Self>, slot: &Arc<Slot>, content: &mut Content) -> Result<Option<ExecutionRow>, Error> {
        if matches!(content, Content::Running(_) | Content::Ended) {
            return Ok(None);
        }
        if matches!(content, Content::Gone) {
            return Err(Error::ExecutionDoesNotExist(slot.arn.to_string()));
        }
        let row: Option<ExecutionRow> = layout::get(&*self.store, layout::EXECUTIONS, slot.arn.as_bytes())?;
        let Some(row) = row else {
            *content = Content::Gone;
            self.vacate(slot);
            return Err(Error::ExecutionDoesNotExist(slot.arn.to_string()));
        };
        if row.status == Status::Running {
            return Ok(Some(row));
        }
        *content = Content::Ended;
        self.announce_end(slot, row);
        Ok(None)
    }

    /// Completes when an execution of this engine has ended; at once if there is none.
    pub(crate) async fn wait_for_end(self: &Arc<Self>, arn: &Arc<str>) -> Result<(), Error> {
        let slot = self.slot(arn);
        let mut content = slot.content.clone().lock_owned().await;
        match self.look_up(&slot, &mut content) {
            Ok(_) => {}
            Err(Error::ExecutionDoesNotExist(_)) => return Ok(()),
            Err(error) => return Err(error),
        }
        drop(content);
        slot.wait_for_end().await;
        Ok(())
    }

    /// Takes a slot out of its place, if it still is there.
    pub(super) fn vacate(&self, slot: &Arc<Slot>) {
        self.live.remove_if(&slot.arn, |_, there| Arc::ptr_eq(there, slot));
    }

    /// Takes a parked slot out of its place if nobody else has it: who has one makes the next step in it.
    pub(super) fn vacate_unused(&self, slot: Arc<Slot>) {
        let arn = slot.arn.clone();
        drop(slot);
        self.live.remove_if(&arn, |_, slot| Arc::strong_count(slot) == 1 && slot.is_parked());
    }

    /// The tasks of an execution that wait for an answer to their token now, oldest first.
    pub(crate) async fn tasks_with_token(self: &Arc<Self>, arn: &Arc<str>) -> Result<Vec<PendingTask>, Error> {
        let slot = self.slot(arn);
        let mut content = slot.content.clone().lock_owned().await;
        self.load(&slot, &mut content)?;
        let tasks = match &*content {
            Content::Running(running) => running.pending_tasks().collect(),
            Content::Parked | Content::InDoubt | Content::Ended | Content::Gone => Vec::new(),
        };
        drop(content);
        drop(slot);
        self.park_oldest();
        Ok(tasks)
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
        let mut running = Running::adopted(row, execution, steps);
        self.find_map_runs(&mut running)?;
        Ok(running)
    }

    /// Replays an execution and compares: its steps give the history that they gave, and a running execution stands where
    /// the replay says.
    ///
    /// # Errors
    /// `Corrupt` where they differ, `ExecutionDoesNotExist`, or a store that fails.
    pub(crate) async fn verify(&self, arn: &str) -> Result<(), Error> {
        let slot = self.live.get(arn).map(|slot| slot.clone());
        let content = match &slot {
            Some(slot) => Some(slot.content.lock().await),
            None => None,
        };
        let row: Option<ExecutionRow> = layout::get(&*self.store, layout::EXECUTIONS, arn.as_bytes())?;
        let replayed = self.replay(row.ok_or_else(|| Error::ExecutionDoesNotExist(arn.to_owned()))?)?;
        match content.as_deref() {
            Some(Content::Running(running)) if running.execution.fingerprint() != replayed.execution.fingerprint() => {
                Err(Error::Corrupt {
                    what: format!("execution {arn}"),
                    cause: "its replay stands elsewhere than it does".to_owned(),
                })
            }
            _ => Ok(()),
        }
    }

    /// Sets the timers of a replayed execution, issues its tasks again and goes on with its map runs.
    pub(super) fn resume(self: &Arc<Self>, running: &mut Running) {
        let timers: Vec<_> = running.execution.pending_timers().collect();
        for (timer, due) in timers {
            self.perform_one(running, Command::SetTimer { timer, due }, true);
        }
        for command in running.execution.map_run_commands() {
            self.perform_one(running, command, true);
        }
        let tasks: Vec<_> = running.execution.live_tasks().cloned().collect();
        for request in tasks {
            if must_be_issued(&running.execution, &request) {
                self.perform_one(running, Command::Task(request), true);
            }
        }
    }
}
