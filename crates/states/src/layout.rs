//! Where the records of Step Functions lie in the store: keyspaces, keys, and the typed reads and writes of them.
//!
//! Keys are order-preserving. An execution's `id` grows with the time of its start, so the indexes read newest first
//! in reverse, and the step log of one execution reads in order.

use std::ops::Bound;

use serde::{Serialize, de::DeserializeOwned};
use store::{Bytes, Key, Keyspace, Store, Transaction};

use crate::{
    Error,
    interpreter::Job,
    records::{ExecutionRow, MapRunRow, Status, StepRecord, Summary},
};

/// `schema` -> version of this layout.
pub(crate) const META: Keyspace = Keyspace("states.meta");
/// Name -> [`crate::records::Machine`].
pub(crate) const MACHINES: Keyspace = Keyspace("states.machine");
/// Machine id, number -> [`crate::records::Version`].
pub(crate) const VERSIONS: Keyspace = Keyspace("states.version");
/// Machine id, then the bytes of the name -> [`crate::records::Alias`].
pub(crate) const ALIASES: Keyspace = Keyspace("states.alias");
/// Name -> [`crate::records::Activity`].
pub(crate) const ACTIVITIES: Keyspace = Keyspace("states.activity");
/// SHA-256 -> definition text.
pub(crate) const DEFINITIONS: Keyspace = Keyspace("states.definition");
/// ARN -> [`ExecutionRow`].
pub(crate) const EXECUTIONS: Keyspace = Keyspace("states.execution");
/// Execution id, first event id, step number -> [`StepRecord`].
pub(crate) const STEPS: Keyspace = Keyspace("states.step");
/// ARN -> [`MapRunRow`].
pub(crate) const MAP_RUNS: Keyspace = Keyspace("states.map_run");
/// Execution id, map run id -> ARN of the map run.
pub(crate) const MAP_RUNS_OF: Keyspace = Keyspace("states.map_run_of");
/// Machine id or map run id, execution id -> [`Summary`].
pub(crate) const BY_MACHINE: Keyspace = Keyspace("states.by_machine");
/// Machine id or map run id, status, execution id -> [`Summary`].
pub(crate) const BY_STATUS: Keyspace = Keyspace("states.by_status");
/// Execution id -> [`crate::records::OpenRecord`], of running executions; of schema 1, the ARN.
pub(crate) const OPEN: Keyspace = Keyspace("states.open");
/// Task token -> [`crate::records::TokenRecord`].
pub(crate) const TOKENS: Keyspace = Keyspace("states.token");
/// Execution id, task -> [`crate::records::JobRecord`] of a job that is to be stopped.
pub(crate) const JOBS: Keyspace = Keyspace("states.job");
/// Id of an execution that is removed, while steps of it are left -> nothing.
pub(crate) const REMOVALS: Keyspace = Keyspace("states.removal");
/// Serial number -> status event that awaits its delivery.
pub(crate) const OUTBOX: Keyspace = Keyspace("states.outbox");

/// The version of this layout. A store with a higher one is refused.
///
/// 2: open executions have records. What schema 1 has written is read as it is, and replaced when it is written next.
const SCHEMA: u32 = 2;
const SCHEMA_KEY: &[u8] = b"schema";

/// Checks the layout's version, and writes it into a new or an older store.
pub(crate) async fn check_schema(store: &dyn Store) -> Result<(), Error> {
    match get::<u32>(store, META, SCHEMA_KEY)? {
        Some(found) if found > SCHEMA => Err(store::Error::Newer { found, known: SCHEMA }.into()),
        Some(SCHEMA) => Ok(()),
        Some(_) | None => {
            let mut transaction = Transaction::new();
            transaction.put(META, SCHEMA_KEY, encode(&SCHEMA));
            Ok(store.commit(transaction).await?)
        }
    }
}

/// The record at `key`.
pub(crate) fn get<T: DeserializeOwned>(store: &dyn Store, keyspace: Keyspace, key: &[u8]) -> Result<Option<T>, Error> {
    store.get(keyspace, key)?.map(|bytes| decode(keyspace, key, &bytes)).transpose()
}

/// A record as it is stored.
pub(crate) fn encode<T: Serialize>(record: &T) -> Bytes {
    serde_json::to_vec(record).expect("records have text keys and finite numbers").into()
}

/// A stored record.
pub(crate) fn decode<T: DeserializeOwned>(keyspace: Keyspace, key: &[u8], bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| Error::Corrupt {
        what: format!("{} {}", keyspace.0, String::from_utf8_lossy(key)),
        cause: error.to_string(),
    })
}

/// A key of numbers, each big-endian, so that keys sort as the numbers do.
pub(crate) fn key(parts: &[u64]) -> Key {
    parts.iter().flat_map(|part| part.to_be_bytes()).collect()
}

/// The place of an alias in [`ALIASES`].
pub(crate) fn alias_key(machine: u64, name: &str) -> Key {
    [&key(&[machine])[..], name.as_bytes()].concat()
}

/// Puts a new execution into the table and the indexes, on condition that its ARN is new. One that ended with its
/// first step is there as ended from the beginning.
pub(crate) fn insert_execution(transaction: &mut Transaction, row: &ExecutionRow) {
    let arn = row.arn.as_bytes();
    transaction.require_absent(EXECUTIONS, arn).put(EXECUTIONS, arn, encode(row));
    insert_index(transaction, row);
}

/// Replaces the row of an execution whose status was `before`, and its place in the indexes.
pub(crate) fn update_execution(transaction: &mut Transaction, row: &ExecutionRow, before: Status) {
    transaction.put(EXECUTIONS, row.arn.as_bytes(), encode(row));
    transaction.delete(BY_STATUS, status_key(row.machine.id, before, row.id));
    insert_index(transaction, row);
}

/// Puts an execution that is not durable into the table and the indexes when it has ended, over an earlier run of it.
pub(crate) fn insert_ended(transaction: &mut Transaction, row: &ExecutionRow) {
    transaction.put(EXECUTIONS, row.arn.as_bytes(), encode(row));
    for status in Status::ENDED {
        transaction.delete(BY_STATUS, status_key(row.machine.id, status, row.id));
    }
    insert_index(transaction, row);
}

/// Writes a map run of the execution with this id.
pub(crate) fn put_map_run(transaction: &mut Transaction, execution: u64, row: &MapRunRow) {
    transaction.put(MAP_RUNS, row.state.arn.as_bytes(), encode(row));
    transaction.put(MAP_RUNS_OF, key(&[execution, row.id]), Bytes::from(row.state.arn.as_bytes()));
}

/// Takes a map run of the execution with this id out of the tables.
pub(crate) fn remove_map_run(transaction: &mut Transaction, execution: u64, row: &MapRunRow) {
    transaction.delete(MAP_RUNS, row.state.arn.as_bytes());
    transaction.delete(MAP_RUNS_OF, key(&[execution, row.id]));
}

/// The map runs of the execution with this id, oldest first: at most `limit` after the one with the id `after`.
pub(crate) fn map_runs_of(
    store: &dyn Store,
    execution: u64,
    after: u64,
    limit: usize,
) -> Result<Vec<MapRunRow>, Error> {
    let (lower, upper) = (key(&[execution, after]), key(&[execution + 1]));
    let page = store.range(MAP_RUNS_OF, Bound::Excluded(&lower), Bound::Excluded(&upper), limit, false)?;
    let mut rows = Vec::with_capacity(page.len());
    for (_, arn) in page {
        rows.extend(get(store, MAP_RUNS, &arn)?);
    }
    Ok(rows)
}

fn insert_index(transaction: &mut Transaction, row: &ExecutionRow) {
    let summary = encode(&Summary::from(row));
    transaction.put(BY_MACHINE, key(&[row.machine.id, row.id]), summary.clone());
    transaction.put(BY_STATUS, status_key(row.machine.id, row.status, row.id), summary);
}

/// Takes an ended execution out of the table and the indexes, and notes that its steps are to follow.
pub(crate) fn remove_execution(transaction: &mut Transaction, row: &ExecutionRow) {
    transaction
        .delete(EXECUTIONS, row.arn.as_bytes())
        .delete(BY_MACHINE, key(&[row.machine.id, row.id]))
        .delete(BY_STATUS, status_key(row.machine.id, row.status, row.id))
        .put(REMOVALS, key(&[row.id]), Bytes::from([]));
}

/// The number that a key begins with.
pub(crate) fn first_part(key: &[u8]) -> u64 {
    key.first_chunk().map_or(0, |part| u64::from_be_bytes(*part))
}

/// The place of an execution in [`BY_STATUS`].
pub(crate) fn status_key(machine: u64, status: Status, execution: u64) -> Key {
    key(&[machine, status as u64, execution])
}

/// The place of a step: the id of the first event that it gave (or would have given), then its number.
pub(crate) fn step_key(execution: u64, first_event: u64, step: u64) -> Key {
    key(&[execution, first_event, step])
}

/// The place of a job in [`JOBS`].
pub(crate) fn job_key(execution: u64, job: &Job) -> Key {
    key(&[execution, u64::from(job.task.0)])
}

/// How many steps one read of the log brings.
const STEP_PAGE: usize = 256;

/// Hands every step of an execution to `visit`, in order, with its number, in pages of bounded size.
pub(crate) fn for_each_step(
    store: &dyn Store,
    execution: u64,
    mut visit: impl FnMut(u64, StepRecord) -> Result<(), Error>,
) -> Result<(), Error> {
    let end = key(&[execution + 1]);
    let mut lower = key(&[execution]);
    let mut number = 0;
    loop {
        let page = store.range(STEPS, Bound::Excluded(&lower), Bound::Excluded(&end), STEP_PAGE, false)?;
        let last_page = page.len() < STEP_PAGE;
        for (key, bytes) in page {
            visit(number, decode(STEPS, &key, &bytes)?)?;
            number += 1;
            lower = key;
        }
        if last_page {
            return Ok(());
        }
    }
}

/// Whether the steps of an execution take no more than `most` bytes as they are stored.
pub(crate) fn steps_are_within(store: &dyn Store, execution: u64, most: usize) -> Result<bool, Error> {
    let end = key(&[execution + 1]);
    let (mut lower, mut bytes) = (key(&[execution]), 0);
    loop {
        let page = store.range(STEPS, Bound::Excluded(&lower), Bound::Excluded(&end), STEP_PAGE, false)?;
        bytes += page.iter().map(|(_, record)| record.len()).sum::<usize>();
        match page.into_iter().last() {
            Some((key, _)) if bytes <= most => lower = key,
            _ => return Ok(bytes <= most),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_their_numbers_do() {
        let mut keys = [step_key(1, 256, 3), step_key(1, 2, 1), step_key(1, 2, 2), step_key(0, 900, 9)];
        keys.sort();
        assert_eq!(keys, [step_key(0, 900, 9), step_key(1, 2, 1), step_key(1, 2, 2), step_key(1, 256, 3)]);
    }

    #[tokio::test]
    async fn a_store_of_a_newer_layout_is_refused() {
        let store = store::MemoryStore::new();
        check_schema(&store).await.expect("a new store");
        check_schema(&store).await.expect("a store of this layout");
        let mut transaction = Transaction::new();
        transaction.put(META, SCHEMA_KEY, encode(&(SCHEMA + 1)));
        store.commit(transaction).await.expect("memory");
        let refused = check_schema(&store).await.expect_err("a newer layout");
        assert!(matches!(refused, Error::Store(store::Error::Newer { .. })), "{refused}");
    }
}
