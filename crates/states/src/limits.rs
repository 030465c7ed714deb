//! The bounds of the engine. Defaults are AWS's quotas where AWS has one (Step Functions developer guide,
//! "Service quotas").

use crate::interpreter::Bounds;

/// Bounds of one [`crate::Engine`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// State machines of one engine.
    pub state_machines: usize,
    /// Versions of one state machine.
    pub versions: usize,
    /// Aliases of one state machine.
    pub aliases: usize,
    /// Activities of one engine.
    pub activities: usize,
    /// Running executions, Standard and Express together.
    // AWS differs: there Express executions do not count; here they share one memory.
    pub open_executions: usize,
    /// Tags of one state machine or activity.
    pub tags: usize,
    /// Definition, bytes.
    pub definition_bytes: usize,
    /// What new executions are started under: events of a history, and bytes of a payload.
    pub bounds: Bounds,
    /// GetActivityTask calls that wait for one activity.
    pub activity_pollers: usize,
    /// How long GetActivityTask waits for a task, milliseconds.
    pub activity_poll_millis: i64,
    /// Calls of other services under way at once.
    pub service_calls: usize,
    /// Parsed definitions kept in memory.
    pub parsed_definitions: usize,
    /// Changes that a slow subscriber of [`crate::Engine::subscribe`] may lag behind before it loses some.
    pub subscription_backlog: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            state_machines: 100_000,
            versions: 1_000,
            aliases: 100,
            activities: 100_000,
            open_executions: 1_000_000,
            tags: 50,
            definition_bytes: 1 << 20,
            bounds: Bounds::default(),
            activity_pollers: 1_000,
            activity_poll_millis: 60_000,
            service_calls: 256,
            parsed_definitions: 1_024,
            subscription_backlog: 1_024,
        }
    }
}
