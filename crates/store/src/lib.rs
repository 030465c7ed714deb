//! Ordered keys, atomic transactions and group commit: what is acknowledged here is on disk.
//!
//! One narrow trait, [`Store`], and three of it: [`SqliteStore`] for production, [`MemoryStore`] for tests, and
//! [`FaultyStore`], which fails where a test tells it to. No SQL, no JSON and no knowledge of what is stored leaves
//! or enters this crate.

mod error;
mod faulty;
mod memory;
mod sqlite;
mod transaction;

use std::ops::Bound;

pub use error::Error;
pub use faulty::{Fault, FaultyStore};
pub use memory::MemoryStore;
pub use sqlite::{Options, SqliteStore, Statistics};
pub use transaction::{Bytes, Key, Keyspace, Transaction};

/// One page of a range scan, in key order.
pub type Page = Vec<(Key, Bytes)>;

/// Ordered key-value storage with atomic, durable commits.
///
/// Reads see every transaction that was acknowledged before they began. A keyspace that was never written to is
/// empty. Conditions speak of the state before the transaction's own writes; writes happen in their order.
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
    ///
    /// Two commits that are both under way may become durable in either order. Dropping the future loses the
    /// answer, not necessarily the transaction.
    fn commit(&self, transaction: Transaction) -> futures::future::BoxFuture<'static, Result<(), Error>>;
}

/// Whether no key can lie between these bounds.
fn is_empty_range(lower: Bound<&[u8]>, upper: Bound<&[u8]>) -> bool {
    match (lower, upper) {
        (Bound::Included(low), Bound::Included(high)) => low > high,
        (Bound::Included(low) | Bound::Excluded(low), Bound::Excluded(high) | Bound::Included(high)) => low >= high,
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
    }
}
