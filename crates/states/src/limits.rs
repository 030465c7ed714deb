//! The bounds of the engine. Defaults are AWS's quotas where AWS has one (Step Functions developer guide,
//! "Service quotas").

use crate::{Quotas, interpreter::Bounds};

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
    /// Running Standard executions in memory; those beyond are parked, and replayed when something happens to them.
    pub loaded_executions: usize,
    /// Tags of one state machine or activity.
    pub tags: usize,
    /// Definition, bytes.
    pub definition_bytes: usize,
    /// What new executions are started under: events of a history, and bytes of a payload.
    pub bounds: Bounds,
    /// GetActivityTask calls that wait for one activity.
    pub activity_pollers: usize,
    /// How long a Standard execution may run, milliseconds.
    pub execution_millis: i64,
    /// What is kept of executions that have ended.
    pub retention: Retention,
    /// How often operations may be called.
    pub quotas: Quotas,
    /// How long GetActivityTask waits for a task, milliseconds.
    pub activity_poll_millis: i64,
    /// Calls of other services under way at once.
    pub service_calls: usize,
    /// Parsed definitions kept in memory.
    pub parsed_definitions: usize,
    /// Changes that a slow subscriber of [`crate::Engine::subscribe`] may lag behind before it loses some.
    pub subscription_backlog: usize,
}

/// AWS's year, milliseconds.
pub(crate) const YEAR_MILLIS: i64 = 365 * DAY_MILLIS;
const DAY_MILLIS: i64 = 24 * 3_600_000;

/// Which ended executions are kept, with their histories. After that their names are free again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Those that ended no longer than so many milliseconds ago; `None` keeps them for ever.
    pub millis: Option<i64>,
    /// The newest of each state machine, by their start; `None` keeps all.
    pub per_machine: Option<usize>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { millis: Some(90 * DAY_MILLIS), per_machine: None }
    }
}

impl Retention {
    /// So many days, of which none means for ever, and so many of each machine, of which none means all.
    pub fn of(days: u32, per_machine: usize) -> Self {
        let millis = (days > 0).then(|| i64::from(days) * DAY_MILLIS);
        Self { millis, per_machine: (per_machine > 0).then_some(per_machine) }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            state_machines: 100_000,
            versions: 1_000,
            aliases: 100,
            activities: 100_000,
            open_executions: 1_000_000,
            loaded_executions: 1_024,
            tags: 50,
            definition_bytes: 1 << 20,
            bounds: Bounds::default(),
            activity_pollers: 1_000,
            execution_millis: YEAR_MILLIS,
            retention: Retention::default(),
            quotas: Quotas::default(),
            activity_poll_millis: 60_000,
            service_calls: 256,
            parsed_definitions: 1_024,
            subscription_backlog: 1_024,
        }
    }
}
