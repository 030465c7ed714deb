//! Timers: what each is for, and setting and cancelling them.

use clock::Timestamp;

use super::{Command, TaskId, TimerId, frame::FrameId, run::Run};

/// A timer that is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timer {
    pub(super) due: Timestamp,
    pub(super) purpose: Purpose,
}

/// What happens when a timer comes due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The machine's `TimeoutSeconds`, or the time of an Express execution, has passed.
    ExecutionTimeout,
    /// A Wait state is over.
    Wait(FrameId),
    /// The delay before a retry is over.
    Retry(FrameId),
    /// A task's `TimeoutSeconds` has passed.
    TaskTimeout(TaskId),
    /// A task's `HeartbeatSeconds` has passed without a heartbeat.
    Heartbeat(TaskId),
}

impl Run<'_> {
    pub(super) fn set_timer(&mut self, due: Timestamp, purpose: Purpose) -> TimerId {
        let timer = TimerId(self.execution.next_timer);
        self.execution.next_timer += 1;
        self.execution.timers.insert(timer, Timer { due, purpose });
        self.decision.commands.push(Command::SetTimer { timer, due });
        timer
    }

    pub(super) fn cancel_timer(&mut self, timer: TimerId) {
        if self.execution.timers.remove(&timer).is_some() {
            self.decision.commands.push(Command::CancelTimer(timer));
        }
    }

    /// A timer came due. One that is no longer set (cancelled while it fired) changes nothing.
    pub(super) fn timer_fired(&mut self, timer: TimerId) {
        let Some(Timer { purpose, .. }) = self.execution.timers.remove(&timer) else { return };
        match purpose {
            Purpose::ExecutionTimeout => self.time_out_execution(),
            Purpose::Wait(frame) => self.wait_is_over(frame),
            Purpose::Retry(frame) => self.attempt(frame),
            Purpose::TaskTimeout(task) => self.task_timed_out(task, false),
            Purpose::Heartbeat(task) => self.task_timed_out(task, true),
        }
    }
}

/// This many seconds after a time.
pub(super) fn seconds_after(at: Timestamp, seconds: u64) -> Timestamp {
    at.plus_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}
