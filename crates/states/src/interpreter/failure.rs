//! Failures: `Retry`, `Catch`, and what a failure does to the states around it.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html>

use std::sync::Arc;

use asl::{Catcher, Data, ProcessorMode, Retrier, State, StateKind};
use serde_json::{Map, Value};

use super::{
    enter::Attempt,
    frame::{FrameId, Work},
    problem::Problem,
    run::{Run, state_type},
    timers::Purpose,
};
use crate::history::{EventDetails, Failure, StateType};

impl Run<'_> {
    /// The state in which a frame stands has failed. The failure goes outwards from state to enclosing state until one
    /// retries or catches it, or until it fails the execution.
    pub(super) fn fail(&mut self, frame: FrameId, problem: Problem) {
        let (mut frame, mut problem) = (frame, problem);
        let mut is_innermost = true;
        self.debris.clear();
        loop {
            let Some(active) = self.active(frame) else { return };
            let definition = self.definition.clone();
            let state = definition.state(active.state);
            let had_children = matches!(active.work, Work::Children(_) | Work::MapRun(_));
            let failed_run = match active.work {
                Work::MapRun(run) => Some(run),
                _ => None,
            };
            let is_evaluation = problem.evaluation.is_some() && !matches!(active.work, Work::Gathered);
            match failed_run {
                Some(run) => self.fail_map_run(frame, run, &problem),
                None => self.abort_children(frame, is_innermost),
            }
            is_innermost = false;
            self.record_evaluation(frame, state, &mut problem);
            self.inspect(|inspection| inspection.failure = Some(problem.failure.clone()));
            if failed_run.is_some() {
                self.chain(frame, EventDetails::MapRunFailed(problem.failure.clone()));
            }
            if self.retry(frame, state, &problem) {
                return;
            }
            if had_children || is_evaluation {
                self.record_failed(frame, state);
            }
            match self.catch(frame, state, &problem) {
                Caught::Yes => return,
                Caught::No => {}
                Caught::Failing(other) => {
                    problem = other;
                    self.record_evaluation(frame, state, &mut problem);
                }
            }
            match self.give_up(frame, state) {
                Some(parent) => frame = parent,
                None => return self.fail_execution(problem.failure),
            }
        }
    }

    /// A JSONata failure has an event of its own, once. It follows from what came before the state was entered, except in
    /// a Wait state (recorded on AWS).
    fn record_evaluation(&mut self, frame: FrameId, state: &State, problem: &mut Problem) {
        let (Some(location), Some(active)) = (problem.evaluation.take(), self.active(frame)) else { return };
        let (entered, before, last) = (active.entered, active.before, self.last_event(frame));
        let previous = if last == entered && !matches!(state.kind, StateKind::Wait(_)) { before } else { last };
        let details =
            EventDetails::EvaluationFailed { failure: problem.failure.clone(), state: state.name.clone(), location };
        let id = self.record(previous, details);
        if let Some(frame) = self.frame_mut(frame) {
            frame.last_event = id;
        }
    }

    /// Sets the delay of the next retry, if a retrier matches and has attempts left. The first that matches decides.
    fn retry(&mut self, frame: FrameId, state: &State, problem: &Problem) -> bool {
        let matches =
            |retrier: &Retrier| retrier.matches(problem.error()) || problem.is_named_heartbeat(&retrier.error_equals);
        let Some(index) = state.retry.iter().position(matches).filter(|_| !problem.is_terminal()) else {
            return false;
        };
        let retrier = &state.retry[index];
        self.inspect(|inspection| inspection.retrier = Some(index));
        let Some(attempts) = self.active_mut(frame).and_then(|active| active.retries.get_mut(index)) else {
            return false;
        };
        if *attempts >= retrier.max_attempts {
            return false;
        }
        *attempts += 1;
        let delay = retrier.delay_millis(*attempts, &self.random);
        self.inspect(|inspection| inspection.backoff_millis = Some(delay));
        let due = self.at.plus_millis(i64::try_from(delay).unwrap_or(i64::MAX));
        let timer = self.set_timer(due, Purpose::Retry(frame));
        self.set_work(frame, Work::Backoff(timer));
        true
    }

    /// `MapStateFailed`, `ParallelStateFailed`: once, after the last retry.
    fn record_failed(&mut self, frame: FrameId, state: &State) {
        match state.kind {
            StateKind::Map(_) => self.chain(frame, EventDetails::MapStateFailed),
            StateKind::Parallel { .. } => self.chain(frame, EventDetails::ParallelStateFailed),
            _ => return,
        };
    }

    /// Leaves the state by the first catcher that matches.
    fn catch(&mut self, frame: FrameId, state: &State, problem: &Problem) -> Caught {
        let matches =
            |catcher: &Catcher| catcher.matches(problem.error()) || problem.is_named_heartbeat(&catcher.error_equals);
        let Some(index) = state.catch.iter().position(matches).filter(|_| !problem.is_terminal()) else {
            return Caught::No;
        };
        let (Some(scene), Some(active)) = (self.scene(frame), self.active(frame)) else { return Caught::No };
        let raw = active.input.clone();
        let work = Attempt { frame, state, scene, raw: &raw };
        match self.leave_caught(&work, &state.catch[index], &error_output(&problem.failure)) {
            Ok(()) => {
                self.inspect(|inspection| inspection.catcher = Some(index));
                Caught::Yes
            }
            Err(other) => Caught::Failing(other),
        }
    }

    /// Takes the failed frame and its siblings away. Answers the parent, now failing itself; `None` at the top level.
    fn give_up(&mut self, frame: FrameId, state: &State) -> Option<FrameId> {
        let seat = self.frame(frame)?.parent?;
        let cause = self.last_event(frame);
        // The failed state itself counts as aborted, for it is never left (recorded on AWS).
        if matches!(state.kind, StateKind::Task(_) | StateKind::Wait(_)) {
            self.record(cause, EventDetails::StateAborted { state: state_type(state) });
        }
        self.remove(frame);
        if let Some(Work::Children(children)) = self.active_mut(seat.frame).map(|active| &mut active.work) {
            children.running.remove(&seat.index);
        }
        self.abort_siblings(seat.frame);
        if let Some(name) = self.iteration_name(seat.frame) {
            self.record(cause, EventDetails::MapIterationFailed { name, index: seat.index });
        }
        if let Some(parent) = self.frame_mut(seat.frame) {
            parent.last_event = cause;
        }
        Some(seat.frame)
    }

    /// Ends all branches or iterations of a frame's state for good.
    ///
    /// A redrive does again only the branches and iterations that did not succeed, unless the failure is of the state
    /// itself (`is_innermost`).
    fn abort_children(&mut self, frame: FrameId, is_innermost: bool) {
        let children = match self.active(frame).map(|active| &active.work) {
            Some(Work::Children(children)) if !is_innermost => Some(children.clone()),
            _ => None,
        };
        self.abort_siblings(frame);
        match children {
            Some(children) => self.debris.keep(frame, children),
            // A redrive does the whole state again.
            None => self.debris.clear(),
        }
        self.set_work(frame, Work::Entering);
    }

    /// Ends the branches or iterations that still run, innermost first.
    pub(super) fn abort_siblings(&mut self, parent: FrameId) {
        for frame in self.descendants(parent) {
            let Some(seat) = self.frame(frame).and_then(|frame| frame.parent) else { continue };
            let last_event = self.last_event(frame);
            if let Some(Work::MapRun(run)) = self.active(frame).map(|active| &active.work) {
                let run = *run;
                self.abort_map_run(frame, run);
                // No recording shows the run of a Map that a failing sibling aborts.
                self.record(last_event, EventDetails::MapRunAborted);
            }
            if let Some(state) = self.active(frame).and_then(|active| aborted(self.definition.state(active.state))) {
                self.record(last_event, EventDetails::StateAborted { state });
            }
            self.remove(frame);
            if let Some(name) = self.iteration_name(seat.frame) {
                self.record(last_event, EventDetails::MapIterationAborted { name, index: seat.index });
            }
        }
    }

    /// Every frame below one, children before their parents, in the order of branches and iterations.
    pub(super) fn descendants(&self, frame: FrameId) -> Vec<FrameId> {
        let mut found = Vec::new();
        let mut open = vec![frame];
        while let Some(frame) = open.pop() {
            found.push(frame);
            if let Some(Work::Children(children)) = self.active(frame).map(|active| &active.work) {
                open.extend(children.running.values());
            }
        }
        found.reverse();
        found.pop();
        found
    }

    /// The name that the events of iterations carry: that of the inline Map in which a frame stands.
    pub(super) fn iteration_name(&self, frame: FrameId) -> Option<Arc<str>> {
        let state = self.definition.state(self.active(frame)?.state);
        matches!(&state.kind, StateKind::Map(map) if map.mode == ProcessorMode::Inline).then(|| state.name.clone())
    }

    /// Takes a frame away, with the task or timer that it waits for.
    pub(super) fn remove(&mut self, frame: FrameId) {
        let Some(removed) = self.execution.frames.remove(&frame) else { return };
        self.debris.add(frame, &removed);
        match removed.active.map(|active| active.work) {
            Some(Work::Waiting(timer) | Work::Backoff(timer)) => self.cancel_timer(timer),
            Some(Work::Task(task)) => self.abort_task(task),
            _ => {}
        }
    }
}

/// What became of a failure at the catchers of a state.
enum Caught {
    /// The state was left.
    Yes,
    /// No catcher matches.
    No,
    /// A catcher matches, but its own fields failed.
    Failing(Problem),
}

/// The types of state that history shows as aborted.
fn aborted(state: &State) -> Option<StateType> {
    let state = state_type(state);
    matches!(state, StateType::Task | StateType::Wait | StateType::Map | StateType::Parallel).then_some(state)
}

/// `{"Error": .., "Cause": ..}`, without the members that the failure lacks.
fn error_output(failure: &Failure) -> Data {
    let mut output = Map::new();
    for (key, text) in [("Error", &failure.error), ("Cause", &failure.cause)] {
        if let Some(text) = text {
            output.insert(key.into(), Value::from(&**text));
        }
    }
    Data::from_value(Value::Object(output))
}
