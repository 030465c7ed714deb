//! What a caller asks a store to make durable: conditions that must hold, and writes, all or nothing.

use std::sync::Arc;

/// A logical table: its own ordered key space. Names are compile-time constants of the crate that owns the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Keyspace(pub &'static str);

/// An ordered binary key.
pub type Key = Vec<u8>;
/// An opaque value.
pub type Bytes = Arc<[u8]>;

/// A set of changes that becomes durable whole or not at all.
#[derive(Debug, Clone, Default)]
pub struct Transaction {
    pub(crate) conditions: Vec<Condition>,
    pub(crate) writes: Vec<Write>,
}

/// What must hold at the moment of the commit.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    Absent(Keyspace, Key),
    Equals(Keyspace, Key, Bytes),
}

#[derive(Debug, Clone)]
pub(crate) enum Write {
    Put(Keyspace, Key, Bytes),
    Delete(Keyspace, Key),
}

impl Transaction {
    /// An empty transaction.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes `value` at `key`.
    pub fn put(&mut self, keyspace: Keyspace, key: impl Into<Key>, value: impl Into<Bytes>) -> &mut Self {
        self.writes.push(Write::Put(keyspace, key.into(), value.into()));
        self
    }

    /// Removes `key`, if it is there.
    pub fn delete(&mut self, keyspace: Keyspace, key: impl Into<Key>) -> &mut Self {
        self.writes.push(Write::Delete(keyspace, key.into()));
        self
    }

    /// Commits only if `key` does not exist.
    pub fn require_absent(&mut self, keyspace: Keyspace, key: impl Into<Key>) -> &mut Self {
        self.conditions.push(Condition::Absent(keyspace, key.into()));
        self
    }

    /// Commits only if the value at `key` is `value`, byte for byte.
    pub fn require_equals(&mut self, keyspace: Keyspace, key: impl Into<Key>, value: impl Into<Bytes>) -> &mut Self {
        self.conditions.push(Condition::Equals(keyspace, key.into(), value.into()));
        self
    }

    /// Bytes of keys and values, conditions included.
    pub(crate) fn bytes(&self) -> usize {
        let conditions = self.conditions.iter().map(|condition| match condition {
            Condition::Absent(_, key) => key.len(),
            Condition::Equals(_, key, value) => key.len() + value.len(),
        });
        let writes = self.writes.iter().map(|write| match write {
            Write::Put(_, key, value) => key.len() + value.len(),
            Write::Delete(_, key) => key.len(),
        });
        conditions.chain(writes).sum()
    }
}
