//! Ordered keys, atomic transactions and group commit: what is acknowledged here is on disk.
//!
//! One narrow trait, [`Store`], and three of it: [`SqliteStore`] for production, [`MemoryStore`] for tests, and
//! [`FaultyStore`], which fails where a test tells it to. No SQL, no JSON and no knowledge of what is stored leaves
//! or enters this crate.

use std::{ops::Bound, sync::Arc};

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
}

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A `require_*` of the transaction did not hold; nothing was written.
    #[error("a condition of the transaction does not hold")]
    Conflict,
    /// The disk is full; nothing was written.
    #[error("the disk is full: {0}")]
    Full(String),
    /// The store was closed, or its committer has ended.
    #[error("the store is closed")]
    Closed,
    /// Another process holds the data folder.
    #[error("the data folder {0} is in use by another stepwell")]
    InUse(String),
    /// The data was written by a newer version.
    #[error("the data folder has format {found}, this stepwell knows formats up to {known}")]
    Newer {
        /// The format on disk.
        found: u32,
        /// The newest format this program can read.
        known: u32,
    },
    /// Anything else the storage engine reports.
    #[error("storage: {0}")]
    Engine(String),
}

/// One page of a range scan, in key order.
pub type Page = Vec<(Key, Bytes)>;

/// Ordered key-value storage with atomic, durable commits.
///
/// Reads see every transaction that was acknowledged before they began.
pub trait Store: Send + Sync + 'static {
    /// The value at `key`.
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Bytes>, Error>;

    /// At most `limit` entries between the bounds, ascending, or descending when `reverse`.
    fn range(
        &self,
        keyspace: Keyspace,
        lower: Bound<&[u8]>,
        upper: Bound<&[u8]>,
        limit: usize,
        reverse: bool,
    ) -> Result<Page, Error>;

    /// Makes `transaction` durable; the future completes after the disk has it.
    fn commit(&self, transaction: Transaction) -> futures::future::BoxFuture<'static, Result<(), Error>>;
}
