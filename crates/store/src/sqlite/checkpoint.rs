//! Copies the write-ahead log into the database on a thread of its own, and keeps the log bounded.
//!
//! The bulk is copied beside the writer (`PASSIVE`); what was written meanwhile is copied while the writer waits
//! (`RESTART`), after which the log is written from its beginning again. The file keeps its length: overwriting an
//! allocated log is cheaper to make durable than growing one.

use std::{
    sync::{Arc, atomic::Ordering},
    thread::{self, JoinHandle},
    time::Duration,
};

use parking_lot::{Condvar, Mutex, MutexGuard};
use rusqlite::Connection;

use super::committer::Counters;

/// Log frames (pages of 8 KiB) at which a checkpoint begins.
const BEGIN_FRAMES: u32 = 2048;
/// Log frames at which the writer waits until the checkpoint has ended.
const WAIT_FRAMES: u32 = 4 * BEGIN_FRAMES;

/// How long the end of a checkpoint, with the writer standing by, waits for a long read to end.
const READER_PATIENCE: Duration = Duration::from_millis(500);

/// The committer's and the store's end of the checkpoint thread.
#[derive(Debug, Clone)]
pub(super) struct Signal(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Held by whoever writes: a group, or the end of a checkpoint.
    write_turn: Mutex<()>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    wanted: bool,
    closed: bool,
}

impl Signal {
    /// The right to write, until the guard is dropped.
    pub(super) fn write_turn(&self) -> MutexGuard<'_, ()> {
        self.0.write_turn.lock()
    }

    /// The log has `frames` now: asks for a checkpoint when it is long, and waits for it when it is too long.
    pub(super) fn log_has(&self, frames: u32) {
        if frames < BEGIN_FRAMES {
            return;
        }
        let mut state = self.0.state.lock();
        state.wanted = true;
        self.0.changed.notify_all();
        while frames >= WAIT_FRAMES && state.wanted && !state.closed {
            self.0.changed.wait(&mut state);
        }
    }

    /// Ends the checkpoint thread.
    pub(super) fn close(&self) {
        self.0.state.lock().closed = true;
        self.0.changed.notify_all();
    }

    /// Waits until a checkpoint is wanted; `false` when the store closes.
    fn wait_until_wanted(&self) -> bool {
        let mut state = self.0.state.lock();
        while !state.wanted && !state.closed {
            self.0.changed.wait(&mut state);
        }
        !state.closed
    }

    fn done(&self) {
        self.0.state.lock().wanted = false;
        self.0.changed.notify_all();
    }
}

/// Starts the checkpoint thread.
pub(super) fn spawn(connection: Connection, counters: Arc<Counters>) -> std::io::Result<(Signal, JoinHandle<()>)> {
    let signal = Signal(Arc::default());
    let thread_signal = signal.clone();
    let run = move || {
        let _close = CloseOnExit(thread_signal.clone());
        while thread_signal.wait_until_wanted() {
            match checkpoint(&connection, &thread_signal) {
                Ok(true) => drop(counters.checkpoints.fetch_add(1, Ordering::Relaxed)),
                Ok(false) => tracing::warn!("a long read kept the write-ahead log from being begun anew"),
                Err(error) => tracing::warn!(%error, "the write-ahead log could not be copied into the database"),
            }
            thread_signal.done();
        }
    };
    Ok((signal, thread::Builder::new().name("store-checkpoint".to_owned()).spawn(run)?))
}

/// Whether the log could be begun anew.
fn checkpoint(connection: &Connection, signal: &Signal) -> rusqlite::Result<bool> {
    let busy =
        |mode: &str| connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| row.get::<_, i64>(0));
    busy("PASSIVE")?;
    connection.busy_timeout(READER_PATIENCE)?;
    let _turn = signal.write_turn();
    Ok(busy("RESTART")? == 0)
}

/// The committer must not wait for a thread that has ended, even by a panic.
struct CloseOnExit(Signal);

impl Drop for CloseOnExit {
    fn drop(&mut self) {
        self.0.close();
    }
}
