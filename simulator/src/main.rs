//! Runs seeds, says what they did, and stops at the first that fails.

use std::{
    process::ExitCode,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use clap::Parser;
use parking_lot::Mutex;
use simulator::{Counts, Failure, Options, run};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Simulates the Step Functions engine: one random world for each seed.
#[derive(Parser)]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Stop after so many seconds, however many seeds are left.
    #[arg(long)]
    seconds: Option<u64>,
    /// Run this seed only.
    #[arg(long, conflicts_with_all = ["seeds", "first", "seconds"])]
    seed: Option<u64>,
    /// Print everything that happens in that seed.
    #[arg(long, requires = "seed")]
    trace: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.seed {
        Some(seed) => one(seed, arguments.trace),
        None => many(&arguments),
    }
}

fn one(seed: u64, trace: bool) -> ExitCode {
    match run(seed, &Options { trace, ..Options::default() }) {
        Ok(outcome) => {
            outcome.trace.iter().for_each(|line| println!("{line}"));
            println!("seed {seed}: {:?}", outcome.counts);
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("{failure}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "how long the simulation takes is no simulated time")]
fn many(arguments: &Arguments) -> ExitCode {
    let began = Instant::now();
    let until = arguments.seconds.map(|seconds| began + Duration::from_secs(seconds));
    let next = AtomicU64::new(arguments.first);
    let end = arguments.first.saturating_add(arguments.seeds);
    let total = Mutex::new((0_u64, Counts::default()));
    let failed: Mutex<Option<Box<Failure>>> = Mutex::new(None);
    let stop = AtomicBool::new(false);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) && until.is_none_or(|until| Instant::now() < until) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    match run(seed, &Options::default()) {
                        Ok(outcome) => {
                            let mut total = total.lock();
                            total.0 += 1;
                            total.1 += outcome.counts;
                        }
                        Err(failure) => {
                            stop.store(true, Ordering::Relaxed);
                            let mut failed = failed.lock();
                            // Of two that fail at the same time, the first.
                            if failed.as_ref().is_none_or(|other| failure.seed < other.seed) {
                                *failed = Some(failure);
                            }
                        }
                    }
                }
            });
        }
    });
    let (seeds, counts) = total.into_inner();
    report(seeds, counts, began.elapsed(), threads);
    match failed.into_inner() {
        Some(failure) => {
            println!("\n{failure}\ncargo run -p stepwell-simulator -- --seed {} --trace", failure.seed);
            ExitCode::FAILURE
        }
        None => ExitCode::SUCCESS,
    }
}

fn report(seeds: u64, counts: Counts, elapsed: Duration, threads: usize) {
    let seconds = elapsed.as_secs_f64();
    let years = counts.simulated_millis as f64 / (365.0 * 24.0 * 3_600_000.0);
    println!(
        "{seeds} seeds: {} executions ({} with an ending known beforehand), {} steps, {} commits, {} crashes, {} disk \
         faults, {} tasks, {} redelivered, {} answered twice, {} answered out of order, {years:.0} simulated years",
        counts.executions,
        counts.foretold,
        counts.steps,
        counts.commits,
        counts.crashes,
        counts.disk_faults,
        counts.tasks,
        counts.redelivered,
        counts.duplicated,
        counts.reordered,
    );
    println!("{seconds:.1} s on {threads} threads, {:.0} seeds/s", seeds as f64 / seconds);
}
