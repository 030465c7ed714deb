//! What SQLite and the operating system report, as [`Error`].

use rusqlite::{ErrorCode, ffi};

use crate::Error;

/// SQLite's error; a full disk is told apart, because the store works on when space returns.
pub(super) fn sqlite(error: &rusqlite::Error) -> Error {
    match error.sqlite_error() {
        Some(cause) if is_full(cause) => Error::Full(error.to_string()),
        _ => Error::Engine(error.to_string()),
    }
}

/// Growing the shared index of the write-ahead log fails with its own code when the disk is full.
fn is_full(cause: &ffi::Error) -> bool {
    cause.code == ErrorCode::DiskFull || cause.extended_code == ffi::SQLITE_IOERR_SHMSIZE
}

/// An error of the operating system.
pub(super) fn io(error: &std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::StorageFull => Error::Full(error.to_string()),
        _ => Error::Engine(error.to_string()),
    }
}
