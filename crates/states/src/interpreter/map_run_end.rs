//! How child executions and map runs end, and go on after a redrive.

use std::sync::Arc;

use asl::Data;

use super::{
    Command, MapRunId,
    data_flow::Leaving,
    enter::Attempt,
    frame::{FrameId, Work},
    map_run::{ChildEnd, ChildOutcome, ChildStatus, MapRun, MapRunStatus, Stage},
    problem::{DATA_LIMIT_EXCEEDED, EXCEEDED, Problem, QUERY_EVALUATION_ERROR, RESULT_WRITER_FAILED, RUNTIME},
    run::Run,
};
use crate::history::EventDetails;

/// How often a map run can be redriven (developer guide, "Redriving Map Runs").
const MAX_REDRIVES: u64 = 1_000;

/// More items failed than the Map tolerates.
pub(super) fn exceeded() -> Problem {
    Problem::given(Some(EXCEEDED), Some("The specified tolerated failure threshold was exceeded"))
}

impl Run<'_> {
    /// Children have ended: what they gave is kept, and the next ones start.
    pub(super) fn children_ended(&mut self, ended: &[ChildEnd]) {
        let mut runs: Vec<MapRunId> = ended.iter().filter(|end| self.child_ended(end)).map(|end| end.run).collect();
        runs.sort_unstable();
        runs.dedup();
        for run in runs {
            self.check_map_run(run);
        }
    }

    /// Notes the end of a child; one that the run does not wait for means nothing.
    fn child_ended(&mut self, end: &ChildEnd) -> bool {
        let Some(run) = self.execution.map_runs.get_mut(&end.run) else { return false };
        let ends_now = end.redrive == run.redrive_count;
        let Some(child) = run.children.get_mut(end.index as usize).filter(|_| ends_now) else { return false };
        if child.status != ChildStatus::Running {
            return false;
        }
        if end.outcome == ChildOutcome::Succeeded {
            child.input = None;
        }
        // An output was JSON when its execution ended.
        child.output = Data::parse(end.output.clone()).ok();
        run.set_status(end.index, end.outcome.into());
        true
    }

    /// Goes on with a run, or ends it if more items failed than the Map tolerates.
    pub(super) fn check_map_run(&mut self, id: MapRunId) {
        let Some(run) = self.execution.map_runs.get(&id) else { return };
        let frame = run.frame;
        match &run.stage {
            Stage::Running if run.is_exceeded() => {}
            Stage::Writing(..) => {
                self.changed_runs.insert(id);
                return;
            }
            _ => return self.go_on_with_map_run(id),
        }
        if run.writer.is_some() {
            self.abort_running_children(id);
            self.write_results(id, Some(exceeded()));
        } else {
            self.fail(frame, exceeded());
        }
    }

    /// Gathers the results if every child has ended.
    pub(super) fn finish_map_run_if_done(&mut self, id: MapRunId) {
        let Some(run) = self.execution.map_runs.get(&id) else { return };
        if !run.is_done() || !matches!(run.stage, Stage::Running) {
            return;
        }
        if run.writer.is_some() {
            return self.write_results(id, None);
        }
        let outputs: Vec<Data> = run.children.iter().filter_map(|child| child.output.clone()).collect();
        self.succeed_map_run(id, Data::array(&outputs).map_err(|error| error.to_string()));
    }

    fn write_results(&mut self, id: MapRunId, then: Option<Problem>) {
        let pending = self.pending_inputs(id);
        let Some(run) = self.execution.map_runs.get_mut(&id) else { return };
        let Some(request) = run.writer.clone() else { return };
        let request = crate::items::WriteResults { pending, ..request };
        run.stage = Stage::Writing(request.clone(), then);
        self.changed_runs.insert(id);
        self.command(Command::WriteResults { run: id, request });
    }

    /// The `ResultWriter` has written, or failed.
    pub(super) fn results_written(&mut self, id: MapRunId, output: &Result<Arc<str>, String>) {
        let Some(run) = self.execution.map_runs.get_mut(&id) else { return };
        let Stage::Writing(_, then) = &run.stage else { return };
        let (frame, then) = (run.frame, then.clone());
        if output.is_ok() {
            run.note_results_written();
        }
        self.changed_runs.insert(id);
        match (then, output) {
            (Some(problem), _) => self.fail(frame, problem),
            (None, Err(cause)) => self.fail(frame, Problem::given(Some(RESULT_WRITER_FAILED), Some(cause))),
            (None, Ok(text)) => self.succeed_map_run(id, Data::parse(text.clone()).map_err(|error| error.to_string())),
        }
    }

    /// Leaves the Map with what its run gave.
    fn succeed_map_run(&mut self, id: MapRunId, result: Result<Data, String>) {
        let Some(run) = self.execution.map_runs.remove(&id) else { return };
        self.decision.map_runs.push(run.state(id, MapRunStatus::Succeeded, Some(self.at)));
        let frame = run.frame;
        let (Some(scene), Some(active)) = (self.scene(frame), self.active_mut(frame)) else { return };
        active.work = Work::Gathered;
        let (state, raw) = (active.state, active.input.clone());
        let definition = self.definition.clone();
        let work = Attempt { frame, state: definition.state(state), scene, raw: &raw };
        // MapStateExited follows from MapRunStarted (recorded on AWS since November 2024; older recordings name
        // MapRunSucceeded).
        let succeeded = self.record(self.last_event(frame), EventDetails::MapRunSucceeded);
        self.record(succeeded, EventDetails::MapStateSucceeded);
        let left = result
            .map_err(|text| work.scene.runtime(&text))
            .and_then(|result| self.leave(&work, Leaving::with_result(work.state, &result)));
        if let Err(problem) = left {
            self.fail(frame, problem);
        }
    }

    /// The state of a run has failed. A redrive goes on with the run, unless it was the Map's own data that failed
    /// (developer guide, "Redriving Map Runs").
    pub(super) fn fail_map_run(&mut self, frame: FrameId, id: MapRunId, problem: &Problem) {
        self.debris.clear();
        self.set_work(frame, Work::Entering);
        let Some(run) = self.end_map_run(id, MapRunStatus::Failed) else { return };
        if !matches!(problem.error(), Some(RUNTIME | DATA_LIMIT_EXCEEDED | QUERY_EVALUATION_ERROR)) {
            self.debris.keep_map_run(frame, id, run);
        }
    }

    /// A sibling of the Map has failed.
    pub(super) fn abort_map_run(&mut self, frame: FrameId, id: MapRunId) {
        if let Some(run) = self.end_map_run(id, MapRunStatus::Aborted) {
            self.debris.keep_map_run(frame, id, run);
        }
    }

    /// The execution ends.
    pub(super) fn abort_map_runs(&mut self) {
        let ids: Vec<MapRunId> = self.execution.map_runs.keys().copied().collect();
        for id in ids {
            if let Some(run) = self.end_map_run(id, MapRunStatus::Aborted) {
                self.debris.keep_map_run(run.frame, id, run);
            }
        }
    }

    fn end_map_run(&mut self, id: MapRunId, status: MapRunStatus) -> Option<MapRun> {
        self.abort_running_children(id);
        let run = self.execution.map_runs.remove(&id)?;
        self.decision.map_runs.push(run.state(id, status, Some(self.at)));
        Some(run)
    }

    fn abort_running_children(&mut self, id: MapRunId) {
        let Some(run) = self.execution.map_runs.get_mut(&id) else { return };
        let running: Vec<u32> = run.running().collect();
        let names: Vec<_> = running.iter().map(|index| run.child_name(*index)).collect();
        // Those that still waited for their redrive are as they were before it: without success.
        let waiting = std::mem::take(&mut run.waiting);
        for index in running.into_iter().chain(waiting) {
            run.set_status(index, ChildStatus::Aborted { redrivable: true });
        }
        let redrive = run.redrive_count;
        if !names.is_empty() {
            self.command(Command::AbortChildren { run: id, redrive, names });
        }
    }

    /// A redrive goes on with a run: its children that did not succeed are started again, and those that were not
    /// started yet follow.
    pub(super) fn redrive_map_run(&mut self, frame: FrameId, id: MapRunId) {
        let at = self.at;
        let Some(run) = self.execution.map_runs.get_mut(&id) else { return };
        if run.redrive_count >= MAX_REDRIVES {
            let text = format!("The Map Run was redriven {MAX_REDRIVES} times.");
            return self.fail(frame, Problem::given(Some(RUNTIME), Some(&text)));
        }
        run.redrive_count += 1;
        run.redriven = Some(at);
        let (map_run_arn, redrive_count) = (run.arn.clone(), run.redrive_count);
        let reading = match std::mem::replace(&mut run.stage, Stage::Running) {
            Stage::Reading(request) => Some(request),
            Stage::Running | Stage::Writing(..) => None,
        };
        let children = run.children.iter().enumerate();
        run.waiting =
            children.filter(|(_, child)| child.status.is_redrivable()).map(|(index, _)| index as u32).collect();
        for index in run.waiting.clone() {
            run.set_status(index, ChildStatus::PendingRedrive);
        }
        self.chain(frame, EventDetails::MapRunRedriven { map_run_arn, redrive_count });
        self.changed_runs.insert(id);
        match reading {
            Some(request) => self.read_items(id, request),
            None => self.go_on_with_map_run(id),
        }
    }
}
