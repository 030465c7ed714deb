//! Reloads of the application's files, as the operator's API shows them.

use async_graphql::SimpleObject;

use crate::wiring::reload::{self, Outcome};

/// What came of a change of the application's files.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Reload {
    /// Counts from 1: a gap says that the watcher missed some.
    number: u64,
    /// When it began, epoch milliseconds.
    at: f64,
    /// From the news of the change until the new versions were in force.
    milliseconds: i64,
    /// The files that had changed.
    files: Vec<String>,
    /// Whether the new version is in force; otherwise the one before goes on.
    succeeded: bool,
    /// Everything that is wrong, with places and excerpts.
    reason: Option<String>,
    /// What is new.
    resources: Vec<String>,
    /// Changed resources that a start alone takes over.
    needs_restart: Vec<String>,
}

impl From<reload::Reload> for Reload {
    fn from(reload: reload::Reload) -> Self {
        let (deployed, reason) = match reload.outcome {
            Outcome::Deployed(deployed) => (deployed, None),
            Outcome::Failed { reason } => (reload::Deployed::default(), Some(reason)),
        };
        Self {
            number: reload.number,
            at: reload.at_millis as f64,
            milliseconds: reload.milliseconds,
            files: reload.files,
            succeeded: reason.is_none(),
            reason,
            resources: deployed.resources,
            needs_restart: deployed.needs_restart,
        }
    }
}
