//! A store that lives and dies with the process: for tests, and for executions that promise no durability.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    sync::Arc,
};

use futures::future::BoxFuture;
use parking_lot::RwLock;

use crate::{
    Bytes, Error, Key, Keyspace, Page, Store, Transaction, is_empty_range,
    transaction::{Condition, Write},
};

/// Ordered keys in memory. Clones share one content, as reopening a folder shares one file.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    keyspaces: Arc<RwLock<HashMap<Keyspace, BTreeMap<Key, Bytes>>>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn apply(&self, transaction: Transaction) -> Result<(), Error> {
        let mut keyspaces = self.keyspaces.write();
        let holds = transaction.conditions.iter().all(|condition| match condition {
            Condition::Absent(keyspace, key) => keyspaces.get(keyspace).is_none_or(|map| !map.contains_key(key)),
            Condition::Equals(keyspace, key, value) => {
                keyspaces.get(keyspace).and_then(|map| map.get(key)).is_some_and(|found| found == value)
            }
        });
        if !holds {
            return Err(Error::Conflict);
        }
        for write in transaction.writes {
            match write {
                Write::Put(keyspace, key, value) => {
                    keyspaces.entry(keyspace).or_default().insert(key, value);
                }
                Write::Delete(keyspace, key) => {
                    keyspaces.entry(keyspace).or_default().remove(&key);
                }
            }
        }
        Ok(())
    }
}

impl Store for MemoryStore {
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Bytes>, Error> {
        Ok(self.keyspaces.read().get(&keyspace).and_then(|map| map.get(key)).cloned())
    }

    fn range(
        &self,
        keyspace: Keyspace,
        lower: Bound<&[u8]>,
        upper: Bound<&[u8]>,
        limit: usize,
        reverse: bool,
    ) -> Result<Page, Error> {
        let keyspaces = self.keyspaces.read();
        // `BTreeMap::range` panics on bounds that cross.
        let Some(map) = keyspaces.get(&keyspace).filter(|_| !is_empty_range(lower, upper)) else {
            return Ok(Page::new());
        };
        let entries = map.range::<[u8], _>((lower, upper));
        let owned = |(key, value): (&Key, &Bytes)| (key.clone(), value.clone());
        Ok(match reverse {
            false => entries.take(limit).map(owned).collect(),
            true => entries.rev().take(limit).map(owned).collect(),
        })
    }

    fn commit(&self, transaction: Transaction) -> BoxFuture<'static, Result<(), Error>> {
        let store = self.clone();
        Box::pin(async move { store.apply(transaction) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KS: Keyspace = Keyspace("a");

    #[test]
    fn commits_whole_or_not_at_all_and_scans_in_order() {
        let store = MemoryStore::new();
        let mut first = Transaction::new();
        first.put(KS, *b"1", *b"one").put(KS, *b"2", *b"two").put(KS, *b"3", *b"three");
        futures::executor::block_on(store.commit(first)).expect("a first commit");
        let mut second = Transaction::new();
        second.require_absent(KS, *b"2").put(KS, *b"9", *b"nine");
        assert!(matches!(futures::executor::block_on(store.commit(second)), Err(Error::Conflict)));
        let keys = |limit, reverse| -> Vec<Key> {
            let page = store.range(KS, Bound::Unbounded, Bound::Unbounded, limit, reverse).expect("a page");
            page.into_iter().map(|(key, _)| key).collect()
        };
        assert_eq!(keys(10, false), [b"1", b"2", b"3"]);
        assert_eq!(keys(2, true), [b"3", b"2"]);
    }
}
