//! [`decide`]: the one function that changes an execution, and how it begins and ends.

use std::sync::Arc;

use super::{
    Command, Decision, Execution, ExecutionKind, Outcome, Step, Stimulus,
    frame::{Frame, FrameId},
    problem::Problem,
    redrive::Wreck,
    run::{Run, Unit},
    timers::{Purpose, seconds_after},
};
use crate::history::{EventDetails, Failure};

/// The top level is the first frame.
pub(super) const TOP: FrameId = FrameId(0);

/// How long an Express execution may run.
const MAX_EXPRESS_SECONDS: u64 = 300;

/// What follows from a step.
///
/// Total: a stimulus that does not fit (a late result, a second start, anything after the end) gives an empty decision
/// and leaves the execution as it is.
pub fn decide(execution: &mut Execution, step: &Step) -> Decision {
    let has_begun = execution.next_event_id > 1;
    let fits = match step.stimulus {
        Stimulus::Started => !has_begun && execution.is_running(),
        Stimulus::Redriven => has_begun && execution.can_go_on(),
        _ => has_begun && execution.is_running(),
    };
    if !fits {
        return Decision::default();
    }
    let mut run = Run::new(execution, step);
    run.apply(&step.stimulus);
    run.drain();
    run.note_changed_runs();
    run.decision
}

impl Run<'_> {
    fn apply(&mut self, stimulus: &Stimulus) {
        match stimulus {
            Stimulus::Started => self.start(),
            Stimulus::TaskSucceeded { task, output } => self.task_succeeded(*task, output),
            Stimulus::TaskFailed { task, error, cause } => {
                self.task_failed(*task, Problem::given(error.as_deref(), cause.as_deref()));
            }
            Stimulus::TaskSubmitted { task, output } => self.task_submitted(*task, output),
            Stimulus::ActivityStarted { task, worker } => self.activity_started(*task, worker.as_deref()),
            Stimulus::Heartbeat { task } => self.heartbeat(*task),
            Stimulus::TimerFired { timer } => self.timer_fired(*timer),
            Stimulus::ExecutionTimedOut => self.time_out_execution(),
            Stimulus::ItemsRead { run, items } => self.items_read(*run, items),
            Stimulus::ChildrenEnded { ended } => self.children_ended(ended),
            Stimulus::ResultsWritten { run, output } => self.results_written(*run, output),
            Stimulus::MapRunUpdated { run, update } => self.update_map_run(*run, update),
            Stimulus::Redriven => self.redrive(),
            Stimulus::Stopped { error, cause } => self.abort_execution(error.as_deref(), cause.as_deref()),
        }
    }

    fn start(&mut self) {
        let identity = self.execution.identity.clone();
        let started = EventDetails::ExecutionStarted {
            input: identity.input.clone(),
            role_arn: identity.role_arn.clone(),
            state_machine_alias_arn: identity.state_machine_alias_arn.clone(),
            state_machine_version_arn: identity.state_machine_version_arn.clone(),
            forked_from: self.execution.forked_from(),
        };
        self.append(0, started);
        let (state, variables) = self.execution.first();
        // The first StateEntered follows from event 0, not from ExecutionStarted (recorded on AWS).
        let top = Frame { parent: None, last_event: 0, variables: Arc::new(variables), map_item: None, active: None };
        let frame = self.add_frame(top);
        self.set_execution_timer();
        match self.execution.first_input() {
            Ok(input) => self.later(Unit::Enter { frame, state, input }),
            Err(message) => self.fail_execution(Problem::given(Some("States.Runtime"), Some(&message)).failure),
        }
    }

    /// Starts the execution's time, or starts it anew on a redrive.
    pub(super) fn set_execution_timer(&mut self) {
        if let Some(seconds) = self.timeout_seconds() {
            self.set_timer(seconds_after(self.at, seconds), Purpose::ExecutionTimeout);
        }
    }

    /// `TimeoutSeconds` of the machine, within the five minutes of an Express execution.
    fn timeout_seconds(&self) -> Option<u64> {
        // That of the definition is its parent's, in a child of a distributed Map.
        let is_top = self.execution.identity.map_state.is_none();
        let own = self.definition.timeout_seconds.filter(|_| is_top);
        match self.execution.identity.kind {
            ExecutionKind::Standard => own,
            ExecutionKind::Express => Some(own.unwrap_or(MAX_EXPRESS_SECONDS).min(MAX_EXPRESS_SECONDS)),
        }
    }

    /// The top level has gone through its last state.
    pub(super) fn succeed_execution(&mut self, output: Arc<str>) {
        self.append(self.last_event(TOP), EventDetails::ExecutionSucceeded { output: output.clone() });
        self.end(Outcome::Succeeded(output));
    }

    /// Nothing caught the failure.
    pub(super) fn fail_execution(&mut self, failure: Failure) {
        self.append(self.last_event(TOP), EventDetails::ExecutionFailed(failure.clone()));
        let text = |text: Option<Arc<str>>| text.map(|text| text.to_string());
        self.end(Outcome::Failed { error: text(failure.error), cause: text(failure.cause) });
    }

    /// The history has no room for more than one event.
    pub(super) fn fail_for_history(&mut self) {
        // The text and the event's place (the last one that fits) are as reported of AWS.
        let cause = format!("The execution reached the maximum number of history events ({}).", self.max_events());
        self.fail_execution(Problem::given(Some("States.Runtime"), Some(&cause)).failure);
    }

    /// The execution's time has passed: the outcome has neither error nor cause (recorded on AWS). The event names the
    /// error and follows from event 0, as reported of AWS.
    pub(super) fn time_out_execution(&mut self) {
        self.append(0, EventDetails::ExecutionTimedOut(Problem::timeout(false).failure));
        self.end(Outcome::TimedOut);
    }

    /// StopExecution. ExecutionAborted follows from event 0 (recorded on AWS).
    fn abort_execution(&mut self, error: Option<&str>, cause: Option<&str>) {
        self.append(0, EventDetails::ExecutionAborted(Problem::given(error, cause).failure));
        self.end(Outcome::Aborted { error: error.map(str::to_owned), cause: cause.map(str::to_owned) });
    }

    pub(super) fn end(&mut self, outcome: Outcome) {
        self.abort_map_runs();
        self.execution.wreck = match outcome {
            Outcome::Succeeded(_) => Wreck::default(),
            _ => self.wreck(),
        };
        self.execution.outcome = outcome;
        self.execution.frames.clear();
        self.execution.map_runs.clear();
        let has_timed_out = self.execution.outcome == Outcome::TimedOut;
        for (task, live) in std::mem::take(&mut self.execution.tasks) {
            self.command(Command::CancelTask(task));
            // The documentation names the ways in which a job's task is aborted; a time-out is none of them.
            if let Some(job) = live.job().filter(|_| !has_timed_out) {
                self.command(Command::StopJob(job));
            }
        }
        for timer in std::mem::take(&mut self.execution.timers).into_keys() {
            self.command(Command::CancelTimer(timer));
        }
    }
}
