//! The data folder: its exclusive lock, its format version and the connections to its database.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};

use crate::Error;

use super::{FORMAT, Options, failure};

const DATABASE: &str = "stepwell.sqlite";
const LOCK: &str = "stepwell.lock";
/// Bytes per database page: two 4 KiB blocks, so that a value of 1 KiB shares its page with a few others.
const PAGE_BYTES: u32 = 8192;
/// Statements that a connection keeps compiled; four per keyspace are in use.
const STATEMENTS: usize = 256;
/// How long a connection waits for a lock inside SQLite. Only checkpoints make anybody wait.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// A folder that this process holds. The kernel releases the lock when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Folder {
    database: PathBuf,
    _lock: File,
}

impl Folder {
    pub(super) fn lock(folder: &Path) -> Result<Self, Error> {
        make_durable_folder(folder).map_err(|error| failure::io(&error))?;
        let lock = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK));
        let lock = lock.map_err(|error| failure::io(&error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { database: folder.join(DATABASE), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::InUse(folder.display().to_string())),
            Err(TryLockError::Error(error)) => Err(failure::io(&error)),
        }
    }

    /// The one connection that writes. Brings a new database into its format.
    pub(super) fn open_writer(&self, options: Options) -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.database, flags).map_err(|error| failure::sqlite(&error))?;
        let found = format_of(&connection).map_err(|error| failure::sqlite(&error))?;
        if found > FORMAT {
            return Err(Error::Newer { found, known: FORMAT });
        }
        prepare_writer(&connection, options).map_err(|error| failure::sqlite(&error))?;
        Ok(connection)
    }

    /// A further connection to the database, which the writer has already made.
    pub(super) fn connect(&self) -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || {
            let connection = Connection::open_with_flags(&self.database, flags)?;
            configure(&connection)?;
            Ok(connection)
        };
        open().map_err(|error: rusqlite::Error| failure::sqlite(&error))
    }
}

/// Makes `folder`, and makes its name durable in the folder above.
fn make_durable_folder(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    match folder.canonicalize()?.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

fn format_of(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn prepare_writer(connection: &Connection, options: Options) -> rusqlite::Result<()> {
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    configure(connection)?;
    if format_of(connection)? != FORMAT {
        connection.pragma_update(None, "user_version", FORMAT)?;
    }
    if let Some(bytes) = options.max_bytes {
        let pages = (bytes / u64::from(PAGE_BYTES)).clamp(1, u64::from(u32::MAX - 1));
        connection.pragma_update_and_check(None, "max_page_count", pages.cast_signed(), |_| Ok(()))?;
    }
    Ok(())
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(LOCK_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Checkpoints belong to their own thread, never to a commit that somebody waits for.
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}
