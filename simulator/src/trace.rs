//! What happened in a simulation, line by line, kept where somebody wants to read it.

use std::sync::Arc;

use clock::{Clock, SimulatedClock};
use parking_lot::Mutex;

/// See the module's header. Clones are one trace.
#[derive(Clone)]
pub(crate) struct Trace {
    clock: SimulatedClock,
    lines: Option<Arc<Mutex<Vec<String>>>>,
}

impl Trace {
    /// A trace that keeps its lines, or one that costs nothing.
    pub(crate) fn new(clock: SimulatedClock, keep: bool) -> Self {
        Self { clock, lines: keep.then(Arc::default) }
    }

    /// Adds a line, which is only made if somebody wants it.
    pub(crate) fn add(&self, line: impl FnOnce() -> String) {
        if let Some(lines) = &self.lines {
            lines.lock().push(format!("{} {}", self.clock.now().0, line()));
        }
    }

    /// All lines so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.as_ref().map(|lines| lines.lock().clone()).unwrap_or_default()
    }
}
