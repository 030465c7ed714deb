//! What stored executions cost those that come after them. The store is filled by the engine itself, in this process:
//! every stored execution was started, ran, succeeded and was made durable like any other.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use anyhow::{Context, ensure};
use parking_lot::Mutex;
use serde_json::json;

use super::{
    Scale,
    embedded::{Embedded, all_succeeded},
    machines::three_pass,
};
use crate::{
    load::Round,
    table::{Spread, row},
};

/// Executions of the store that counts as empty.
const FEW: usize = 1_000;
/// Starts under way at once: while filling, and while measuring.
const FILLING: usize = 256;
const CALLERS: usize = 64;
/// A progress line comes each time this many were filled in.
const PROGRESS: usize = 100_000;
/// Of so many executions one is described again.
const SAMPLE: usize = 97;

pub(super) async fn run(scale: &Scale) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let engine = Embedded::open(folder.path()).await?;
    let machine = engine.machine("stored", &three_pass(), "STANDARD").await?;
    let mut store = Stored { engine, machine, arns: Mutex::default(), number: 0 };
    store.fill(FEW).await?;
    let few = store.measure(scale).await?;
    store.fill(scale.stored).await?;
    let many = store.measure(scale).await?;
    let change = (many / few - 1.0) * 100.0;
    println!("a start costs {change:+.1} % CPU with {} stored executions against {FEW}", scale.stored);
    all_succeeded(&store.engine, &store.machine, store.number).await
}

struct Stored {
    engine: Embedded,
    machine: String,
    /// Some of the stored executions.
    arns: Mutex<Vec<String>>,
    number: usize,
}

impl Stored {
    /// Starts executions until there are `total`.
    async fn fill(&mut self, total: usize) -> anyhow::Result<()> {
        let began = Instant::now();
        while self.number < total {
            self.starts((total - self.number).min(PROGRESS), FILLING).await?;
            if self.number.is_multiple_of(PROGRESS) {
                println!("  {} stored after {:.0} s", self.number, began.elapsed().as_secs_f64());
            }
        }
        Ok(())
    }

    async fn starts(&mut self, count: usize, callers: usize) -> anyhow::Result<Round> {
        let number = AtomicUsize::new(self.number);
        let start = async || {
            let input = json!({ "stateMachineArn": self.machine, "input": r#"{"a":1}"# });
            let answer = self.engine.call("StartExecution", input).await?;
            let arn = answer["executionArn"].as_str().context("no executionArn")?;
            if number.fetch_add(1, Ordering::Relaxed).is_multiple_of(SAMPLE) {
                self.arns.lock().push(arn.to_owned());
            }
            Ok(())
        };
        let round = self.engine.round(count, callers, start).await?;
        self.number += count;
        Ok(round)
    }

    /// Starts, descriptions and lists; answers the median CPU of a start, microseconds.
    async fn measure(&mut self, scale: &Scale) -> anyhow::Result<f64> {
        let stored = self.number;
        let mut rounds = Vec::new();
        for _ in 0..scale.rounds {
            rounds.push(self.starts(scale.requests, CALLERS).await?);
        }
        row(&format!("StartExecution, {stored} stored"), &rounds);
        let cpu = Spread::of(rounds.iter().map(|round| round.cpu_micros).collect()).median;
        row(&format!("DescribeExecution, {stored} stored"), &self.descriptions(scale).await?);
        row(&format!("ListExecutions of 100, {stored} stored"), &self.lists(scale, None).await?);
        row(&format!("the same of SUCCEEDED, {stored} stored"), &self.lists(scale, Some("SUCCEEDED")).await?);
        Ok(cpu)
    }

    async fn descriptions(&self, scale: &Scale) -> anyhow::Result<Vec<Round>> {
        let arns = self.arns.lock().clone();
        let next = AtomicUsize::new(0);
        let describe = async || {
            // A stride through all of them, so that neighbours are not asked for one after the other.
            let at = next.fetch_add(7919, Ordering::Relaxed) % arns.len();
            let answer = self.engine.call("DescribeExecution", json!({ "executionArn": arns[at] })).await?;
            ensure!(answer["status"] == "SUCCEEDED" && answer["executionArn"] == *arns[at], "wrong: {answer}");
            Ok(())
        };
        let mut rounds = Vec::new();
        for _ in 0..scale.rounds {
            rounds.push(self.engine.round(scale.requests, 1, describe).await?);
        }
        Ok(rounds)
    }

    async fn lists(&self, scale: &Scale, status: Option<&str>) -> anyhow::Result<Vec<Round>> {
        let mut request = json!({ "stateMachineArn": self.machine, "maxResults": 100 });
        if let Some(status) = status {
            request["statusFilter"] = status.into();
        }
        let list = async || {
            let answer = self.engine.call("ListExecutions", request.clone()).await?;
            ensure!(answer["executions"].as_array().is_some_and(|found| found.len() == 100), "wrong: {answer}");
            Ok(())
        };
        let mut rounds = Vec::new();
        for _ in 0..scale.rounds {
            rounds.push(self.engine.round((scale.requests / 20).max(10), 1, list).await?);
        }
        Ok(rounds)
    }
}
