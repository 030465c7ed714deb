//! The state machines and activities of one engine: read at open, kept in memory, written through to the store.
//!
//! One change at a time; a change is visible once it is durable. Definitions are kept apart under the hash of their
//! text, because an execution goes on with the definition it started with.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    sync::Arc,
};

use asl::Definition;
use clock::Timestamp;
use parking_lot::{Mutex, RwLock};
use serde::de::DeserializeOwned;
use store::{Keyspace, Store, Transaction};
use tokio::sync::{Mutex as AsyncMutex, MutexGuard};

use crate::{
    Error, layout,
    published::Published,
    records::{Activity, Alias, Machine, Version},
};

/// How many records one read of a table brings.
const PAGE: usize = 512;

/// The right to change the catalog: writes ask for it.
pub(crate) struct Changes<'a>(#[expect(dead_code, reason = "held, not read")] MutexGuard<'a, ()>);

/// See the module's header.
pub(crate) struct Catalog {
    store: Arc<dyn Store>,
    machines: RwLock<BTreeMap<String, Arc<Machine>>>,
    activities: RwLock<BTreeMap<String, Arc<Activity>>>,
    published: Published,
    parsed: Mutex<HashMap<String, Arc<Definition>>>,
    parsed_capacity: usize,
    changes: AsyncMutex<()>,
}

impl Catalog {
    /// Reads what the store has.
    pub(crate) fn open(store: Arc<dyn Store>, parsed_capacity: usize) -> Result<Self, Error> {
        let machines = read_all(&*store, layout::MACHINES, |machine: &Machine| machine.name.clone())?;
        let activities = read_all(&*store, layout::ACTIVITIES, |activity: &Activity| activity.name.clone())?;
        let versions = read_all(&*store, layout::VERSIONS, |version: &Version| (version.machine.id, version.number))?;
        let aliases = read_all(&*store, layout::ALIASES, |alias: &Alias| (alias.machine, alias.name.clone()))?;
        Ok(Self {
            store,
            machines: RwLock::new(machines),
            activities: RwLock::new(activities),
            published: Published::new(versions, aliases),
            parsed: Mutex::new(HashMap::new()),
            parsed_capacity,
            changes: AsyncMutex::new(()),
        })
    }

    /// Held from the check to the write of a change, so that changes do not overtake each other.
    pub(crate) async fn lock(&self) -> Changes<'_> {
        Changes(self.changes.lock().await)
    }

    /// The state machine called `name`.
    pub(crate) fn machine(&self, name: &str) -> Option<Arc<Machine>> {
        self.machines.read().get(name).cloned()
    }

    /// The state machine called `name`, which `arn` asks for, unless it is being deleted.
    ///
    /// # Errors
    /// `StateMachineDoesNotExist`, `StateMachineDeleting`.
    pub(crate) fn active_machine(&self, name: &str, arn: &str) -> Result<Arc<Machine>, Error> {
        match self.machine(name) {
            Some(machine) if machine.deleting => Err(Error::StateMachineDeleting(machine.arn.to_string())),
            Some(machine) => Ok(machine),
            None => Err(Error::StateMachineDoesNotExist(arn.to_owned())),
        }
    }

    /// Whether the machine of this name and id is there, and not being deleted.
    pub(crate) fn is_active(&self, name: &str, id: u64) -> bool {
        self.machines.read().get(name).is_some_and(|machine| machine.id == id && !machine.deleting)
    }

    /// The state machines that are being deleted.
    pub(crate) fn machines_in_deletion(&self) -> Vec<Arc<Machine>> {
        self.machines.read().values().filter(|machine| machine.deleting).cloned().collect()
    }

    /// The activity called `name`.
    pub(crate) fn activity(&self, name: &str) -> Option<Arc<Activity>> {
        self.activities.read().get(name).cloned()
    }

    /// At most `limit` state machines after the one called `after`, by name.
    pub(crate) fn machines_after(&self, after: Option<&str>, limit: usize) -> Vec<Arc<Machine>> {
        page_after(&self.machines.read(), after, limit)
    }

    /// At most `limit` activities after the one called `after`, by name.
    pub(crate) fn activities_after(&self, after: Option<&str>, limit: usize) -> Vec<Arc<Activity>> {
        page_after(&self.activities.read(), after, limit)
    }

    /// How many state machines there are.
    pub(crate) fn machine_count(&self) -> usize {
        self.machines.read().len()
    }

    /// How many activities there are.
    pub(crate) fn activity_count(&self) -> usize {
        self.activities.read().len()
    }

    /// Writes a state machine, with its definition's text where that is new.
    pub(crate) async fn put_machine(
        &self,
        _changes: &Changes<'_>,
        machine: Machine,
        definition: Option<&str>,
    ) -> Result<Arc<Machine>, Error> {
        self.write_machine(machine, definition, None).await
    }

    /// Writes a state machine as [`Self::put_machine`] does, and publishes it as its next version.
    pub(crate) async fn publish_machine(
        &self,
        _changes: &Changes<'_>,
        mut machine: Machine,
        definition: Option<&str>,
        description: Option<String>,
        now: Timestamp,
    ) -> Result<Arc<Version>, Error> {
        machine.last_version += 1;
        let (number, snapshot) = (machine.last_version, (&machine).into());
        let version = Arc::new(Version { number, description, created: now, machine: snapshot });
        self.write_machine(machine, definition, Some(&version)).await?;
        self.published.add_version(version.clone());
        Ok(version)
    }

    async fn write_machine(
        &self,
        machine: Machine,
        definition: Option<&str>,
        version: Option<&Version>,
    ) -> Result<Arc<Machine>, Error> {
        let mut transaction = Transaction::new();
        transaction.put(layout::MACHINES, machine.name.as_bytes(), layout::encode(&machine));
        if let Some(version) = version {
            let key = layout::key(&[machine.id, version.number]);
            transaction.put(layout::VERSIONS, key, layout::encode(version));
        }
        if let Some(text) = definition {
            transaction.put(layout::DEFINITIONS, machine.definition.as_bytes(), text.as_bytes());
        }
        self.store.commit(transaction).await?;
        let machine = Arc::new(machine);
        self.machines.write().insert(machine.name.clone(), machine.clone());
        Ok(machine)
    }

    /// Writes an activity.
    pub(crate) async fn put_activity(
        &self,
        _changes: &Changes<'_>,
        activity: Activity,
    ) -> Result<Arc<Activity>, Error> {
        let mut transaction = Transaction::new();
        transaction.put(layout::ACTIVITIES, activity.name.as_bytes(), layout::encode(&activity));
        self.store.commit(transaction).await?;
        let activity = Arc::new(activity);
        self.activities.write().insert(activity.name.clone(), activity.clone());
        Ok(activity)
    }

    /// Begins the deletion of a state machine; its versions and aliases go at once.
    pub(crate) async fn retire_machine(&self, _changes: &Changes<'_>, machine: &Machine) -> Result<(), Error> {
        let machine = Machine { deleting: true, ..machine.clone() };
        let mut transaction = Transaction::new();
        transaction.put(layout::MACHINES, machine.name.as_bytes(), layout::encode(&machine));
        for version in self.published.versions(machine.id) {
            transaction.delete(layout::VERSIONS, layout::key(&[machine.id, version.number]));
        }
        for alias in self.published.aliases(machine.id) {
            transaction.delete(layout::ALIASES, layout::alias_key(machine.id, &alias.name));
        }
        self.store.commit(transaction).await?;
        self.published.forget(machine.id);
        self.machines.write().insert(machine.name.clone(), Arc::new(machine));
        Ok(())
    }

    /// Removes a state machine that was retired. Its executions and the texts of its definitions stay.
    pub(crate) async fn remove_machine(&self, _changes: &Changes<'_>, machine: &Machine) -> Result<(), Error> {
        let mut transaction = Transaction::new();
        transaction.delete(layout::MACHINES, machine.name.as_bytes());
        self.store.commit(transaction).await?;
        self.machines.write().remove(&machine.name);
        Ok(())
    }

    /// The versions and aliases of all state machines.
    pub(crate) fn published(&self) -> &Published {
        &self.published
    }

    /// Removes a version.
    pub(crate) async fn remove_version(&self, _changes: &Changes<'_>, version: &Version) -> Result<(), Error> {
        let mut transaction = Transaction::new();
        transaction.delete(layout::VERSIONS, layout::key(&[version.machine.id, version.number]));
        self.store.commit(transaction).await?;
        self.published.remove_version(version);
        Ok(())
    }

    /// Writes an alias.
    pub(crate) async fn put_alias(&self, _changes: &Changes<'_>, alias: Alias) -> Result<Arc<Alias>, Error> {
        let mut transaction = Transaction::new();
        transaction.put(layout::ALIASES, layout::alias_key(alias.machine, &alias.name), layout::encode(&alias));
        self.store.commit(transaction).await?;
        let alias = Arc::new(alias);
        self.published.put_alias(alias.clone());
        Ok(alias)
    }

    /// Removes an alias.
    pub(crate) async fn remove_alias(&self, _changes: &Changes<'_>, alias: &Alias) -> Result<(), Error> {
        let mut transaction = Transaction::new();
        transaction.delete(layout::ALIASES, layout::alias_key(alias.machine, &alias.name));
        self.store.commit(transaction).await?;
        self.published.remove_alias(alias);
        Ok(())
    }

    /// Removes an activity.
    pub(crate) async fn remove_activity(&self, _changes: &Changes<'_>, name: &str) -> Result<(), Error> {
        let mut transaction = Transaction::new();
        transaction.delete(layout::ACTIVITIES, name.as_bytes());
        self.store.commit(transaction).await?;
        self.activities.write().remove(name);
        Ok(())
    }

    /// The text of a definition, by its hash.
    pub(crate) fn definition_text(&self, hash: &str) -> Result<String, Error> {
        let corrupt = |cause: String| Error::Corrupt { what: format!("definition {hash}"), cause };
        let bytes = self.store.get(layout::DEFINITIONS, hash.as_bytes())?.ok_or_else(|| corrupt("missing".into()))?;
        String::from_utf8(bytes.to_vec()).map_err(|error| corrupt(error.to_string()))
    }

    /// The parsed definition, by its hash: from memory where it is there.
    pub(crate) fn definition(&self, hash: &str) -> Result<Arc<Definition>, Error> {
        if let Some(definition) = self.parsed.lock().get(hash) {
            return Ok(definition.clone());
        }
        let text = self.definition_text(hash)?;
        let definition = Definition::parse(&text)
            .map_err(|found| Error::Corrupt { what: format!("definition {hash}"), cause: format!("{found:?}") })?;
        Ok(self.remember(hash, definition))
    }

    /// Keeps a parsed definition in memory under the hash of its text.
    pub(crate) fn remember(&self, hash: &str, definition: Definition) -> Arc<Definition> {
        let definition = Arc::new(definition);
        let mut parsed = self.parsed.lock();
        if parsed.len() >= self.parsed_capacity {
            // Definitions in use live on in their executions; forgetting all of them at once is rare and cheap.
            parsed.clear();
        }
        parsed.insert(hash.to_owned(), definition.clone());
        definition
    }
}

fn page_after<T>(table: &BTreeMap<String, Arc<T>>, after: Option<&str>, limit: usize) -> Vec<Arc<T>> {
    let lower = after.map_or(Bound::Unbounded, Bound::Excluded);
    table.range::<str, _>((lower, Bound::Unbounded)).take(limit).map(|(_, record)| record.clone()).collect()
}

/// Every record of a keyspace, by the key that it gets in memory.
fn read_all<K: Ord, T: DeserializeOwned>(
    store: &dyn Store,
    keyspace: Keyspace,
    key_of: impl Fn(&T) -> K,
) -> Result<BTreeMap<K, Arc<T>>, Error> {
    let mut table = BTreeMap::new();
    let mut after = None::<Vec<u8>>;
    loop {
        let lower = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let page = store.range(keyspace, lower, Bound::Unbounded, PAGE, false)?;
        let last_page = page.len() < PAGE;
        for (key, bytes) in page {
            let record = layout::decode(keyspace, &key, &bytes)?;
            table.insert(key_of(&record), Arc::new(record));
            after = Some(key);
        }
        if last_page {
            return Ok(table);
        }
    }
}
