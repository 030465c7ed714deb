//! The calls of other services that are under way, so that a task that no longer matters stops taking part.

use dashmap::DashMap;
use futures::future::{AbortHandle, AbortRegistration};

use crate::interpreter::TaskId;

/// Abort handles by execution and task.
#[derive(Default)]
pub(crate) struct Calls {
    handles: DashMap<(u64, TaskId), AbortHandle>,
}

impl Calls {
    /// Registers a call, aborting an earlier one of the same task (issued again after a replay).
    pub(super) fn register(&self, execution: u64, task: TaskId) -> AbortRegistration {
        let (handle, registration) = AbortHandle::new_pair();
        if let Some(earlier) = self.handles.insert((execution, task), handle) {
            earlier.abort();
        }
        registration
    }

    /// Ends a call whose answer no longer matters.
    pub(super) fn abort(&self, execution: u64, task: TaskId) {
        if let Some((_, handle)) = self.handles.remove(&(execution, task)) {
            handle.abort();
        }
    }

    /// Ends all calls.
    pub(crate) fn abort_all(&self) {
        self.handles.retain(|_, handle| {
            handle.abort();
            false
        });
    }
}
