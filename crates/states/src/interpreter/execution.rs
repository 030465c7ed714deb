//! [`Execution`]: the state of one execution between two steps, and what a driver may ask of it.

use std::{collections::BTreeMap, sync::Arc};

use asl::{Data, Definition, StateKind};
use clock::Timestamp;

use super::{
    Bounds, Command, ExecutionIdentity, MapRunId, MapRunState, MapRunStatus, Origin, Outcome, TaskId, TaskRequest,
    TimerId,
    frame::{Frame, FrameId},
    map_run::{ChildStatus, MapRun, Stage},
    redrive::Wreck,
    resource::Integration,
    task::LiveTask,
    timers::Timer,
    trial::Trial,
};

/// The state of one execution. Only [`decide`](super::decide) changes it.
#[derive(Debug, Clone)]
pub struct Execution {
    pub(super) definition: Arc<Definition>,
    pub(super) identity: Arc<ExecutionIdentity>,
    pub(super) bounds: Bounds,
    /// The parsed input, or why it is no data.
    pub(super) input: Result<Data, String>,
    pub(super) outcome: Outcome,
    pub(super) next_event_id: u64,
    pub(super) next_frame: u32,
    pub(super) next_task: u32,
    pub(super) next_timer: u32,
    pub(super) frames: BTreeMap<FrameId, Frame>,
    /// Map runs that go on.
    pub(super) map_runs: BTreeMap<MapRunId, MapRun>,
    pub(super) next_map_run: u32,
    pub(super) tasks: BTreeMap<TaskId, LiveTask>,
    pub(super) timers: BTreeMap<TimerId, Timer>,
    /// Where it stood when it ended without success.
    pub(super) wreck: Wreck,
    pub(super) redrive_count: u64,
    pub(super) redriven_at: Option<Timestamp>,
    /// There if it is a fork.
    pub(super) origin: Option<Arc<Origin>>,
    /// There if only one state is tried.
    pub(super) trial: Option<Box<Trial>>,
}

impl Execution {
    /// An execution to which nothing has happened yet. [`Stimulus::Started`](super::Stimulus::Started) begins it.
    pub fn new(definition: Arc<Definition>, identity: ExecutionIdentity) -> Self {
        Self {
            definition,
            input: Data::parse(identity.input.clone()).map_err(|error| error.to_string()),
            identity: Arc::new(identity),
            bounds: Bounds::default(),
            outcome: Outcome::Running,
            next_event_id: 1,
            next_frame: 0,
            next_task: 0,
            next_timer: 0,
            frames: BTreeMap::new(),
            map_runs: BTreeMap::new(),
            next_map_run: 0,
            tasks: BTreeMap::new(),
            timers: BTreeMap::new(),
            wreck: Wreck::default(),
            redrive_count: 0,
            redriven_at: None,
            origin: None,
            trial: None,
        }
    }

    /// The same under these bounds instead of AWS's.
    pub fn bounded(self, bounds: Bounds) -> Self {
        Self { bounds, ..self }
    }

    /// Who it is.
    pub fn identity(&self) -> &ExecutionIdentity {
        &self.identity
    }

    /// What it runs.
    pub fn definition(&self) -> &Arc<Definition> {
        &self.definition
    }

    /// How it stands.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Whether it has not ended.
    pub fn is_running(&self) -> bool {
        self.outcome == Outcome::Running
    }

    /// Whether it ended without success, in states that a redrive can do again.
    pub fn can_go_on(&self) -> bool {
        !self.is_running() && !self.wreck.is_empty()
    }

    /// The id that the next history event will have; one more than the number of events so far.
    pub fn next_event_id(&self) -> u64 {
        self.next_event_id
    }

    /// Whether the task still waits for a result. A result for any other task changes nothing; its sender is told
    /// `TaskTimedOut`.
    pub fn is_live(&self, task: TaskId) -> bool {
        self.tasks.contains_key(&task)
    }

    /// Every task that waits for a result, oldest first: what to start again after a crash.
    pub fn live_tasks(&self) -> impl Iterator<Item = &TaskRequest> {
        self.tasks.values().map(|task| &task.request)
    }

    /// The state that a waiting task belongs to, and when the execution entered it.
    pub fn state_of(&self, task: TaskId) -> Option<(Arc<str>, Timestamp)> {
        let frame = self.frames.get(&self.tasks.get(&task)?.frame)?;
        let active = frame.active.as_ref()?;
        Some((self.definition.state(active.state).name(), active.entered_at))
    }

    /// Whether the call of a `.waitForTaskToken` or `.sync` task has returned: after a crash it need not be made again.
    pub fn is_submitted(&self, task: TaskId) -> bool {
        self.tasks.get(&task).is_some_and(|task| task.submitted)
    }

    /// Whether a worker has taken the activity task.
    pub fn is_started(&self, task: TaskId) -> bool {
        self.tasks.get(&task).is_some_and(|task| task.started)
    }

    /// Whether map runs go on.
    pub fn has_map_runs(&self) -> bool {
        !self.map_runs.is_empty()
    }

    /// What its map runs have in hand: what to command again after a crash.
    pub fn map_run_commands(&self) -> Vec<Command> {
        let runs = self.map_runs.iter().map(|(id, map_run)| {
            let run = *id;
            match &map_run.stage {
                Stage::Reading(request) => Command::ReadItems { run, request: request.clone() },
                Stage::Writing(request, _) => Command::WriteResults { run, request: request.clone() },
                Stage::Running => {
                    let children = map_run.running().filter_map(|index| map_run.child_start(index)).collect();
                    Command::StartChildren { run, children }
                }
            }
        });
        runs.collect()
    }

    /// What the map run is like now; `None` once it has ended.
    pub fn map_run(&self, run: MapRunId) -> Option<MapRunState> {
        self.map_runs.get(&run).map(|found| found.state(run, MapRunStatus::Running, None))
    }

    /// Whether a map run waits for the end of a child that was started under this redrive.
    pub fn awaits_child(&self, run: MapRunId, index: u32, redrive: u64) -> bool {
        self.map_runs.get(&run).is_some_and(|run| {
            let child = run.children.get(index as usize);
            run.redrive_count == redrive && child.is_some_and(|child| child.status == ChildStatus::Running)
        })
    }

    /// Whether a map run waits for its items.
    pub fn awaits_items(&self, run: MapRunId) -> bool {
        self.map_runs.get(&run).is_some_and(|run| matches!(run.stage, Stage::Reading(_)))
    }

    /// Whether a map run waits for its results to be written.
    pub fn awaits_results(&self, run: MapRunId) -> bool {
        self.map_runs.get(&run).is_some_and(|run| matches!(run.stage, Stage::Writing(..)))
    }

    /// Every timer that is set, with its due time: what to set again after a crash.
    pub fn pending_timers(&self) -> impl Iterator<Item = (TimerId, Timestamp)> {
        self.timers.iter().map(|(id, timer)| (*id, timer.due))
    }

    /// The activities that the definition names, for [`Step::absent_activities`](super::Step::absent_activities).
    pub fn activities(&self) -> impl Iterator<Item = &Arc<str>> {
        self.definition.states().filter_map(|state| match &state.kind {
            StateKind::Task(task) if Integration::names_activity(&task.resource) => Some(&task.resource),
            _ => None,
        })
    }

    /// A readable account of everything that decides how it goes on, for comparing a replayed execution with the original.
    pub fn fingerprint(&self) -> String {
        format!(
            "{:?}",
            (
                &self.outcome,
                self.next_event_id,
                self.next_frame,
                self.next_task,
                self.next_timer,
                &self.frames,
                (&self.map_runs, self.next_map_run),
                &self.tasks,
                &self.timers,
                (&self.wreck, self.redrive_count, self.redriven_at)
            )
        )
    }
}
