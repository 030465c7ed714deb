//! The versions and aliases of state machines in memory; [`crate::catalog`] writes them through to the store.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::RwLock;

use crate::records::{Alias, Version};

/// Machine id and number -> version.
type Versions = BTreeMap<(u64, u64), Arc<Version>>;
/// Machine id and name -> alias.
type Aliases = BTreeMap<(u64, String), Arc<Alias>>;

/// See the module's header.
pub(crate) struct Published {
    versions: RwLock<Versions>,
    aliases: RwLock<Aliases>,
}

impl Published {
    /// What the store has.
    pub(crate) fn new(versions: Versions, aliases: Aliases) -> Self {
        Self { versions: RwLock::new(versions), aliases: RwLock::new(aliases) }
    }

    /// A version of the machine with this id.
    pub(crate) fn version(&self, machine: u64, number: u64) -> Option<Arc<Version>> {
        self.versions.read().get(&(machine, number)).cloned()
    }

    /// The versions of a machine, oldest first.
    pub(crate) fn versions(&self, machine: u64) -> Vec<Arc<Version>> {
        self.versions.read().range((machine, 0)..=(machine, u64::MAX)).map(|(_, version)| version.clone()).collect()
    }

    /// An alias of the machine with this id.
    pub(crate) fn alias(&self, machine: u64, name: &str) -> Option<Arc<Alias>> {
        self.aliases.read().get(&(machine, name.to_owned())).cloned()
    }

    /// The aliases of a machine, by name.
    pub(crate) fn aliases(&self, machine: u64) -> Vec<Arc<Alias>> {
        let aliases = self.aliases.read();
        let from_first = aliases.range((machine, String::new())..);
        from_first.take_while(|((of, _), _)| *of == machine).map(|(_, alias)| alias.clone()).collect()
    }

    pub(crate) fn add_version(&self, version: Arc<Version>) {
        self.versions.write().insert((version.machine.id, version.number), version);
    }

    pub(crate) fn remove_version(&self, version: &Version) {
        self.versions.write().remove(&(version.machine.id, version.number));
    }

    pub(crate) fn put_alias(&self, alias: Arc<Alias>) {
        self.aliases.write().insert((alias.machine, alias.name.clone()), alias);
    }

    pub(crate) fn remove_alias(&self, alias: &Alias) {
        self.aliases.write().remove(&(alias.machine, alias.name.clone()));
    }

    /// Forgets the versions and aliases of a machine.
    pub(crate) fn forget(&self, machine: u64) {
        self.versions.write().retain(|(of, _), _| *of != machine);
        self.aliases.write().retain(|(of, _), _| *of != machine);
    }
}
