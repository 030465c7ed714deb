//! The time cap of a handler, in every language.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// The time cap of the current invocation.
#[derive(Debug)]
pub(crate) struct Deadline {
    until: Mutex<Instant>,
    passed: AtomicBool,
}

impl Deadline {
    pub(crate) fn new() -> Self {
        Self { until: Mutex::new(now()), passed: AtomicBool::new(false) }
    }

    /// Starts an invocation.
    pub(crate) fn start(&self, time: Duration) {
        *self.until.lock() = now() + time;
        self.passed.store(false, Ordering::Relaxed);
    }

    /// Whether time is up; it stays so until the next start.
    pub(crate) fn check(&self) -> bool {
        let passed = self.passed() || now() >= *self.until.lock();
        self.passed.store(passed, Ordering::Relaxed);
        passed
    }

    /// Whether a check has found time up.
    pub(crate) fn passed(&self) -> bool {
        self.passed.load(Ordering::Relaxed)
    }
}

/// Real time: it bounds how long a processor is taken, and no result depends on it.
#[expect(clippy::disallowed_methods, reason = "a cap on run time, not a time that handlers see")]
fn now() -> Instant {
    Instant::now()
}
