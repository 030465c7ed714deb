//! One table per keyspace: its name, its SQL, and which tables there are.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
    ops::Bound,
    sync::Arc,
};

use parking_lot::RwLock;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use crate::{Bytes, Error, Key, Keyspace, Page};

use super::failure;

const PREFIX: &str = "ks_";

/// The statements of one keyspace. The compiled forms are cached by connection.
#[derive(Debug)]
pub(super) struct Table {
    name: String,
    get: String,
    put: String,
    delete: String,
}

impl Table {
    fn new(keyspace: Keyspace) -> Self {
        let name = table_name(keyspace);
        Self {
            get: format!("SELECT v FROM {name} WHERE k = ?1"),
            put: format!("INSERT INTO {name} (k, v) VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET v = excluded.v"),
            delete: format!("DELETE FROM {name} WHERE k = ?1"),
            name,
        }
    }

    pub(super) fn create(&self, connection: &Connection) -> rusqlite::Result<()> {
        let name = &self.name;
        connection.execute_batch(&format!(
            "CREATE TABLE IF NOT EXISTS {name} (id INTEGER PRIMARY KEY, k BLOB NOT NULL UNIQUE, v BLOB NOT NULL)"
        ))
    }

    pub(super) fn get(&self, connection: &Connection, key: &[u8]) -> rusqlite::Result<Option<Bytes>> {
        connection.prepare_cached(&self.get)?.query_row([key], |row| blob(row, 0)).optional()
    }

    pub(super) fn put(&self, connection: &Connection, key: &[u8], value: &[u8]) -> rusqlite::Result<()> {
        connection.prepare_cached(&self.put)?.execute([key, value]).map(drop)
    }

    pub(super) fn delete(&self, connection: &Connection, key: &[u8]) -> rusqlite::Result<()> {
        connection.prepare_cached(&self.delete)?.execute([key]).map(drop)
    }

    pub(super) fn range(
        &self,
        connection: &Connection,
        lower: Bound<&[u8]>,
        upper: Bound<&[u8]>,
        limit: usize,
        reverse: bool,
    ) -> rusqlite::Result<Page> {
        let mut sql = format!("SELECT k, v FROM {}", self.name);
        let mut keys = Vec::new();
        for (bound, inclusive, exclusive) in [(lower, ">=", ">"), (upper, "<=", "<")] {
            let (operator, key) = match bound {
                Bound::Included(key) => (inclusive, key),
                Bound::Excluded(key) => (exclusive, key),
                Bound::Unbounded => continue,
            };
            sql.push_str(if keys.is_empty() { " WHERE k " } else { " AND k " });
            sql.push_str(operator);
            sql.push('?');
            keys.push(key);
        }
        sql.push_str(if reverse { " ORDER BY k DESC" } else { " ORDER BY k" });
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement
            .query_map(params_from_iter(keys), |row| Ok((row.get_ref(0)?.as_blob()?.to_vec(), blob(row, 1)?)))?;
        rows.take(limit).collect::<rusqlite::Result<Vec<(Key, Bytes)>>>()
    }
}

fn blob(row: &Row<'_>, column: usize) -> rusqlite::Result<Bytes> {
    Ok(row.get_ref(column)?.as_blob()?.into())
}

/// SQL names fold case and know many special characters; everything but `a-z`, `0-9` and `_` is written in hex.
fn table_name(keyspace: Keyspace) -> String {
    let mut name = format!("\"{PREFIX}");
    for byte in keyspace.0.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'_' => name.push(char::from(byte)),
            _ => write!(name, "%{byte:02x}").expect("writing to a string never fails"),
        }
    }
    name.push('"');
    name
}

/// The tables that exist in the committed database.
#[derive(Debug)]
pub(super) struct Tables {
    /// Tables found when the folder was opened, quoted as [`table_name`] quotes them.
    found: HashSet<String>,
    known: RwLock<HashMap<Keyspace, Arc<Table>>>,
}

impl Tables {
    pub(super) fn load(connection: &Connection) -> Result<Self, Error> {
        let load = || {
            let mut names = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
            let quoted = names.query_map([], |row| Ok(format!("\"{}\"", row.get::<_, String>(0)?)))?;
            quoted.collect::<rusqlite::Result<_>>()
        };
        let found = load().map_err(|error| failure::sqlite(&error))?;
        Ok(Self { found, known: RwLock::default() })
    }

    /// The table of `keyspace`, if a committed transaction has made it.
    pub(super) fn known(&self, keyspace: Keyspace) -> Option<Arc<Table>> {
        if let Some(table) = self.known.read().get(&keyspace) {
            return Some(Arc::clone(table));
        }
        let table = Table::new(keyspace);
        self.found.contains(&table.name).then(|| self.remember(keyspace, Arc::new(table)))
    }

    /// A table that the committer makes now; it becomes known with [`Tables::remember`] once it is committed.
    pub(super) fn create(keyspace: Keyspace, connection: &Connection) -> rusqlite::Result<Arc<Table>> {
        let table = Table::new(keyspace);
        table.create(connection)?;
        Ok(Arc::new(table))
    }

    pub(super) fn remember(&self, keyspace: Keyspace, table: Arc<Table>) -> Arc<Table> {
        Arc::clone(self.known.write().entry(keyspace).or_insert(table))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyspaces_that_differ_have_tables_that_differ() {
        let cases =
            [("events", "\"ks_events\""), ("Events", "\"ks_%45vents\""), ("a\"b", "\"ks_a%22b\""), ("", "\"ks_\"")];
        for (keyspace, name) in cases {
            assert_eq!(table_name(Keyspace(keyspace)), name);
        }
    }
}
