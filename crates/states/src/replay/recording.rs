//! What the recorded run tells: the steps in their order, and which task or timer each of them was about.

use std::{collections::HashMap, sync::Arc};

use clock::Timestamp;

use super::key::{Key, Names};
use crate::{
    history::HistoryEvent,
    interpreter::{Command, Execution, MapRunId, Outcome, Step, Stimulus, TaskId, decide},
    records::StepRecord,
};

/// See the module's header.
pub(super) struct Recording {
    pub(super) steps: Vec<RecordedStep>,
    pub(super) events: Vec<HistoryEvent>,
    pub(super) outcome: Outcome,
    pub(super) tasks: HashMap<Arc<Key>, RecordedTask>,
    pub(super) timers: HashMap<Arc<Key>, RecordedTimer>,
    /// The steps that are about the execution itself.
    pub(super) of_execution: Vec<usize>,
}

/// One step.
pub(super) struct RecordedStep {
    pub(super) step: Step,
    pub(super) about: About,
    /// The map runs that it is about, with the names of their Map states.
    pub(super) map_runs: Vec<(MapRunId, Option<Arc<str>>)>,
    pub(super) gave_events: bool,
}

/// What a step is about.
#[derive(Debug, Clone)]
pub(super) enum About {
    /// A task, this long after it was scheduled (milliseconds).
    Task(Arc<Key>, i64),
    /// A timer.
    Timer(Arc<Key>),
    /// The execution itself.
    Execution,
    /// Something that was over already.
    Nothing,
}

/// One task.
pub(super) struct RecordedTask {
    pub(super) resource: Arc<str>,
    /// The steps that are about it.
    pub(super) steps: Vec<usize>,
}

/// One timer.
pub(super) struct RecordedTimer {
    /// How long it was set for, milliseconds.
    pub(super) millis: i64,
    /// How long after that it fired, milliseconds, and by which step; `None` if it never did.
    pub(super) fired: Option<(i64, usize)>,
    /// Whether its time had come when it was cancelled, or when the recording ends: something else was faster.
    pub(super) overtaken: bool,
}

impl Recording {
    /// Replays the records with the execution that they are of.
    ///
    /// # Errors
    /// The number of a step that gives another history than it gave.
    pub(super) fn read(records: Vec<StepRecord>, mut execution: Execution) -> Result<Self, usize> {
        let (mut names, mut steps) = (Names::default(), Vec::with_capacity(records.len()));
        let outcome = execution.outcome().clone();
        let (tasks, timers) = (HashMap::new(), HashMap::new());
        let mut recording =
            Self { steps: Vec::new(), events: Vec::new(), outcome, tasks, timers, of_execution: Vec::new() };
        for (number, record) in records.into_iter().enumerate() {
            let StepRecord { step, events } = record;
            let about = recording.note_stimulus(&names, &step, number);
            let name = |run: MapRunId| (run, execution.map_run(run).map(|run| run.state));
            let map_runs = map_runs_of(&step.stimulus).into_iter().map(name).collect();
            let decision = decide(&mut execution, &step);
            if decision.events != events {
                return Err(number);
            }
            recording.note_commands(&mut names, &execution, &decision.commands, step.at);
            steps.push(RecordedStep { step, about, map_runs, gave_events: !events.is_empty() });
            recording.events.extend(events);
        }
        let end = steps.last().map_or(Timestamp(0), |last| last.step.at);
        for timer in names.timers.values() {
            recording.note_end(&timer.key, timer.due, end);
        }
        Ok(Self { steps, outcome: execution.outcome().clone(), ..recording })
    }

    fn note_stimulus(&mut self, names: &Names, step: &Step, number: usize) -> About {
        match &step.stimulus {
            Stimulus::TimerFired { timer } => {
                let Some(timer) = names.timers.get(timer) else { return About::Nothing };
                if let Some(recorded) = self.timers.get_mut(&timer.key) {
                    recorded.fired = Some((step.at.0 - timer.set.0, number));
                }
                About::Timer(timer.key.clone())
            }
            stimulus => {
                let Some(id) = task_of(stimulus) else {
                    self.of_execution.push(number);
                    return About::Execution;
                };
                let Some(task) = names.tasks.get(&id) else { return About::Nothing };
                if let Some(recorded) = self.tasks.get_mut(&task.key) {
                    recorded.steps.push(number);
                }
                About::Task(task.key.clone(), step.at.0 - task.scheduled.0)
            }
        }
    }

    fn note_commands(&mut self, names: &mut Names, execution: &Execution, commands: &[Command], at: Timestamp) {
        names.note(execution, commands, at);
        for command in commands {
            match command {
                Command::Task(request) => {
                    if let Some(task) = names.tasks.get(&request.task) {
                        let (resource, steps) = (task.resource.clone(), Vec::new());
                        self.tasks.insert(task.key.clone(), RecordedTask { resource, steps });
                    }
                }
                Command::SetTimer { timer, .. } => {
                    if let Some(timer) = names.timers.get(timer) {
                        let millis = timer.millis();
                        self.timers.insert(timer.key.clone(), RecordedTimer { millis, fired: None, overtaken: false });
                    }
                }
                Command::CancelTimer(timer) => {
                    if let Some(timer) = names.timers.get(timer) {
                        self.note_end(&timer.key, timer.due, at);
                    }
                }
                // Whatever else is commanded is answered by steps about the execution.
                _ => {}
            }
        }
    }

    fn note_end(&mut self, key: &Arc<Key>, due: Timestamp, at: Timestamp) {
        if let Some(timer) = self.timers.get_mut(key) {
            timer.overtaken |= timer.fired.is_none() && due <= at;
        }
    }
}

/// The map runs that a stimulus is about.
fn map_runs_of(stimulus: &Stimulus) -> Vec<MapRunId> {
    match stimulus {
        Stimulus::ItemsRead { run, .. }
        | Stimulus::ResultsWritten { run, .. }
        | Stimulus::MapRunUpdated { run, .. } => vec![*run],
        Stimulus::ChildrenEnded { ended } => ended.iter().map(|child| child.run).collect(),
        _ => Vec::new(),
    }
}

/// The task that a stimulus is about.
pub(super) fn task_of(stimulus: &Stimulus) -> Option<TaskId> {
    match stimulus {
        Stimulus::TaskSucceeded { task, .. }
        | Stimulus::TaskFailed { task, .. }
        | Stimulus::TaskSubmitted { task, .. }
        | Stimulus::ActivityStarted { task, .. }
        | Stimulus::Heartbeat { task } => Some(*task),
        _ => None,
    }
}
