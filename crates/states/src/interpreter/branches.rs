//! Parallel states, and gathering what branches and iterations give.

use std::collections::BTreeMap;

use asl::{Data, MachineId, StateKind};

use super::{
    data_flow::Leaving,
    enter::Attempt,
    frame::{Children, Frame, FrameId, Seat, Work},
    problem::Problem,
    run::{Run, Unit},
};
use crate::history::EventDetails;

impl Run<'_> {
    /// Starts every branch: on entering a Parallel state, and again on each retry.
    pub(super) fn start_branches(&mut self, work: &Attempt<'_>, branches: &[MachineId]) -> Result<(), Problem> {
        let input = self.arguments(work)?;
        if self.execution.trial.is_some() {
            return self.mock_children(work);
        }
        let last_event = self.chain(work.frame, EventDetails::ParallelStateStarted);
        let Some(parent) = self.frame(work.frame) else { return Ok(()) };
        let (variables, map_item) = (parent.variables.clone(), parent.map_item.clone());
        let mut running = BTreeMap::new();
        for (index, branch) in branches.iter().enumerate() {
            let parent = Some(Seat { frame: work.frame, index });
            let (variables, map_item) = (variables.clone(), map_item.clone());
            let child = self.add_frame(Frame { parent, last_event, variables, map_item, active: None });
            running.insert(index, child);
            let state = self.definition.machine(*branch).start_at;
            self.later(Unit::Enter { frame: child, state, input: input.clone() });
        }
        let (outputs, next, limit) = (vec![None; branches.len()], branches.len(), branches.len());
        let children = Children { items: Vec::new(), input, outputs, running, next, limit };
        self.set_work(work.frame, Work::Children(children));
        Ok(())
    }

    /// A frame has gone through its last state: the execution's output, or one output for its parent.
    pub(super) fn finish_frame(&mut self, id: FrameId, output: Data) {
        let Some(frame) = self.execution.frames.remove(&id) else { return };
        let Some(seat) = frame.parent else {
            self.execution.frames.insert(super::decide::TOP, frame);
            return self.succeed_execution(output.text());
        };
        let Some(Work::Children(children)) = self.active_mut(seat.frame).map(|active| &mut active.work) else { return };
        children.running.remove(&seat.index);
        children.outputs[seat.index] = Some(output);
        let mut last_event = frame.last_event;
        if let Some(name) = self.iteration_name(seat.frame) {
            let details = EventDetails::MapIterationSucceeded { name, index: seat.index };
            last_event = self.record(last_event, details);
        }
        if let Some(parent) = self.frame_mut(seat.frame) {
            parent.last_event = last_event;
        }
        // The next iteration follows from the last event inside this one, not from MapIterationSucceeded (recorded on AWS).
        self.start_iterations(seat.frame, frame.last_event);
    }

    /// Leaves the Parallel or Map state if every child has succeeded.
    pub(super) fn gather_if_done(&mut self, frame: FrameId) {
        let (Some(scene), Some(active)) = (self.scene(frame), self.active_mut(frame)) else { return };
        let Work::Children(children) = &mut active.work else { return };
        if !children.is_done() {
            return;
        }
        let outputs: Vec<Data> = std::mem::take(&mut children.outputs).into_iter().flatten().collect();
        active.work = Work::Gathered;
        let (id, raw) = (active.state, active.input.clone());
        let definition = self.definition.clone();
        let work = Attempt { frame, state: definition.state(id), scene, raw: &raw };
        let succeeded = match work.state.kind {
            StateKind::Map(_) => EventDetails::MapStateSucceeded,
            _ => EventDetails::ParallelStateSucceeded,
        };
        // StateExited does not follow from MapStateSucceeded or ParallelStateSucceeded but from what came before (recorded on
        // AWS).
        self.record(self.last_event(frame), succeeded);
        let left = Data::array(&outputs)
            .map_err(|error| work.scene.runtime(&error.to_string()))
            .and_then(|result| self.leave(&work, Leaving::with_result(work.state, &result)));
        if let Err(problem) = left {
            self.fail(frame, problem);
        }
    }
}
