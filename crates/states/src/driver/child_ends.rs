//! Brings the ends of children of distributed Maps to their parents: as many in one step as have come together.

use std::sync::Arc;

use super::slot::{Content, Slot};
use crate::{
    Error, Status,
    engine::Shared,
    interpreter::{ChildEnd, ChildOutcome, Stimulus},
    items::child_result,
    records::{ExecutionRow, MachineType},
    status_event::redrivable,
};

/// How many ends one step brings.
const MAX_ENDS: usize = 1_000;
/// How much output one step brings, bytes; one more end may go beyond it.
const MAX_BYTES: usize = 4 << 20;

/// Ends that a parent has not heard of. It is there for as long as somebody brings them.
#[derive(Default)]
pub(super) struct Inbox(Vec<ChildEnd>);

impl Shared {
    /// Sends the end of an execution to its parent, if it is a child of a distributed Map.
    pub(super) fn report_child_end(self: &Arc<Self>, row: &ExecutionRow) {
        let Some(child) = &row.child else { return };
        let is_express = row.machine.kind == MachineType::Express;
        let redrivable = is_express || redrivable(row, self.clock.now()).is_ok();
        let outcome = match row.status {
            Status::Running => return,
            Status::Succeeded => ChildOutcome::Succeeded,
            Status::Failed => ChildOutcome::Failed { redrivable },
            Status::TimedOut => ChildOutcome::TimedOut { redrivable },
            Status::Aborted => ChildOutcome::Aborted { redrivable },
        };
        let output = match &row.output {
            Some(output) => output.clone(),
            None => child_result(row, self.clock.now()).to_string().into(),
        };
        let end = ChildEnd { run: child.run, index: child.index, redrive: child.redrive, outcome, output };
        let mut is_first = false;
        let inbox = self.map_runs.inboxes.entry(child.parent.clone());
        inbox
            .or_insert_with(|| {
                is_first = true;
                Inbox::default()
            })
            .0
            .push(end);
        if is_first {
            let (shared, parent) = (self.clone(), child.parent.clone());
            tokio::spawn(async move { shared.bring_child_ends(parent).await });
        }
    }

    /// Makes steps of the parent until its inbox is empty.
    ///
    /// An end that does not become durable comes again: its parent is replayed and starts the child again, which has ended.
    async fn bring_child_ends(self: Arc<Self>, parent: Arc<str>) {
        while self.has_child_ends(&parent) {
            let slot = self.slot(&parent);
            // While this waits for an earlier step, more ends come together.
            let mut content = slot.content.clone().lock_owned().await;
            let ended = self.take_child_ends(&parent);
            let made = self.step_with_child_ends(&slot, &mut content, ended).await;
            match made {
                Ok(()) | Err(Error::ShutDown | Error::ExecutionDoesNotExist(_)) => {}
                Err(error) => tracing::error!(execution = %parent, %error, "ends of child executions must come again"),
            }
        }
        self.park_oldest();
    }

    async fn step_with_child_ends(
        self: &Arc<Self>,
        slot: &Arc<Slot>,
        content: &mut Content,
        mut ended: Vec<ChildEnd>,
    ) -> Result<(), Error> {
        self.load(slot, content)?;
        match std::mem::replace(content, Content::InDoubt) {
            Content::Running(running) => {
                ended.retain(|end| running.execution.awaits_child(end.run, end.index, end.redrive));
                if ended.is_empty() {
                    *content = Content::Running(running);
                    return Ok(());
                }
                let stimulus = self.unless_cut_short(&running, Stimulus::ChildrenEnded { ended });
                self.make_step(slot, content, running, stimulus).await
            }
            other => {
                *content = other;
                Ok(())
            }
        }
    }

    /// Whether there are ends in an inbox; takes the inbox away when there are none.
    fn has_child_ends(&self, parent: &Arc<str>) -> bool {
        self.map_runs.inboxes.remove_if(parent, |_, inbox| inbox.0.is_empty()).is_none()
    }

    /// The oldest ends in an inbox.
    fn take_child_ends(&self, parent: &Arc<str>) -> Vec<ChildEnd> {
        let Some(mut inbox) = self.map_runs.inboxes.get_mut(parent) else { return Vec::new() };
        let mut bytes = 0;
        let fit = inbox.0.iter().take(MAX_ENDS).take_while(|end| {
            let fits = bytes <= MAX_BYTES;
            bytes += end.output.len();
            fits
        });
        let count = fit.count();
        inbox.0.drain(..count).collect()
    }
}
