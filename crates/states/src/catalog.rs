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
use parking_lot::{Mutex, RwLock};
use serde::de::DeserializeOwned;
use store::{Keyspace, Store, Transaction};
use tokio::sync::{Mutex as AsyncMutex, MutexGuard};

use crate::{
    Error, layout,
    records::{Activity, Machine},
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
    parsed: Mutex<HashMap<String, Arc<Definition>>>,
    parsed_capacity: usize,
    changes: AsyncMutex<()>,
}

impl Catalog {
    /// Reads what the store has.
    pub(crate) fn open(store: Arc<dyn Store>, parsed_capacity: usize) -> Result<Self, Error> {
        let machines = read_all(&*store, layout::MACHINES)?;
        let activities = read_all(&*store, layout::ACTIVITIES)?;
        Ok(Self {
            store,
            machines: RwLock::new(machines),
            activities: RwLock::new(activities),
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
        let mut transaction = Transaction::new();
        transaction.put(layout::MACHINES, machine.name.as_bytes(), layout::encode(&machine));
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

    /// Removes a state machine. Its executions and the text of its definition stay.
    pub(crate) async fn remove_machine(&self, _changes: &Changes<'_>, name: &str) -> Result<(), Error> {
        let mut transaction = Transaction::new();
        transaction.delete(layout::MACHINES, name.as_bytes());
        self.store.commit(transaction).await?;
        self.machines.write().remove(name);
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

fn read_all<T: DeserializeOwned>(store: &dyn Store, keyspace: Keyspace) -> Result<BTreeMap<String, Arc<T>>, Error> {
    let mut table = BTreeMap::new();
    let mut after = None::<Vec<u8>>;
    loop {
        let lower = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let page = store.range(keyspace, lower, Bound::Unbounded, PAGE, false)?;
        let last_page = page.len() < PAGE;
        for (key, bytes) in page {
            let record = layout::decode(keyspace, &key, &bytes)?;
            table.insert(String::from_utf8_lossy(&key).into_owned(), Arc::new(record));
            after = Some(key);
        }
        if last_page {
            return Ok(table);
        }
    }
}
