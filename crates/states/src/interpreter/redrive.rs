//! Redrive: an execution that ended without success goes on from the states that did not succeed.
//!
//! What a failure takes away on its way outwards is gathered as [`Debris`]; if it fails the execution, the debris and what
//! still stood are kept as the [`Wreck`] that a redrive goes on from. No recording shows the events of a redriven execution:
//! a state that was entered and not left is not entered again, save Fail, and a branch or iteration is not started again.
//! Of a distributed Map's children only those that did not succeed are.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html>

use std::collections::BTreeMap;

use asl::{Data, StateId, StateKind};

use super::{
    MapRunId, Outcome,
    frame::{Children, Frame, FrameId, Work},
    map_run::MapRun,
    run::{Run, Unit},
};
use crate::history::EventDetails;

/// Frames that a failure has removed, and the children of the states that they belonged to.
#[derive(Debug, Default)]
pub(super) struct Debris {
    frames: BTreeMap<FrameId, Frame>,
    children: Vec<(FrameId, Children)>,
    map_runs: Vec<(FrameId, MapRunId, MapRun)>,
}

impl Debris {
    /// Forgets everything: the failure was contained, or the whole state is to be done again.
    pub(super) fn clear(&mut self) {
        self.frames.clear();
        self.children.clear();
        self.map_runs.clear();
    }

    /// A frame that was removed.
    pub(super) fn add(&mut self, id: FrameId, frame: &Frame) {
        self.frames.insert(id, frame.clone());
    }

    /// A map run that has ended without success, or was aborted.
    pub(super) fn keep_map_run(&mut self, frame: FrameId, id: MapRunId, run: MapRun) {
        self.map_runs.push((frame, id, run));
    }

    /// The children of a state that fails because one of them did.
    pub(super) fn keep(&mut self, frame: FrameId, children: Children) {
        self.children.push((frame, children));
    }
}

/// Where an execution stood when it ended without success.
#[derive(Debug, Clone, Default)]
pub(super) struct Wreck {
    frames: BTreeMap<FrameId, Frame>,
    /// Map runs to go on with.
    map_runs: BTreeMap<MapRunId, MapRun>,
    /// States that frames were about to enter, with their input.
    entering: Vec<(FrameId, StateId, Data)>,
}

impl Wreck {
    /// Whether there is nothing to go on from.
    pub(super) fn is_empty(&self) -> bool {
        self.entering.is_empty() && self.frames.values().all(|frame| frame.active.is_none())
    }
}

impl Run<'_> {
    /// What is left of an execution that ends now.
    pub(super) fn wreck(&mut self) -> Wreck {
        let mut frames = std::mem::take(&mut self.execution.frames);
        let Debris { frames: removed, children, map_runs } = std::mem::take(&mut self.debris);
        frames.extend(removed);
        for (id, mut children) in children {
            let seats = frames.iter().filter_map(|(child, frame)| Some((*child, frame.parent?)));
            children.running =
                seats.filter(|(_, seat)| seat.frame == id).map(|(child, seat)| (seat.index, child)).collect();
            if let Some(active) = frames.get_mut(&id).and_then(|frame| frame.active.as_mut()) {
                active.work = Work::Children(children);
            }
        }
        let mut kept = BTreeMap::new();
        for (frame, id, run) in map_runs {
            if let Some(active) = frames.get_mut(&frame).and_then(|frame| frame.active.as_mut()) {
                active.work = Work::MapRun(id);
                kept.insert(id, run);
            }
        }
        let entering = self.queue.iter().filter_map(|unit| match unit {
            Unit::Enter { frame, state, input } if frames.contains_key(frame) => Some((*frame, *state, input.clone())),
            _ => None,
        });
        let entering = entering.collect();
        Wreck { frames, map_runs: kept, entering }
    }

    /// RedriveExecution: does again what did not succeed, with all its retries, and starts the execution's time anew.
    pub(super) fn redrive(&mut self) {
        let Wreck { frames, map_runs, entering } = std::mem::take(&mut self.execution.wreck);
        self.execution.outcome = Outcome::Running;
        self.execution.frames = frames;
        self.execution.map_runs = map_runs;
        self.execution.redrive_count += 1;
        self.execution.redriven_at = Some(self.at);
        let redrive_count = self.execution.redrive_count;
        let last = self.execution.next_event_id - 1;
        let redriven = self.append(last, EventDetails::ExecutionRedriven { redrive_count });
        self.set_execution_timer();
        let about_to_enter: Vec<FrameId> = entering.iter().map(|(frame, ..)| *frame).collect();
        for (id, frame) in &mut self.execution.frames {
            let Some(active) = frame.active.as_mut() else {
                frame.last_event = redriven;
                continue;
            };
            if matches!(active.work, Work::Children(_)) {
                continue;
            }
            frame.last_event = redriven;
            active.retries.fill(0);
            if !matches!(active.work, Work::MapRun(_)) {
                active.work = Work::Entering;
            }
            if !about_to_enter.contains(id) {
                self.queue.push_back(Unit::Redo(*id));
            }
        }
        for (frame, state, input) in entering {
            self.later(Unit::Enter { frame, state, input });
        }
    }

    /// Does a state again that was entered before the redrive.
    pub(super) fn redo(&mut self, frame: FrameId) {
        let Some(active) = self.active(frame) else { return };
        if let Work::MapRun(run) = active.work {
            return self.redrive_map_run(frame, run);
        }
        let (state, input) = (active.state, active.input.clone());
        match self.definition.state(state).kind {
            StateKind::Fail { .. } => self.enter(frame, state, input),
            _ => self.attempt(frame),
        }
    }
}
