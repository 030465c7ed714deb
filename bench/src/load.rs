//! A number of requests spread over connections, each waiting for its answer: one round of a measurement. Every answer
//! is checked; a wrong one ends the benchmark.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use anyhow::ensure;

use crate::{client::Connection, server::Server};

/// What is asked, how often, and what must be answered.
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
}

impl Answer {
    fn is(&self, body: &[u8]) -> bool {
        match self {
            Self::Exactly(bytes) => body == bytes,
            Self::BeginsWith(text) => body.starts_with(text.as_bytes()),
        }
    }
}

/// What one round showed.
pub(crate) struct Round {
    /// Microseconds of server CPU for each request.
    pub(crate) cpu_micros: f64,
    /// Requests a second, seen by the client.
    pub(crate) per_second: f64,
    /// Latencies, milliseconds, ascending.
    pub(crate) latencies: Vec<f64>,
}

impl Load {
    pub(crate) async fn run(&self, server: &Server, connections: &mut [Connection]) -> anyhow::Result<Round> {
        let left = AtomicUsize::new(self.count);
        let cpu_before = server.cpu_micros()?;
        let started = Instant::now();
        let asking = connections.iter_mut().map(|connection| self.keep_asking(connection, &left));
        let mut latencies = Vec::with_capacity(self.count);
        for result in futures::future::join_all(asking).await {
            latencies.extend(result?);
        }
        let elapsed = started.elapsed().as_secs_f64();
        let cpu = server.cpu_micros()? - cpu_before;
        latencies.sort_by(f64::total_cmp);
        let count = self.count as f64;
        Ok(Round { cpu_micros: cpu / count, per_second: count / elapsed, latencies })
    }

    async fn keep_asking(&self, connection: &mut Connection, left: &AtomicUsize) -> anyhow::Result<Vec<f64>> {
        let mut latencies = Vec::new();
        while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
            let asked = Instant::now();
            let body = connection.ask(&self.request).await?;
            latencies.push(asked.elapsed().as_secs_f64() * 1e3);
            ensure!(self.answer.is(body), "a wrong answer: {}", String::from_utf8_lossy(body));
        }
        Ok(latencies)
    }
}
