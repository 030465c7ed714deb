//! Distributed Maps: a run of child executions, one for each item.
//!
//! The children are frames of the parent execution whose events are counted and not kept. Their failures stay theirs, as
//! far as the Map tolerates them, and their context object is their own.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html>

// AWS differs: there each child is an execution of its own, which can be described and listed by its Map Run.

use std::sync::Arc;

use asl::{Data, Map, StateId, Variables};

use super::{
    ExecutionIdentity, ExecutionKind,
    enter::Attempt,
    frame::{Frame, FrameId, Seat, Work},
    problem::Problem,
    run::{Run, Unit},
};
use crate::history::EventDetails;

/// Where the children of one execution end, all together. It bounds one decision: children that never wait take no time.
// AWS differs: each child has the limit of its own history only.
const MAX_CHILD_EVENTS: u64 = 1_000_000;

/// More children failed than the Map tolerates.
const EXCEEDED: &str = "States.ExceedToleratedFailureThreshold";

/// One run of a distributed Map.
#[derive(Debug, Clone)]
pub(super) struct MapRun {
    label: Arc<str>,
    express: bool,
    tolerance: Tolerance,
    failures: u64,
}

/// How many children may fail.
#[derive(Debug, Clone)]
pub(super) struct Tolerance {
    pub(super) count: Option<u64>,
    pub(super) percentage: Option<f64>,
}

/// What sets a child execution apart from its parent.
#[derive(Debug, Clone)]
pub(super) struct ChildExecution {
    pub(super) identity: Arc<ExecutionIdentity>,
    pub(super) input: Data,
    next_event_id: u64,
}

impl MapRun {
    /// Whether the failures so far are more than the Map tolerates. Without a tolerance one is too many.
    fn is_exceeded(&self, children: usize) -> bool {
        self.tolerance.is_exceeded(self.failures, children).unwrap_or(self.failures > 0)
    }
}

impl Tolerance {
    /// Whether so many failures are too many; `None` where the Map says nothing about it.
    pub(super) fn is_exceeded(&self, failures: u64, children: usize) -> Option<bool> {
        let percentage = failures as f64 * 100.0 / children.max(1) as f64;
        let over_count = self.count.map(|count| failures > count);
        let over_percentage = self.percentage.map(|tolerated| percentage > tolerated);
        match (over_count, over_percentage) {
            (None, None) => None,
            (count, share) => Some(count == Some(true) || share == Some(true)),
        }
    }
}

/// More children failed than the Map tolerates.
pub(super) fn exceeded() -> Problem {
    Problem::given(Some(EXCEEDED), Some("The specified tolerated failure threshold was exceeded"))
}

impl Run<'_> {
    /// Begins the run. Its tolerances are checked after MapStateStarted and before MapRunStarted (recorded on AWS).
    pub(super) fn start_map_run(
        &mut self,
        work: &Attempt<'_>,
        map: &Map,
        express: bool,
        input: &Data,
    ) -> Result<MapRun, Problem> {
        let run = MapRun {
            tolerance: self.tolerance(work, map, input)?,
            label: map.label.clone().unwrap_or_else(|| self.identifier().into()),
            express,
            failures: 0,
        };
        let name = format!("{}/{}:{}", self.execution.identity.state_machine_name, run.label, self.identifier());
        let map_run_arn = self.arn("mapRun", &name);
        self.chain(work.frame, EventDetails::MapRunStarted { map_run_arn });
        Ok(run)
    }

    /// `ToleratedFailureCount` and `ToleratedFailurePercentage`.
    pub(super) fn tolerance(&self, work: &Attempt<'_>, map: &Map, input: &Data) -> Result<Tolerance, Problem> {
        let problem = |error| work.scene.problem(&error);
        let scope = self.scope(&work.scene, input);
        let count = map.tolerated_failure_count.as_ref().map(|field| field.integer(&scope));
        let percentage = map.tolerated_failure_percentage.as_ref().map(|field| field.percentage(&scope));
        Ok(Tolerance {
            count: count.transpose().map_err(problem)?,
            percentage: percentage.transpose().map_err(problem)?,
        })
    }

    /// Starts the child execution for an item. It sees neither the variables nor the context object of its parent.
    pub(super) fn start_child_execution(
        &mut self,
        parent: FrameId,
        index: usize,
        run: &MapRun,
        state: StateId,
        input: Data,
    ) {
        let frame = self.add_frame(Frame {
            parent: Some(Seat { frame: parent, index }),
            last_event: 0,
            variables: Arc::new(Variables::new()),
            map_item: None,
            child: None,
            active: None,
        });
        if let Some(first) = self.frame_mut(frame) {
            first.child = Some(frame);
        }
        let identity = Arc::new(self.child_identity(run, &input));
        // ExecutionStarted would be the first.
        self.execution.children.insert(frame, ChildExecution { identity, input: input.clone(), next_event_id: 2 });
        self.seat(parent, index, frame);
        self.later(Unit::Enter { frame, state, input });
    }

    fn child_identity(&self, run: &MapRun, input: &Data) -> ExecutionIdentity {
        let parent = &self.execution.identity;
        let name = self.identifier();
        let machine = format!("{}/{}", parent.state_machine_name, run.label);
        let (resource, kind) =
            if run.express { ("express", ExecutionKind::Express) } else { ("execution", ExecutionKind::Standard) };
        ExecutionIdentity {
            arn: self.arn(resource, &format!("{machine}:{name}")),
            name: name.into(),
            state_machine_arn: format!("{}/{}", parent.state_machine_arn, run.label).into(),
            state_machine_name: machine.into(),
            state_machine_version_arn: None,
            state_machine_alias_arn: None,
            role_arn: parent.role_arn.clone(),
            start_time: self.at,
            input: input.text(),
            kind,
        }
    }

    /// Whether a frame is the first of a child execution.
    pub(super) fn is_child_execution(&self, frame: FrameId) -> bool {
        self.execution.children.contains_key(&frame)
    }

    /// A child execution has failed. Answers the Map's frame and failure if that is more than it tolerates.
    pub(super) fn child_failed(&mut self, child: FrameId) -> Option<(FrameId, Problem)> {
        let seat = self.frame(child)?.parent?;
        self.remove(child);
        let Work::Children(children) = &mut self.active_mut(seat.frame)?.work else { return None };
        children.running.remove(&seat.index);
        let total = children.outputs.len();
        let run = children.run.as_mut()?;
        run.failures += 1;
        if run.is_exceeded(total) {
            return Some((seat.frame, exceeded()));
        }
        let trigger = self.last_event(seat.frame);
        self.start_iterations(seat.frame, trigger);
        None
    }

    /// Counts an event of a child execution; answers its id there.
    pub(super) fn count_child_event(&mut self, child: FrameId) -> u64 {
        self.execution.child_events += 1;
        let Some(child) = self.execution.children.get_mut(&child) else { return 0 };
        child.next_event_id += 1;
        child.next_event_id - 1
    }

    /// Fails a child execution whose history has become too long, instead of entering its next state.
    pub(super) fn stop_endless_child(&mut self, frame: FrameId) -> bool {
        let Some(child) = self.frame(frame).and_then(|frame| frame.child) else { return false };
        let events = self.execution.children.get(&child).map_or(0, |child| child.next_event_id);
        if self.execution.child_events >= MAX_CHILD_EVENTS {
            let cause = format!("The child executions together reached {MAX_CHILD_EVENTS} history events.");
            self.fail_execution(Problem::given(Some("States.Runtime"), Some(&cause)).failure);
            return true;
        }
        if events < self.execution.bounds.max_events {
            return false;
        }
        self.abort_siblings(child);
        if let Some((map, exceeded)) = self.child_failed(child) {
            self.fail(map, exceeded);
        }
        true
    }

    /// An identifier in the form of a UUID.
    fn identifier(&self) -> String {
        let (high, low) = (self.random.next_u64(), self.random.next_u64());
        let tail = low & 0xffff_ffff_ffff;
        format!("{:08x}-{:04x}-4{:03x}-a{:03x}-{tail:012x}", high >> 32, high >> 16 & 0xffff, high & 0xfff, low >> 52)
    }

    /// An ARN beside the execution's own.
    fn arn(&self, resource: &str, name: &str) -> Arc<str> {
        let own: Vec<&str> = self.execution.identity.arn.splitn(6, ':').take(5).collect();
        format!("{}:{resource}:{name}", own.join(":")).into()
    }
}
