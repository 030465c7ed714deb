//! The one way in which anything happens to an execution: decide, make it durable, then perform what was commanded.

use std::sync::Arc;

use store::Transaction;

use super::{
    execution_log,
    map_runs::write_map_runs,
    slot::{Content, Running, Slot},
    start::unstarted,
};
use crate::{
    Error, ExecutionChange,
    engine::Shared,
    interpreter::{Command, Decision, Execution, Job, Outcome, Step, Stimulus, TaskId, decide},
    layout,
    records::{ExecutionRow, JobRecord, MachineType, OpenRecord, Status, StepRecord, TokenRecord},
};

impl Shared {
    /// Makes a step for something that happened inside the engine. One that comes too late means nothing; one that
    /// cannot be made durable will happen again after the replay.
    pub(crate) async fn stimulate(self: Arc<Self>, arn: &Arc<str>, stimulus: Stimulus) {
        match self.stimulate_durably(arn, stimulus).await {
            Ok(()) | Err(Error::TaskTimedOut | Error::ShutDown | Error::ExecutionDoesNotExist(_)) => {}
            Err(error) => tracing::error!(execution = %arn, %error, "a step could not be made"),
        }
    }

    /// Makes a step and answers once it is durable, whether or not the caller still waits for it.
    ///
    /// # Errors
    /// `TaskTimedOut` for a stimulus that comes too late, `ShutDown`, `ExecutionDoesNotExist`, or a store that fails.
    pub(crate) async fn stimulate_durably(self: &Arc<Self>, arn: &Arc<str>, stimulus: Stimulus) -> Result<(), Error> {
        let shared = self.clone();
        let slot = self.slot(arn);
        let made = tokio::spawn(async move {
            let made = shared.clone().step(&slot, stimulus, |_| true).await;
            drop(slot);
            shared.park_oldest();
            made
        });
        made.await.map_err(|_| Error::ShutDown)?
    }

    /// The same in the task of the caller, and only of an execution that `is_meant`.
    pub(super) async fn step(
        self: Arc<Self>,
        slot: &Arc<Slot>,
        stimulus: Stimulus,
        is_meant: impl FnOnce(&Running) -> bool,
    ) -> Result<(), Error> {
        let mut content = slot.content.clone().lock_owned().await;
        self.load(slot, &mut content)?;
        // Taken out for the time of the step: whatever interrupts it leaves the execution to be replayed.
        let running = match std::mem::replace(&mut *content, Content::InDoubt) {
            Content::Running(running) => running,
            other => {
                *content = other;
                return Err(Error::TaskTimedOut);
            }
        };
        if !awaits(&running.execution, &stimulus) || !is_meant(&running) {
            *content = Content::Running(running);
            return Err(Error::TaskTimedOut);
        }
        let stimulus = self.unless_cut_short(&running, stimulus);
        self.make_step(slot, &mut content, running, stimulus).await
    }

    /// What happens to an execution: it ends instead of going on if its state machine is being deleted. The children of a
    /// distributed Map end with their parent.
    pub(super) fn unless_cut_short(&self, running: &Running, stimulus: Stimulus) -> Stimulus {
        let ExecutionRow { machine, child, .. } = &running.row;
        let is_cut_short = leads_on(&stimulus)
            && machine.kind == MachineType::Standard
            && child.is_none()
            && !self.catalog.is_active(&machine.name, machine.id);
        if is_cut_short { Stimulus::Stopped { error: None, cause: None } } else { stimulus }
    }

    /// Decides and commits the step, then performs its commands. After an error `content` is in doubt.
    pub(super) async fn make_step(
        self: &Arc<Self>,
        slot: &Arc<Slot>,
        content: &mut Content,
        mut running: Box<Running>,
        stimulus: Stimulus,
    ) -> Result<(), Error> {
        *content = Content::InDoubt;
        let _until_durable = self.steps.read().await;
        if self.is_stopping() {
            return Err(Error::ShutDown);
        }
        let step = self.new_step(&running.execution, stimulus);
        let first_event = running.execution.next_event_id();
        let before = running.row.status;
        let decision = decide(&mut running.execution, &step);
        set_outcome(&mut running.row, &running.execution, &step);
        self.number_map_runs(&mut running, &decision);
        if let Some(transaction) = self.durable(&mut running, first_event, before, &step, &decision) {
            if let Err(error) = self.store.commit(transaction).await {
                // The step may have ended what was set in motion; what has not ended is set in motion by the replay.
                self.forget_all(&running);
                self.reload_later(slot.clone(), &error);
                self.start_child_again_later(&running.row);
                return Err(error.into());
            }
            if before != running.row.status || begins(&step.stimulus) {
                self.outbox.notify_one();
            }
        }
        running.next_step += 1;
        self.publish(&running, &step, &decision);
        self.perform(&mut running, &step.stimulus, decision.commands);
        self.forget_starts(&running, &decision.map_runs);
        self.settle(slot, content, running);
        Ok(())
    }

    fn new_step(&self, execution: &Execution, stimulus: Stimulus) -> Step {
        let absent = |activity: &&Arc<str>| {
            crate::arn::activity_name(activity).is_ok_and(|name| self.catalog.activity(&name).is_none())
        };
        Step {
            at: self.clock.now(),
            seed: self.clock.random(),
            stimulus,
            absent_activities: execution.activities().filter(absent).cloned().collect(),
        }
    }

    /// What of a step becomes durable: all of it for a Standard execution, for an Express one its end, if it is the child of
    /// a distributed Map.
    fn durable(
        &self,
        running: &mut Running,
        first_event: u64,
        before: Status,
        step: &Step,
        decision: &Decision,
    ) -> Option<Transaction> {
        if running.row.machine.kind == MachineType::Standard {
            return Some(self.transaction(running, first_event, before, step, decision));
        }
        let row = &running.row;
        (row.child.is_some() && row.status != Status::Running).then(|| {
            let mut transaction = Transaction::new();
            layout::insert_ended(&mut transaction, row);
            transaction
        })
    }

    /// Everything that becomes durable with a step.
    fn transaction(
        &self,
        running: &mut Running,
        first_event: u64,
        before: Status,
        step: &Step,
        decision: &Decision,
    ) -> Transaction {
        let mut transaction = Transaction::new();
        write_open_record(&mut transaction, running, before);
        let row = &running.row;
        let ends = row.status != Status::Running;
        match step.stimulus {
            Stimulus::Started => layout::insert_execution(&mut transaction, row),
            Stimulus::Redriven => layout::update_execution(&mut transaction, row, before),
            _ if ends => layout::update_execution(&mut transaction, row, before),
            _ => {}
        }
        if begins(&step.stimulus) {
            let status = Status::Running;
            let as_begun =
                ExecutionRow { status, stopped: None, output: None, error: None, cause: None, ..row.clone() };
            self.post_status_event(&mut transaction, &as_begun);
        }
        if ends {
            self.post_status_event(&mut transaction, row);
        }
        let record = StepRecord { step: step.clone(), events: decision.events.clone() };
        let key = layout::step_key(row.id, first_event, running.next_step);
        transaction.put(layout::STEPS, key, layout::encode(&record));
        for (token, task) in decision.commands.iter().filter_map(new_token) {
            let record = TokenRecord { execution: row.arn.clone(), task };
            transaction.put(layout::TOKENS, token.as_bytes(), layout::encode(&record));
        }
        for job in decision.commands.iter().filter_map(job_to_stop) {
            let record = JobRecord { execution: row.arn.clone(), job: job.clone() };
            transaction.put(layout::JOBS, layout::job_key(row.id, job), layout::encode(&record));
        }
        write_map_runs(&mut transaction, running, decision);
        transaction
    }

    fn publish(&self, running: &Running, step: &Step, decision: &Decision) {
        execution_log::write(&running.row, &decision.events);
        let events = running.execution.next_event_id() - 1;
        // Nobody may be listening.
        let _ = self.changes.send(ExecutionChange::of(&running.row, step.at, decision.events.len(), events));
    }

    /// Puts the execution back into its slot, or ends the slot with it.
    fn settle(self: &Arc<Self>, slot: &Arc<Slot>, content: &mut Content, mut running: Box<Running>) {
        if running.row.status == Status::Running {
            self.open.insert(running.row.id);
            self.note_loaded(&slot.arn, &mut running);
            *content = Content::Running(running);
            return;
        }
        self.forget_all(&running);
        *content = Content::Ended;
        self.delete_with_last(&running.row);
        if self.limits.retention.per_machine.is_some() {
            self.ended.notify_one();
        }
        self.announce_end(slot, running.row);
    }

    /// An execution has ended: its slot goes, and whoever waits for its end is told.
    pub(super) fn announce_end(self: &Arc<Self>, slot: &Arc<Slot>, row: ExecutionRow) {
        self.open.remove(&row.id);
        self.vacate(slot);
        self.report_child_end(&row);
        slot.announce_end(Arc::new(row));
    }

    /// An execution that has made no step yet, as a replay begins with it.
    pub(super) fn unstarted(&self, row: &ExecutionRow) -> Result<Execution, Error> {
        unstarted(self.catalog.definition(&row.machine.definition)?, row)
    }
}

/// Whether a step with this stimulus still means something.
fn awaits(execution: &Execution, stimulus: &Stimulus) -> bool {
    match stimulus {
        Stimulus::TaskSucceeded { task, .. } | Stimulus::TaskFailed { task, .. } | Stimulus::Heartbeat { task } => {
            execution.is_live(*task)
        }
        Stimulus::TaskSubmitted { task, .. } => execution.is_live(*task) && !execution.is_submitted(*task),
        Stimulus::ActivityStarted { task, .. } => execution.is_live(*task) && !execution.is_started(*task),
        Stimulus::TimerFired { timer } => execution.pending_timers().any(|(pending, _)| pending == *timer),
        Stimulus::ItemsRead { run, .. } => execution.awaits_items(*run),
        Stimulus::ResultsWritten { run, .. } => execution.awaits_results(*run),
        Stimulus::MapRunUpdated { run, .. } => execution.map_run(*run).is_some(),
        Stimulus::ChildrenEnded { ended } => {
            ended.iter().any(|end| execution.awaits_child(end.run, end.index, end.redrive))
        }
        // A redrive is of an execution that has ended.
        Stimulus::Redriven => false,
        Stimulus::Started | Stimulus::Stopped { .. } | Stimulus::ExecutionTimedOut => true,
    }
}

/// Whether a stimulus takes a state to its end, so that a state transition follows.
fn leads_on(stimulus: &Stimulus) -> bool {
    use Stimulus::{ChildrenEnded, ItemsRead, ResultsWritten, TaskFailed, TaskSucceeded, TimerFired};
    matches!(
        stimulus,
        TaskSucceeded { .. }
            | TaskFailed { .. }
            | TimerFired { .. }
            | ItemsRead { .. }
            | ChildrenEnded { .. }
            | ResultsWritten { .. }
    )
}

/// Whether an execution begins with this stimulus, for the first time or again.
fn begins(stimulus: &Stimulus) -> bool {
    matches!(stimulus, Stimulus::Started | Stimulus::Redriven)
}

/// Puts the record of an open execution, where it differs from the one in the store, or removes it.
fn write_open_record(transaction: &mut Transaction, running: &mut Running, before: Status) {
    let (row, is_new) = (&running.row, running.next_step == 0);
    if row.status == Status::Running {
        let record = layout::encode(&OpenRecord::of(row, &running.execution));
        if running.open_record.as_ref() != Some(&record) {
            transaction.put(layout::OPEN, layout::key(&[row.id]), record.clone());
            running.open_record = Some(record);
        }
    } else if before == Status::Running && !is_new {
        transaction.delete(layout::OPEN, layout::key(&[row.id]));
    }
}

fn new_token(command: &Command) -> Option<(&str, TaskId)> {
    match command {
        Command::Task(request) => request.token.as_deref().map(|token| (token, request.task)),
        _ => None,
    }
}

fn job_to_stop(command: &Command) -> Option<&Job> {
    match command {
        Command::StopJob(job) => Some(job),
        _ => None,
    }
}

/// Writes the outcome of the execution into its row.
fn set_outcome(row: &mut ExecutionRow, execution: &Execution, step: &Step) {
    if step.stimulus == Stimulus::Redriven {
        row.redrive_count += 1;
        row.redriven = Some(step.at);
    }
    (row.status, row.output, row.error, row.cause) = match execution.outcome().clone() {
        Outcome::Running => (Status::Running, None, None, None),
        Outcome::Succeeded(output) => (Status::Succeeded, Some(output), None, None),
        Outcome::Failed { error, cause } => (Status::Failed, None, error, cause),
        Outcome::TimedOut => (Status::TimedOut, None, None, None),
        Outcome::Aborted { error, cause } => (Status::Aborted, None, error, cause),
    };
    let ended = row.status != Status::Running;
    row.stopped = ended.then_some(step.at);
    row.events = execution.next_event_id() - 1;
}
