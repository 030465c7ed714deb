//! A bounded pool of read connections. Each statement reads one snapshot: the last committed state when it began.

use std::thread;

use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;

use crate::Error;

use super::{failure, folder::Folder};

#[derive(Debug)]
pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
}

impl Readers {
    pub(super) fn new(folder: &Folder) -> Result<Self, Error> {
        let count = thread::available_parallelism().map_or(4, usize::from).clamp(2, 8) * 2;
        let mut idle = Vec::with_capacity(count);
        for _ in 0..count {
            let connection = folder.connect()?;
            connection.pragma_update(None, "query_only", true).map_err(|error| failure::sqlite(&error))?;
            idle.push(connection);
        }
        Ok(Self { idle: Mutex::new(idle), returned: Condvar::new() })
    }

    /// Runs `read` on a connection, waiting for one while all are busy. Reads are short: no connection is ever kept.
    pub(super) fn with<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        let lent = Lent { connection: Some(self.take()), readers: self };
        let connection = lent.connection.as_ref().expect("taken back only when dropped");
        read(connection).map_err(|error| failure::sqlite(&error))
    }

    fn take(&self) -> Connection {
        let mut idle = self.idle.lock();
        loop {
            match idle.pop() {
                Some(connection) => return connection,
                None => self.returned.wait(&mut idle),
            }
        }
    }
}

/// Puts its connection back, also when a read panics.
struct Lent<'a> {
    connection: Option<Connection>,
    readers: &'a Readers,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.readers.idle.lock().extend(self.connection.take());
        self.readers.returned.notify_one();
    }
}
