//! [`Run`]: one call of [`decide`](super::decide) at work: the queue of units, and recording events.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use asl::{Data, Definition, Random, State, StateId};
use clock::Timestamp;

use super::{
    Command, Decision, Execution, ExecutionKind, MapRunId, Step, TaskId,
    frame::{Activation, Frame, FrameId},
    redrive::Debris,
};
use crate::history::{EventDetails, HistoryEvent, StateType};

/// Where an Express execution ends.
// AWS differs: an Express history has no limit of its own, the five minutes bound it. Ours also bounds one decision,
// for a loop of Pass and Choice states takes no time here.
const MAX_EXPRESS_EVENTS: u64 = 250_000;

/// A small piece of work. Units of different frames take turns.
#[derive(Debug)]
pub(super) enum Unit {
    /// The frame enters a state.
    Enter { frame: FrameId, state: StateId, input: Data },
    /// The service of a scheduled task takes it on.
    StartTask(TaskId),
    /// The state in which a frame stands is done again, after a redrive.
    Redo(FrameId),
    /// The frame has gone through its last state.
    Finish { frame: FrameId, output: Data },
}

/// One decision in the making.
pub(super) struct Run<'a> {
    pub(super) execution: &'a mut Execution,
    pub(super) definition: Arc<Definition>,
    pub(super) at: Timestamp,
    pub(super) random: Random,
    pub(super) absent_activities: &'a [Arc<str>],
    pub(super) decision: Decision,
    pub(super) queue: VecDeque<Unit>,
    /// What the failure on its way outwards has taken away.
    pub(super) debris: Debris,
    /// Map runs that this decision has changed and not ended.
    pub(super) changed_runs: BTreeSet<MapRunId>,
    history_is_full: bool,
}

impl<'a> Run<'a> {
    pub(super) fn new(execution: &'a mut Execution, step: &'a Step) -> Self {
        Self {
            definition: execution.definition.clone(),
            execution,
            at: step.at,
            random: Random::new(step.seed),
            absent_activities: &step.absent_activities,
            decision: Decision::default(),
            queue: VecDeque::new(),
            debris: Debris::default(),
            changed_runs: BTreeSet::new(),
            history_is_full: false,
        }
    }

    /// Works off the queue, and ends the execution if its history has become too long.
    ///
    /// Every unit that changes anything records an event, so the limit of the history bounds the loop.
    pub(super) fn drain(&mut self) {
        while self.execution.is_running() && !self.history_is_full {
            match self.queue.pop_front() {
                Some(Unit::Enter { frame, state, input }) => self.enter(frame, state, input),
                Some(Unit::StartTask(task)) => self.start_task(task),
                Some(Unit::Redo(frame)) => self.redo(frame),
                Some(Unit::Finish { frame, output }) => self.finish_frame(frame, output),
                None => break,
            }
        }
        if self.execution.is_running() && self.history_is_full {
            self.fail_for_history();
        }
    }

    /// Puts a unit behind those of the other frames.
    pub(super) fn later(&mut self, unit: Unit) {
        self.queue.push_back(unit);
    }

    /// Puts a unit before all others.
    pub(super) fn next(&mut self, unit: Unit) {
        self.queue.push_front(unit);
    }

    /// Appends an event; answers its id. When only one more event fits the history is full, nothing is appended, and the
    /// answer is the event that this one would have followed from.
    pub(super) fn record(&mut self, previous_event_id: u64, details: EventDetails) -> u64 {
        let id = self.execution.next_event_id;
        if id >= self.max_events() {
            self.history_is_full = true;
            return previous_event_id;
        }
        self.append(previous_event_id, details)
    }

    /// Appends an event even if the history is full: the one that ends the execution.
    pub(super) fn append(&mut self, previous_event_id: u64, details: EventDetails) -> u64 {
        let id = self.execution.next_event_id;
        self.execution.next_event_id += 1;
        self.decision.events.push(HistoryEvent { id, previous_event_id, timestamp: self.at, details });
        id
    }

    /// Appends an event that follows from the frame's last one and becomes its last one.
    pub(super) fn chain(&mut self, frame: FrameId, details: EventDetails) -> u64 {
        let id = self.record(self.last_event(frame), details);
        if let Some(frame) = self.execution.frames.get_mut(&frame) {
            frame.last_event = id;
        }
        id
    }

    pub(super) fn last_event(&self, frame: FrameId) -> u64 {
        self.execution.frames.get(&frame).map_or(0, |frame| frame.last_event)
    }

    pub(super) fn max_events(&self) -> u64 {
        match self.execution.identity.kind {
            ExecutionKind::Standard => self.execution.bounds.max_events,
            ExecutionKind::Express => MAX_EXPRESS_EVENTS,
        }
    }

    pub(super) fn command(&mut self, command: Command) {
        self.decision.commands.push(command);
    }

    /// Adds a frame.
    pub(super) fn add_frame(&mut self, frame: Frame) -> FrameId {
        let id = FrameId(self.execution.next_frame);
        self.execution.next_frame += 1;
        self.execution.frames.insert(id, frame);
        id
    }

    pub(super) fn frame(&self, id: FrameId) -> Option<&Frame> {
        self.execution.frames.get(&id)
    }

    pub(super) fn frame_mut(&mut self, id: FrameId) -> Option<&mut Frame> {
        self.execution.frames.get_mut(&id)
    }

    /// The state a frame stands in, if the frame is still there and stands in one.
    pub(super) fn active(&self, frame: FrameId) -> Option<&Activation> {
        self.frame(frame)?.active.as_ref()
    }

    pub(super) fn active_mut(&mut self, frame: FrameId) -> Option<&mut Activation> {
        self.frame_mut(frame)?.active.as_mut()
    }
}

/// The type of a state as history names it.
pub(super) fn state_type(state: &State) -> StateType {
    use asl::StateKind as Kind;
    match state.kind {
        Kind::Pass { .. } => StateType::Pass,
        Kind::Task(_) => StateType::Task,
        Kind::Choice(_) => StateType::Choice,
        Kind::Wait(_) => StateType::Wait,
        Kind::Succeed => StateType::Succeed,
        Kind::Fail { .. } => StateType::Fail,
        Kind::Parallel { .. } => StateType::Parallel,
        Kind::Map(_) => StateType::Map,
    }
}
