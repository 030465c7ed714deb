//! What came of a reload, for whoever asks.

use tokio::sync::watch;

/// One reload that changed something, or failed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reload {
    /// Counts from 1.
    pub(crate) number: u64,
    /// When it began, epoch milliseconds.
    pub(crate) at_millis: i64,
    /// From the news of the change until the new versions were in force.
    pub(crate) milliseconds: i64,
    /// The files that had changed, as the template names them.
    pub(crate) files: Vec<String>,
    pub(crate) outcome: Outcome,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The new version is in force.
    Deployed(Deployed),
    /// The version before stays in force.
    Failed {
        /// Everything that is wrong, with places and excerpts.
        reason: String,
    },
}

/// What is new.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Deployed {
    /// For example `the GraphQL API Api`.
    pub(crate) resources: Vec<String>,
    /// What a start alone takes over.
    pub(crate) needs_restart: Vec<String>,
}

/// The last reload, and news of the next ones.
pub(crate) struct Reloads(watch::Sender<Option<Reload>>);

impl Default for Reloads {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Reloads {
    /// The last one.
    pub(crate) fn last(&self) -> Option<Reload> {
        self.0.borrow().clone()
    }

    /// Hears of those to come; who listens too slowly hears of the last one only.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Option<Reload>> {
        self.0.subscribe()
    }

    /// Numbers and tells one.
    pub(super) fn tell(&self, mut reload: Reload) -> Reload {
        self.0.send_modify(|last| {
            reload.number = last.as_ref().map_or(1, |last| last.number + 1);
            *last = Some(reload.clone());
        });
        reload
    }
}
