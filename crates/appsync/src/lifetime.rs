//! What belongs to an API's life rather than to one version of it, and so goes on when a new version takes over.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use parking_lot::RwLock;

use crate::{Api, subscription::Hub};

/// Shared by all versions of one API.
#[derive(Default)]
pub(crate) struct Lifetime {
    /// Who listens.
    pub(crate) hub: Hub,
    versions: AtomicU64,
    in_force: RwLock<Weak<Api>>,
    deleted: AtomicBool,
}

impl Lifetime {
    /// A number for a version, higher than those of the versions before.
    pub(crate) fn next_version(&self) -> u64 {
        self.versions.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn put_in_force(&self, api: &Arc<Api>) {
        *self.in_force.write() = Arc::downgrade(api);
    }

    /// From now on nothing subscribes to this API any more.
    pub(crate) fn delete(&self) {
        self.deleted.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.deleted.load(Ordering::SeqCst)
    }

    /// The version that new subscriptions belong to; none once the API is gone.
    pub(crate) fn in_force(&self) -> Option<Arc<Api>> {
        self.in_force.read().upgrade()
    }
}
