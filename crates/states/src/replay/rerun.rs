//! The second run: which step comes next under the other definition.
//!
//! For as long as the histories agree, it is the next one of the recording, if it means the same here. Afterwards time
//! decides: an answer comes as long after its task was scheduled as it did in the recording, and a timer fires when it is
//! due. A task that the recording does not answer stays unanswered, and so do its own time-outs: what it would have done is
//! not known.

use std::{collections::HashSet, sync::Arc};

use clock::Timestamp;

use super::{
    key::{Key, Names, Subject, Task, Timer},
    recording::{About, RecordedTask, Recording, task_of},
    report::Unanswered,
};
use crate::{
    history::HistoryEvent,
    interpreter::{Command, Execution, MapRunId, Step, Stimulus, TaskId, TimerId, decide},
};

/// See the module's header.
pub(super) struct Rerun<'a> {
    recording: &'a Recording,
    pub(super) execution: Execution,
    names: Names,
    /// Steps of the recording that were made, or left out.
    used: HashSet<usize>,
    /// The first step that may not be used.
    first: usize,
    now: Timestamp,
    seed: u64,
    /// Whether the recording's own order still holds.
    in_order: bool,
}

/// Something that may come next.
struct Candidate {
    at: Timestamp,
    /// Among those of the same time: steps of the recording in its order, then timers.
    order: (usize, u32),
    stimulus: Stimulus,
    recorded: Option<usize>,
}

impl<'a> Rerun<'a> {
    pub(super) fn new(recording: &'a Recording, execution: Execution) -> Self {
        Self {
            recording,
            execution,
            names: Names::default(),
            used: HashSet::new(),
            first: 0,
            now: Timestamp(i64::MIN),
            seed: 0,
            in_order: true,
        }
    }

    /// The step that comes next; `None` where nothing more is known. Every step uses up one of the recording or a timer
    /// that records an event, so the limit of the history bounds their number.
    pub(super) fn next_step(&mut self, agrees: bool) -> Option<Step> {
        self.in_order &= agrees;
        while self.in_order {
            while self.used.remove(&self.first) {
                self.first += 1;
            }
            // While the histories agree nothing is said of what comes after the recording.
            let recorded = self.recording.steps.get(self.first)?;
            match self.as_recorded(&recorded.about, &recorded.step) {
                Some(stimulus) if self.is_next(recorded.step.at) => {
                    let (at, order) = (recorded.step.at, (self.first, 0));
                    return Some(self.take(Candidate { at, order, stimulus, recorded: Some(self.first) }));
                }
                None if !recorded.gave_events => _ = self.used.insert(self.first),
                _ => self.in_order = false,
            }
        }
        let mut next = self.answers().chain(self.due_timers()).min_by_key(|found| (found.at, found.order));
        if let Some(other) = self.next_of_execution()
            && next.as_ref().is_none_or(|next| (other.at, other.order) < (next.at, next.order))
        {
            next = Some(other);
        }
        let limit = self.execution_timeout();
        if let (Some(limit), Some(found)) = (limit, &next)
            && limit.at <= found.at
        {
            next = Some(limit);
        }
        next.map(|next| self.take(next))
    }

    /// Makes a step; answers the events that it gives.
    pub(super) fn make(&mut self, step: &Step) -> Vec<HistoryEvent> {
        let decision = decide(&mut self.execution, step);
        self.names.note(&self.execution, &decision.commands, step.at);
        decision.events
    }

    /// The tasks and map runs that wait at the end and have no answer in the recording.
    pub(super) fn unanswered(&self) -> Vec<Unanswered> {
        let waiting = self.execution.live_tasks().filter_map(|request| {
            let task = self.names.tasks.get(&request.task)?;
            let Subject::Task(place) = &task.key.subject else { return None };
            let (state, resource, parameters) =
                (place.state.clone(), request.resource.clone(), request.parameters.clone());
            let is_known = self.recorded(task).is_some();
            Some(Unanswered { state, resource, parameters, is_known })
        });
        waiting.chain(self.unanswered_map_runs()).collect()
    }

    fn take(&mut self, next: Candidate) -> Step {
        self.now = self.now.max(next.at);
        self.used.extend(next.recorded);
        let recorded = next.recorded.map(|number| &self.recording.steps[number].step);
        // Nothing recorded belongs to a timer of the other definition alone: it gets seeds of its own.
        self.seed = recorded.map_or(self.seed.wrapping_add(1), |step| step.seed);
        let absent_activities = recorded.map(|step| step.absent_activities.clone()).unwrap_or_default();
        Step { at: self.now, seed: self.seed, stimulus: next.stimulus, absent_activities }
    }

    /// A recorded stimulus with the numbers of this run, if it means the same here.
    fn as_recorded(&self, about: &About, step: &Step) -> Option<Stimulus> {
        match about {
            About::Execution => Some(step.stimulus.clone()),
            About::Nothing => None,
            About::Task(key, _) => {
                let (id, _) = self.live_tasks().find(|(_, task)| task.key == *key && self.recorded(task).is_some())?;
                Some(renumbered(&step.stimulus, id))
            }
            About::Timer(key) => {
                let (timer, _) = self.pending_timers().find(|(_, timer)| timer.key == *key && self.is_same(timer))?;
                Some(Stimulus::TimerFired { timer })
            }
        }
    }

    /// Whether no timer that the recording does not have is due before.
    fn is_next(&self, at: Timestamp) -> bool {
        let sooner = |(_, timer): (TimerId, &Timer)| timer.due < at && !self.is_same(timer);
        !self.pending_timers().any(sooner)
    }

    /// The next recorded answer of every task that waits.
    fn answers(&self) -> impl Iterator<Item = Candidate> {
        self.live_tasks().filter_map(|(id, task)| {
            let number = self.next_answer(task)?;
            let recorded = &self.recording.steps[number];
            let About::Task(_, delay) = &recorded.about else { return None };
            let at = task.scheduled.plus_millis(*delay);
            let stimulus = renumbered(&recorded.step.stimulus, id);
            Some(Candidate { at, order: (number, 0), stimulus, recorded: Some(number) })
        })
    }

    fn next_answer(&self, task: &Task) -> Option<usize> {
        self.recorded(task)?.steps.iter().copied().find(|number| *number >= self.first && !self.used.contains(number))
    }

    /// The same task in the recording: of the same state, at the same occurrence, of the same service.
    fn recorded(&self, task: &Task) -> Option<&RecordedTask> {
        self.recording.tasks.get(&task.key).filter(|recorded| recorded.resource == task.resource)
    }

    fn due_timers(&self) -> impl Iterator<Item = Candidate> {
        let timers = self.pending_timers().filter(|(_, timer)| timer.key.subject != Subject::Execution);
        timers.filter_map(|(id, timer)| self.firing(id, timer))
    }

    /// The machine's time-out: it does not come before what is known to come sooner, and says nothing of tasks whose
    /// answers are not known.
    fn execution_timeout(&self) -> Option<Candidate> {
        let (id, timer) = self.pending_timers().find(|(_, timer)| timer.key.subject == Subject::Execution)?;
        self.firing(id, timer)
    }

    /// When a timer fires, if it does.
    fn firing(&self, id: TimerId, timer: &Timer) -> Option<Candidate> {
        let recorded = self.recording.timers.get(&timer.key);
        let same = recorded.filter(|recorded| recorded.millis == timer.millis());
        if same.is_some_and(|same| same.overtaken) {
            return None;
        }
        let fired = same.and_then(|same| same.fired);
        let at = fired.map_or(timer.due, |(after, _)| timer.set.plus_millis(after));
        if let Subject::Timeout(task) | Subject::Heartbeat(task) = &timer.key.subject {
            // Silence is recorded for as long as the timer of the recording ran.
            let is_silent = recorded.is_some_and(|found| found.fired.is_some() && timer.millis() <= found.millis);
            if !is_silent && !self.is_answered(task) {
                return None;
            }
        }
        let (order, stimulus) = ((usize::MAX, id.0), Stimulus::TimerFired { timer: id });
        Some(Candidate { at, order, stimulus, recorded: fired.map(|(_, number)| number) })
    }

    fn is_answered(&self, key: &Arc<Key>) -> bool {
        self.live_tasks().any(|(_, task)| task.key == *key && self.next_answer(task).is_some())
    }

    /// The next step that is about the execution itself: it is stopped or redriven.
    fn next_of_execution(&self) -> Option<Candidate> {
        let mut open = self.recording.of_execution.iter().copied();
        let number = open.find(|number| *number >= self.first && !self.used.contains(number) && self.fits(*number))?;
        let recorded = &self.recording.steps[number];
        let stimulus = recorded.step.stimulus.clone();
        Some(Candidate { at: recorded.step.at, order: (number, 0), stimulus, recorded: Some(number) })
    }

    /// Whether a step that is about the execution means something now: what is about map runs, only if they are of the
    /// same Map states.
    fn fits(&self, number: usize) -> bool {
        let recorded = &self.recording.steps[number];
        let is_same = |(run, name): &(MapRunId, Option<Arc<str>>)| {
            self.execution.map_run(*run).map(|run| run.state) == *name && name.is_some()
        };
        match recorded.step.stimulus {
            Stimulus::Redriven => self.execution.can_go_on(),
            _ => self.execution.is_running() && recorded.map_runs.iter().all(is_same),
        }
    }

    /// What map runs wait for at the end.
    fn unanswered_map_runs(&self) -> impl Iterator<Item = Unanswered> {
        self.execution.map_run_commands().into_iter().filter_map(|command| {
            let (run, resource, count) = match &command {
                Command::StartChildren { run, children } => (*run, "its child executions", children.len()),
                Command::ReadItems { run, .. } => (*run, "its ItemReader", 0),
                Command::WriteResults { run, .. } => (*run, "its ResultWriter", 0),
                _ => return None,
            };
            let state = self.execution.map_run(run)?.state;
            let parameters = if count == 0 { "{}".into() } else { format!("{{\"running\":{count}}}").into() };
            Some(Unanswered { state, resource: resource.into(), parameters, is_known: self.in_order })
        })
    }

    /// Whether the recording has the timer, set for as long.
    fn is_same(&self, timer: &Timer) -> bool {
        self.recording.timers.get(&timer.key).is_some_and(|recorded| recorded.millis == timer.millis())
    }

    fn live_tasks(&self) -> impl Iterator<Item = (TaskId, &Task)> {
        self.execution.live_tasks().filter_map(|request| Some((request.task, self.names.tasks.get(&request.task)?)))
    }

    fn pending_timers(&self) -> impl Iterator<Item = (TimerId, &Timer)> {
        self.execution.pending_timers().filter_map(|(id, _)| Some((id, self.names.timers.get(&id)?)))
    }
}

/// The same stimulus for the task with this number.
fn renumbered(stimulus: &Stimulus, id: TaskId) -> Stimulus {
    let mut stimulus = stimulus.clone();
    if task_of(&stimulus).is_some() {
        match &mut stimulus {
            Stimulus::TaskSucceeded { task, .. }
            | Stimulus::TaskFailed { task, .. }
            | Stimulus::TaskSubmitted { task, .. }
            | Stimulus::ActivityStarted { task, .. }
            | Stimulus::Heartbeat { task } => *task = id,
            _ => {}
        }
    }
    stimulus
}
