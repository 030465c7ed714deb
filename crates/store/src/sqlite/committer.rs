//! The one thread that writes: takes what is queued, makes it durable with one fsync, then answers everybody.

use std::{
    cell::Cell,
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
};

use rusqlite::Connection;

use crate::{
    Error, Keyspace, Transaction,
    transaction::{Condition, Write},
};

use super::{
    checkpoint, failure,
    queue::{Queue, Request},
    tables::{Table, Tables},
};

thread_local! {
    /// Frames in the write-ahead log after the last commit of this thread; 0 when it wrote none. SQLite's hook takes no
    /// captures.
    static LOG_FRAMES: Cell<u32> = const { Cell::new(0) };
}

/// See [`super::Statistics`].
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) transactions: AtomicU64,
    pub(super) groups: AtomicU64,
    pub(super) checkpoints: AtomicU64,
}

pub(super) struct Committer {
    connection: Connection,
    queue: Arc<Queue>,
    tables: Arc<Tables>,
    counters: Arc<Counters>,
    checkpointer: checkpoint::Signal,
    /// Tables that the open group has made and that nobody else may see yet.
    created: HashMap<Keyspace, Arc<Table>>,
}

impl Committer {
    pub(super) fn new(
        connection: Connection,
        queue: &Arc<Queue>,
        tables: &Arc<Tables>,
        counters: &Arc<Counters>,
        checkpointer: &checkpoint::Signal,
    ) -> Self {
        let (queue, tables, counters) = (Arc::clone(queue), Arc::clone(tables), Arc::clone(counters));
        Self { connection, queue, tables, counters, checkpointer: checkpointer.clone(), created: HashMap::new() }
    }

    pub(super) fn spawn(self) -> std::io::Result<JoinHandle<()>> {
        thread::Builder::new().name("store-committer".to_owned()).spawn(move || self.run())
    }

    fn run(mut self) {
        let _abandon = AbandonOnExit(Arc::clone(&self.queue));
        self.connection.wal_hook(Some(|_, frames| {
            LOG_FRAMES.set(u32::try_from(frames).unwrap_or(0));
            Ok(())
        }));
        while let Some(group) = self.queue.next_group() {
            self.commit_and_answer(group);
        }
    }

    fn commit_and_answer(&mut self, group: Vec<Request>) {
        let checkpointer = self.checkpointer.clone();
        let turn = checkpointer.write_turn();
        let answers = match self.commit_group(&group) {
            Ok(answers) => answers,
            // The engine refused somewhere in the group: each transaction alone, so that only the guilty one fails.
            Err(_) if group.len() > 1 => {
                group.iter().map(|one| self.commit_group(std::slice::from_ref(one)).and_then(only_answer)).collect()
            }
            Err(error) => vec![Err(error)],
        };
        drop(turn);
        for (request, answer) in group.into_iter().zip(answers) {
            // Who no longer waits for the answer dropped the future; the transaction stands all the same.
            let _ = request.reply.send(answer);
        }
        checkpointer.log_has(LOG_FRAMES.take());
    }

    /// One SQLite transaction, one fsync. Either the answers of all, or an error and nothing written.
    fn commit_group(&mut self, group: &[Request]) -> Result<Vec<Result<(), Error>>, Error> {
        match self.apply_group(group) {
            Ok(answers) => {
                for (keyspace, table) in self.created.drain() {
                    self.tables.remember(keyspace, table);
                }
                let committed = answers.iter().filter(|answer| answer.is_ok()).count();
                self.counters.transactions.fetch_add(committed as u64, Ordering::Relaxed);
                self.counters.groups.fetch_add(u64::from(committed > 0), Ordering::Relaxed);
                Ok(answers)
            }
            Err(error) => {
                self.created.clear();
                // SQLite may have rolled back by itself already; then there is nothing to roll back.
                if !self.connection.is_autocommit()
                    && let Err(error) = self.connection.execute_batch("ROLLBACK")
                {
                    tracing::error!(%error, "the store could not roll back");
                }
                Err(failure::sqlite(&error))
            }
        }
    }

    fn apply_group(&mut self, group: &[Request]) -> rusqlite::Result<Vec<Result<(), Error>>> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut answers = Vec::with_capacity(group.len());
        for request in group {
            answers.push(self.apply(&request.transaction)?);
        }
        self.connection.execute_batch("COMMIT")?;
        Ok(answers)
    }

    /// Checks the conditions, which see what the group has written so far, and only then writes: a conflict leaves
    /// nothing behind, so it needs no savepoint.
    fn apply(&mut self, transaction: &Transaction) -> rusqlite::Result<Result<(), Error>> {
        for condition in &transaction.conditions {
            if !self.holds(condition)? {
                return Ok(Err(Error::Conflict));
            }
        }
        for write in &transaction.writes {
            match write {
                Write::Put(keyspace, key, value) => self.table_or_new(*keyspace)?.put(&self.connection, key, value)?,
                Write::Delete(keyspace, key) => {
                    if let Some(table) = self.table(*keyspace) {
                        table.delete(&self.connection, key)?;
                    }
                }
            }
        }
        Ok(Ok(()))
    }

    fn holds(&self, condition: &Condition) -> rusqlite::Result<bool> {
        let (keyspace, key, expected) = match condition {
            Condition::Absent(keyspace, key) => (*keyspace, key, None),
            Condition::Equals(keyspace, key, value) => (*keyspace, key, Some(value)),
        };
        let found = match self.table(keyspace) {
            Some(table) => table.get(&self.connection, key)?,
            None => None,
        };
        Ok(found.as_ref() == expected)
    }

    fn table(&self, keyspace: Keyspace) -> Option<Arc<Table>> {
        self.created.get(&keyspace).cloned().or_else(|| self.tables.known(keyspace))
    }

    fn table_or_new(&mut self, keyspace: Keyspace) -> rusqlite::Result<Arc<Table>> {
        match self.table(keyspace) {
            Some(table) => Ok(table),
            None => {
                let table = Tables::create(keyspace, &self.connection)?;
                self.created.insert(keyspace, Arc::clone(&table));
                Ok(table)
            }
        }
    }
}

fn only_answer(mut answers: Vec<Result<(), Error>>) -> Result<(), Error> {
    answers.pop().expect("a group of one has one answer")
}

/// Whoever still waits when the committer ends, even by a panic, is told that the store is closed.
struct AbandonOnExit(Arc<Queue>);

impl Drop for AbandonOnExit {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
