//! Engines that wait for their next handler.

use std::thread::available_parallelism;

use parking_lot::Mutex;

use super::{Dialect, engine::Engine};
use crate::Limits;

/// Engines kept for each processor: handlers also wait, for processors and for each other's locks.
const KEPT_PER_PROCESSOR: usize = 4;

/// Engines of one language. There are as many as handlers run at once; those above what is kept are dropped when they
/// come back.
#[derive(Debug)]
pub(super) struct Pool {
    dialect: Dialect,
    limits: Limits,
    kept: usize,
    idle: Mutex<Vec<Engine>>,
}

impl Pool {
    pub(super) fn new(dialect: Dialect, limits: Limits) -> Self {
        let kept = available_parallelism().map_or(1, usize::from).saturating_mul(KEPT_PER_PROCESSOR);
        Self { dialect, limits, kept, idle: Mutex::default() }
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The engine that came back last, or a new one.
    pub(super) fn checkout(&self) -> Result<Engine, String> {
        let idle = self.idle.lock().pop();
        idle.map_or_else(|| Engine::new(self.dialect, self.limits), Ok)
    }

    pub(super) fn give_back(&self, engine: Engine) {
        let mut idle = self.idle.lock();
        if idle.len() < self.kept {
            idle.push(engine);
        }
    }
}
