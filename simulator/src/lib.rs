//! A simulation of the Step Functions engine that follows from a seed: random state machines on services that fail, are
//! slow or answer twice, a disk that fails and a process that dies, on a clock that moves only when nothing else does.
//!
//! * `plan`, `generate`, `machine`, `render` — what a seed decides, and the machines as Amazon States Language;
//! * `life` — the engine's lives, from crash to crash, until every execution has ended;
//! * `disk`, `services`, `script`, `clients`, `world` — what surrounds the engine;
//! * `oracle`, `check` — what must come of it;
//! * `dice`, `trace` — numbers that follow from the seed, and what happened.
//!
//! One seed runs on one thread and always in the same way: its trace is the same each time, so a failing seed is a test.

mod check;
mod clients;
mod dice;
mod disk;
mod generate;
mod life;
mod machine;
mod oracle;
mod plan;
mod render;
mod script;
mod services;
mod trace;
mod world;

use std::fmt;

pub use life::{Outcome, run};
pub use world::Counts;

/// How a seed is run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether to keep the trace.
    pub trace: bool,
    /// A bug to plant, which the checks must find.
    pub bug: Option<Bug>,
}

/// A bug that is planted to see that it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// A service performs a call again that it has performed.
    EffectsAgain,
    /// The disk acknowledges some commits and does not make them.
    CommitForgotten,
}

/// What went wrong in a seed.
#[derive(Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What must not be, and was.
    pub violations: Vec<String>,
    /// The definitions of the seed's machines.
    pub machines: Vec<String>,
    /// Everything that happened, if [`Options::trace`] asks for it.
    pub trace: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.trace.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        self.machines.iter().try_for_each(|definition| writeln!(f, "machine: {definition}"))?;
        writeln!(f, "seed {} fails:", self.seed)?;
        self.violations.iter().try_for_each(|violation| writeln!(f, "  {violation}"))
    }
}

impl std::error::Error for Failure {}
