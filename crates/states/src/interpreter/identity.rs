//! Who an execution is: the facts fixed by StartExecution.

use std::sync::Arc;

use clock::Timestamp;
use serde::{Deserialize, Serialize};

/// `type` of the state machine an execution runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ExecutionKind {
    /// Durable, up to a year, at most 25,000 events.
    #[default]
    Standard,
    /// In memory, up to five minutes.
    Express,
}

/// The facts fixed by StartExecution. With the definition they are all that [`Execution::new`](super::Execution::new) needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExecutionIdentity {
    /// Execution ARN; its fourth part is the region that tasks are called in.
    pub arn: Arc<str>,
    /// Execution name.
    pub name: Arc<str>,
    /// Unqualified ARN of the state machine.
    pub state_machine_arn: Arc<str>,
    /// Name of the state machine.
    pub state_machine_name: Arc<str>,
    /// The version it was started by, if by a version or by an alias.
    pub state_machine_version_arn: Option<Arc<str>>,
    /// The alias it was started by.
    pub state_machine_alias_arn: Option<Arc<str>>,
    /// The state machine's role.
    pub role_arn: Arc<str>,
    /// `$$.Execution.StartTime`.
    pub start_time: Timestamp,
    /// The caller's JSON text, verbatim.
    pub input: Arc<str>,
    /// Standard or Express.
    pub kind: ExecutionKind,
    /// The distributed Map whose `ItemProcessor` it runs, in the definition of its parent; `None` for the definition
    /// itself.
    pub map_state: Option<Arc<str>>,
}

impl ExecutionIdentity {
    /// The region, as the execution's ARN names it.
    pub(super) fn region(&self) -> &str {
        self.arn.split(':').nth(3).unwrap_or_default()
    }
}
