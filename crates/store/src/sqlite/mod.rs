//! The durable store: SQLite in WAL mode, with `synchronous=FULL` and group commit above it.
//!
//! One committer thread makes many transactions durable with one fsync, a pool of connections reads beside it, and a
//! checkpoint thread keeps the write-ahead log short. SQLite's B-trees are all that is used of it: one ordinary rowid
//! table per keyspace with a unique blob key. (`WITHOUT ROWID` tables were measured: a third of the speed and more
//! than three times the space at values of 1 KiB.)

mod checkpoint;
mod committer;
mod failure;
mod folder;
mod queue;
mod readers;
mod tables;

use std::{
    ops::Bound,
    path::Path,
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
};

use futures::future::BoxFuture;

use crate::{Bytes, Error, Keyspace, Page, Store, Transaction, is_empty_range};

use self::{committer::Counters, folder::Folder, queue::Queue, readers::Readers, tables::Tables};

/// The newest format this program reads and writes; kept in SQLite's `user_version`.
const FORMAT: u32 = 1;

/// Choices at opening.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// The largest size of the database file in bytes; beyond it commits answer [`Error::Full`]. `None` leaves it to
    /// the disk.
    pub max_bytes: Option<u64>,
}

/// What a store has done since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    /// Transactions made durable.
    pub transactions: u64,
    /// Groups, each made durable by one fsync of the write-ahead log.
    pub groups: u64,
    /// Times that the write-ahead log was copied into the database and begun anew.
    pub checkpoints: u64,
}

/// A data folder on disk, held exclusively until the store is dropped.
#[derive(Debug)]
pub struct SqliteStore {
    queue: Arc<Queue>,
    readers: Readers,
    tables: Arc<Tables>,
    counters: Arc<Counters>,
    checkpointer: checkpoint::Signal,
    threads: Vec<JoinHandle<()>>,
    // Last, so that the folder is released after everything that writes to it has ended.
    _folder: Folder,
}

impl SqliteStore {
    /// Opens the data folder `folder`, making it if it is not there.
    ///
    /// # Errors
    /// [`Error::InUse`] while another process holds it, [`Error::Newer`] for data of a later version.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_with(folder, Options::default())
    }

    /// Opens the data folder with `options`.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub fn open_with(folder: impl AsRef<Path>, options: Options) -> Result<Self, Error> {
        let folder = Folder::lock(folder.as_ref())?;
        let writer = folder.open_writer(options)?;
        let tables = Arc::new(Tables::load(&writer)?);
        let (counters, queue) = (Arc::new(Counters::default()), Arc::new(Queue::default()));
        let (readers, checkpoints) = (Readers::new(&folder)?, folder.connect()?);
        let (signal, checkpoints) =
            checkpoint::spawn(checkpoints, Arc::clone(&counters)).map_err(|error| failure::io(&error))?;
        let committer = committer::Committer::new(writer, &queue, &tables, &counters, &signal).spawn();
        let committer = committer.inspect_err(|_| signal.close()).map_err(|error| failure::io(&error))?;
        let threads = vec![committer, checkpoints];
        Ok(Self { queue, readers, tables, counters, checkpointer: signal, threads, _folder: folder })
    }

    /// What this store has done since it was opened.
    pub fn statistics(&self) -> Statistics {
        Statistics {
            transactions: self.counters.transactions.load(Ordering::Relaxed),
            groups: self.counters.groups.load(Ordering::Relaxed),
            checkpoints: self.counters.checkpoints.load(Ordering::Relaxed),
        }
    }
}

impl Store for SqliteStore {
    fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Bytes>, Error> {
        match self.tables.known(keyspace) {
            Some(table) => self.readers.with(|connection| table.get(connection, key)),
            None => Ok(None),
        }
    }

    fn range(
        &self,
        keyspace: Keyspace,
        lower: Bound<&[u8]>,
        upper: Bound<&[u8]>,
        limit: usize,
        reverse: bool,
    ) -> Result<Page, Error> {
        match self.tables.known(keyspace).filter(|_| !is_empty_range(lower, upper)) {
            Some(table) => self.readers.with(|connection| table.range(connection, lower, upper, limit, reverse)),
            None => Ok(Page::new()),
        }
    }

    fn commit(&self, transaction: Transaction) -> BoxFuture<'static, Result<(), Error>> {
        let queue = Arc::clone(&self.queue);
        Box::pin(async move { queue.submit(transaction).await })
    }
}

impl Drop for SqliteStore {
    /// Refuses new commits, finishes those that are queued, and waits for the threads.
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
            // The committer is joined first: it still asks for checkpoints.
            self.checkpointer.close();
        }
    }
}
