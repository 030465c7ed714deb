//! Rounds of a measurement: a number of conversations spread over connections, each connection waiting for its answers.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use anyhow::ensure;

use crate::client::Connection;

/// A process under load.
pub(crate) trait Measured {
    /// Where it serves.
    fn address(&self) -> SocketAddr;
    /// User and system time of the process so far, microseconds.
    fn cpu_micros(&self) -> anyhow::Result<f64>;
}

/// One request, how often it is made, and what must be answered.
pub(crate) struct Load {
    pub(crate) request: Vec<u8>,
    pub(crate) count: usize,
    pub(crate) answer: Answer,
}

/// A body that is right.
pub(crate) enum Answer {
    /// These bytes.
    Exactly(Vec<u8>),
    /// Whatever begins so, in the shortest JSON.
    BeginsWith(String),
    /// Whatever has each of these in it.
    Contains(Vec<String>),
}

impl Answer {
    fn is(&self, body: &[u8]) -> bool {
        let text = || std::str::from_utf8(body).unwrap_or_default();
        match self {
            Self::Exactly(bytes) => body == bytes,
            Self::BeginsWith(start) => text().starts_with(start),
            Self::Contains(parts) => parts.iter().all(|part| text().contains(part)),
        }
    }
}

/// What one round showed.
pub(crate) struct Round {
    /// Microseconds of CPU for each conversation, of the process that answers.
    pub(crate) cpu_micros: f64,
    /// Conversations a second, seen by the client.
    pub(crate) per_second: f64,
    /// How long each took, milliseconds, ascending.
    pub(crate) latencies: Vec<f64>,
}

/// Opens connections.
pub(crate) async fn connections(server: &impl Measured, count: usize) -> anyhow::Result<Vec<Connection>> {
    let opening = (0..count).map(|_| Connection::open(server.address()));
    futures::future::try_join_all(opening).await
}

impl Load {
    pub(crate) async fn run(&self, server: &impl Measured, connections: &mut [Connection]) -> anyhow::Result<Round> {
        let ask = async |connection: &mut Connection| {
            let body = connection.ask(&self.request).await?;
            ensure!(self.answer.is(body), "a wrong answer: {}", String::from_utf8_lossy(body));
            Ok(())
        };
        round(server, connections, self.count, ask).await
    }
}

/// Has `count` conversations, as many at once as there are connections.
pub(crate) async fn round(
    server: &impl Measured,
    connections: &mut [Connection],
    count: usize,
    converse: impl AsyncFn(&mut Connection) -> anyhow::Result<()>,
) -> anyhow::Result<Round> {
    let cpu = || server.cpu_micros();
    timed(count, connections.iter_mut().collect(), cpu, async |connection| converse(connection).await).await
}

/// Does `count` pieces of work, as many at once as there are `workers`; `cpu` reads what the measured process has used.
pub(crate) async fn timed<W>(
    count: usize,
    workers: Vec<W>,
    cpu: impl Fn() -> anyhow::Result<f64>,
    work: impl AsyncFn(&mut W) -> anyhow::Result<()>,
) -> anyhow::Result<Round> {
    let left = AtomicUsize::new(count);
    let (cpu_before, started) = (cpu()?, Instant::now());
    let working = workers.into_iter().map(|worker| keep_working(worker, &left, &work));
    let mut latencies = Vec::with_capacity(count);
    for result in futures::future::join_all(working).await {
        latencies.extend(result?);
    }
    let elapsed = started.elapsed().as_secs_f64();
    Ok(Round::of(latencies, elapsed, cpu()? - cpu_before))
}

impl Round {
    /// From latencies in milliseconds, the seconds that all took, and the microseconds of CPU.
    pub(crate) fn of(mut latencies: Vec<f64>, elapsed: f64, cpu: f64) -> Self {
        latencies.sort_by(f64::total_cmp);
        let count = latencies.len() as f64;
        Self { cpu_micros: cpu / count, per_second: count / elapsed, latencies }
    }
}

async fn keep_working<W>(
    mut worker: W,
    left: &AtomicUsize,
    work: &impl AsyncFn(&mut W) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<f64>> {
    let mut latencies = Vec::new();
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
        let asked = Instant::now();
        work(&mut worker).await?;
        latencies.push(asked.elapsed().as_secs_f64() * 1e3);
    }
    Ok(latencies)
}
