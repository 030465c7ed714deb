//! The Step Functions engine: how many executions and transitions, how fast, how much memory each waiting execution takes,
//! how long the recovery takes, and what a million stored executions cost.
//!
//! * `served` — over HTTP: throughput, latency from start to success, activities.
//! * `waiting` — over HTTP: memory of waiting executions, and the start of a process that finds many open ones.
//! * `embedded` — the engine in this process, without HTTP: what a core does.
//! * `expressions` — the engine in this process: what an expression costs.
//! * `stored` — the engine in this process on a store that grows.

mod embedded;
mod expressions;
pub(crate) mod machines;
mod served;
mod stored;
mod waiting;

use std::{thread, time::Instant};

use crate::{run_on, table};

/// How much is measured.
pub(crate) struct Scale {
    /// Requests of a round.
    pub(crate) requests: usize,
    /// Rounds of each measurement.
    pub(crate) rounds: usize,
    /// Waiting executions whose memory is measured.
    pub(crate) waiting: usize,
    /// Open executions that a new process finds.
    pub(crate) open: usize,
    /// Executions of the grown store.
    pub(crate) stored: usize,
}

impl Scale {
    /// The whole measurement, or a short one with this many requests in a round.
    pub(crate) fn of(requests: Option<usize>) -> Self {
        match requests {
            None => Self { requests: 4_000, rounds: 7, waiting: 10_000, open: 100_000, stored: 1_000_000 },
            Some(n) => Self { requests: n, rounds: 3, waiting: 2 * n, open: 4 * n, stored: 10 * n },
        }
    }
}

/// Measures and prints the sections whose names contain `only`.
pub(crate) fn run(scale: &Scale, only: &str) -> anyhow::Result<()> {
    println!("workflows: {} rounds of {} requests; median (lowest to highest)", scale.rounds, scale.requests);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let section = |name: &str, measure: &dyn Fn() -> anyhow::Result<()>| {
        if name.contains(only) { section(name, measure) } else { Ok(()) }
    };
    section("over HTTP", &|| run_on(1, served::run(scale)))?;
    section("waiting executions, over HTTP", &|| run_on(1, waiting::run(scale)))?;
    section("in the process, without HTTP", &|| run_on(cores, embedded::run(scale)))?;
    section("expressions, in the process", &|| run_on(cores, expressions::run(scale)))?;
    section("a store that grows, in the process", &|| run_on(cores, stored::run(scale)))
}

fn section(name: &str, measure: impl Fn() -> anyhow::Result<()>) -> anyhow::Result<()> {
    println!("\n{name}");
    table::header();
    let began = Instant::now();
    measure()?;
    println!("({:.0} s)", began.elapsed().as_secs_f64());
    Ok(())
}
