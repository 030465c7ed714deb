//! Where tasks and timers belong, in the words of the definition: what a replay under another definition goes by, for there
//! the same task may have another number.

use std::sync::Arc;

use clock::Timestamp;

use super::{
    Execution, TaskId, TimerId,
    frame::FrameId,
    timers::{Purpose, Timer},
};

/// A state, and the branches and iterations that it is in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The Parallel and Map states around it, with the number of the branch or iteration, outermost first.
    pub around: Vec<(Arc<str>, usize)>,
    /// The state.
    pub state: Arc<str>,
}

/// What a timer is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TimerSubject {
    /// The machine's `TimeoutSeconds`.
    Execution,
    /// A Wait state.
    Wait(Place),
    /// The delay before a retry.
    Retry(Place),
    /// A task's `TimeoutSeconds`.
    Timeout(TaskId),
    /// A task's `HeartbeatSeconds`.
    Heartbeat(TaskId),
}

impl Execution {
    /// Where a task that waits for its result belongs.
    pub fn place_of(&self, task: TaskId) -> Option<Place> {
        self.place(self.tasks.get(&task)?.frame)
    }

    /// What a timer that is set is for, and when it is due.
    pub fn timer(&self, timer: TimerId) -> Option<(TimerSubject, Timestamp)> {
        let Timer { due, purpose } = *self.timers.get(&timer)?;
        let subject = match purpose {
            Purpose::ExecutionTimeout => TimerSubject::Execution,
            Purpose::Wait(frame) => TimerSubject::Wait(self.place(frame)?),
            Purpose::Retry(frame) => TimerSubject::Retry(self.place(frame)?),
            Purpose::TaskTimeout(task) => TimerSubject::Timeout(task),
            Purpose::Heartbeat(task) => TimerSubject::Heartbeat(task),
        };
        Some((subject, due))
    }

    fn place(&self, frame: FrameId) -> Option<Place> {
        let name = |frame: FrameId| {
            let active = self.frames.get(&frame)?.active.as_ref()?;
            Some(self.definition.state(active.state).name())
        };
        let mut around = Vec::new();
        let mut inner = self.frames.get(&frame)?;
        // As deep as the definition is nested.
        while let Some(seat) = inner.parent {
            around.push((name(seat.frame)?, seat.index));
            inner = self.frames.get(&seat.frame)?;
        }
        around.reverse();
        Some(Place { around, state: name(frame)? })
    }
}
