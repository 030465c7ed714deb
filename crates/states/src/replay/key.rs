//! Names for tasks and timers that mean the same under two definitions: a place in the workflow, and how often it was come
//! by.

use std::{collections::HashMap, sync::Arc};

use clock::Timestamp;

use crate::interpreter::{Command, Execution, Place, TaskId, TimerId, TimerSubject};

/// The nth task or timer of a subject.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) subject: Subject,
    nth: u32,
}

/// What a key is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    Task(Place),
    Wait(Place),
    Retry(Place),
    /// Of the task with this key.
    Timeout(Arc<Key>),
    /// Of the task with this key.
    Heartbeat(Arc<Key>),
    Execution,
}

/// A task that waits for its result.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) key: Arc<Key>,
    pub(super) scheduled: Timestamp,
    pub(super) resource: Arc<str>,
}

/// A timer that is set.
#[derive(Debug, Clone)]
pub(super) struct Timer {
    pub(super) key: Arc<Key>,
    pub(super) set: Timestamp,
    pub(super) due: Timestamp,
}

impl Timer {
    /// How long it was set for, milliseconds.
    pub(super) fn millis(&self) -> i64 {
        self.due.0.saturating_sub(self.set.0)
    }
}

/// The tasks and timers of one run, by their numbers there.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) tasks: HashMap<TaskId, Task>,
    pub(super) timers: HashMap<TimerId, Timer>,
    counts: HashMap<Subject, u32>,
}

impl Names {
    /// Notes what a decision has scheduled and set. What it has ended again by itself is in neither run ever answered.
    pub(super) fn note(&mut self, execution: &Execution, commands: &[Command], at: Timestamp) {
        for command in commands {
            if let Command::Task(request) = command
                && let Some(place) = execution.place_of(request.task)
            {
                let key = self.key(Subject::Task(place));
                self.tasks.insert(request.task, Task { key, scheduled: at, resource: request.resource.clone() });
            }
        }
        for command in commands {
            if let Command::SetTimer { timer, .. } = command
                && let Some((subject, due)) = execution.timer(*timer)
                && let Some(subject) = self.subject(subject)
            {
                let key = self.key(subject);
                self.timers.insert(*timer, Timer { key, set: at, due });
            }
        }
    }

    fn subject(&self, subject: TimerSubject) -> Option<Subject> {
        let task = |task: TaskId| self.tasks.get(&task).map(|task| task.key.clone());
        Some(match subject {
            TimerSubject::Execution => Subject::Execution,
            TimerSubject::Wait(place) => Subject::Wait(place),
            TimerSubject::Retry(place) => Subject::Retry(place),
            TimerSubject::Timeout(id) => Subject::Timeout(task(id)?),
            TimerSubject::Heartbeat(id) => Subject::Heartbeat(task(id)?),
        })
    }

    fn key(&mut self, subject: Subject) -> Arc<Key> {
        let nth = self.counts.entry(subject.clone()).or_default();
        *nth += 1;
        Arc::new(Key { subject, nth: *nth })
    }
}
