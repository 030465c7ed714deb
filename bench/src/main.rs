//! The benchmark: puts load on stepwell and prints tables. Every answer is checked; a wrong one ends the run.
//!
//! `cargo build --release && cargo run --release -p stepwell-bench` measures the shipped application over HTTP,
//! `... -p stepwell-bench -- workflows` the Step Functions engine, over HTTP and in the process (a further argument: only
//! the sections whose names contain it), `... -- graphql` resolvers in both languages next to two servers of npm: it needs
//! Node.js, and installs them into bench/graphql/peers.
//!
//! CPU is user and system time of the process that answers, divided by the requests it answered; latencies are the
//! client's. Each figure is the median of several rounds with the lowest and highest beside it: single rounds on a
//! shared machine say little. `BENCH_REQUESTS` sets the requests of a round, and makes a short run of the workflows.

mod application;
mod client;
mod graphql;
mod load;
mod process;
mod server;
mod table;
mod workflows;

use std::future::Future;

use anyhow::bail;
use tokio::runtime::Builder;

/// As in the server, so that the engine in this process is measured with the same one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Requests of a round where `BENCH_REQUESTS` is not set.
const REQUESTS: usize = 4_000;

fn main() -> anyhow::Result<()> {
    let requests = std::env::var("BENCH_REQUESTS").ok().map(|n| n.parse()).transpose()?;
    match std::env::args().nth(1).as_deref() {
        None => run_on(1, application::run(requests.unwrap_or(REQUESTS))),
        Some("graphql") => run_on(1, graphql::run(requests.unwrap_or(REQUESTS))),
        Some("workflows") => {
            let only = std::env::args().nth(2).unwrap_or_default();
            workflows::run(&workflows::Scale::of(requests), &only)
        }
        Some(other) => bail!("unknown table {other}: `graphql`, `workflows`, or nothing for the application"),
    }
}

/// Runs on a runtime of its own with this many threads.
fn run_on<T>(threads: usize, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    Builder::new_multi_thread().worker_threads(threads).enable_all().build()?.block_on(work)
}
