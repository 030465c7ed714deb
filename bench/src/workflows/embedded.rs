//! The engine in this process, called as its neighbours call it (`aws_protocol::Service`): what is left without HTTP,
//! signatures and a second process. CPU is that of this process, the caller's part included.

use std::{path::Path, sync::Arc};

use anyhow::{Context, ensure};
use aws_protocol::{BoxFuture, Caller, Directory, Partition, Service};
use clock::RealClock;
use serde_json::{Value, json};
use states::{Config, Engine, EventSink, Limits};
use store::SqliteStore;

use super::{
    Scale,
    machines::{TEN_STATES_ENTERED, TEN_STATES_OUTPUT, creation, ten_states, three_pass},
};
use crate::{
    load::{Round, timed},
    process,
    table::{row, transitions},
};

/// Calls under way at once.
const CALLERS: usize = 64;
/// Requests of a round here for each over HTTP: they are shorter.
const TIMES: usize = 4;

/// An event bus without rules for status events.
struct Silent;

impl EventSink for Silent {
    fn wants(&self, _event: &Value) -> bool {
        false
    }

    fn deliver(&self, _event: Value) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// An engine on a data folder, and who calls it.
pub(super) struct Embedded {
    engine: Engine,
    caller: Caller,
}

impl Embedded {
    pub(super) async fn open(folder: &Path) -> anyhow::Result<Self> {
        let config = Config { partition: Partition::new("us-east-1", "000000000000"), limits: Limits::default() };
        let (store, clock) = (Arc::new(SqliteStore::open(folder)?), Arc::new(RealClock));
        let engine = Engine::open(config, store, clock, Directory::default(), Arc::new(Silent)).await?;
        engine.recover().await?;
        Ok(Self { engine, caller: Caller::internal("000000000000", "arn:aws:iam::000000000000:user/bench") })
    }

    pub(super) async fn call(&self, operation: &str, input: Value) -> anyhow::Result<Value> {
        self.engine.call(operation, input, &self.caller).await.map_err(|error| anyhow::anyhow!("{operation}: {error}"))
    }

    /// Makes a state machine; answers its ARN.
    pub(super) async fn machine(&self, name: &str, definition: &Value, kind: &str) -> anyhow::Result<String> {
        let created = self.call("CreateStateMachine", creation(name, definition, kind)).await?;
        Ok(created["stateMachineArn"].as_str().context("no stateMachineArn")?.to_owned())
    }

    /// Does `count` pieces of work, `callers` at once.
    pub(super) async fn round(
        &self,
        count: usize,
        callers: usize,
        work: impl AsyncFn() -> anyhow::Result<()>,
    ) -> anyhow::Result<Round> {
        let cpu = || process::cpu_micros("self");
        timed(count, vec![(); callers], cpu, async |()| work().await).await
    }
}

pub(super) async fn run(scale: &Scale) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let engine = Embedded::open(folder.path()).await?;
    for (name, definition, entered) in
        [("three Pass states", three_pass(), 3), ("ten states, Map of ten", ten_states(), TEN_STATES_ENTERED)]
    {
        for kind in ["STANDARD", "EXPRESS"] {
            let (short, call) =
                if kind == "EXPRESS" { ("Express", "StartSyncExecution") } else { ("durable", "StartExecution") };
            let machine = engine.machine(&format!("{kind}-{entered}"), &definition, kind).await?;
            let rounds = executions(&engine, scale, &machine, call).await?;
            row(&format!("{short}, {name}"), &rounds);
            transitions(entered, &rounds);
        }
    }
    Ok(())
}

async fn executions(engine: &Embedded, scale: &Scale, machine: &str, call: &str) -> anyhow::Result<Vec<Round>> {
    let input = r#"{"a":1}"#;
    let work = async || {
        let answer = engine.call(call, json!({ "stateMachineArn": machine, "input": input })).await?;
        let expected = if machine.ends_with("-3") { input } else { TEN_STATES_OUTPUT };
        let is_right = call == "StartExecution" || answer["status"] == "SUCCEEDED" && answer["output"] == expected;
        ensure!(is_right && answer["executionArn"].is_string(), "a wrong answer: {answer}");
        Ok(())
    };
    let mut rounds = Vec::new();
    for _ in 0..=scale.rounds {
        rounds.push(engine.round(TIMES * scale.requests, CALLERS, work).await?);
    }
    if call == "StartExecution" {
        all_succeeded(engine, machine, rounds.len() * TIMES * scale.requests).await?;
    }
    rounds.remove(0); // Warm-up.
    Ok(rounds)
}

/// That this many executions of a machine have succeeded.
pub(super) async fn all_succeeded(engine: &Embedded, machine: &str, expected: usize) -> anyhow::Result<()> {
    let mut request = json!({ "stateMachineArn": machine, "statusFilter": "SUCCEEDED", "maxResults": 1000 });
    let mut found = 0;
    loop {
        let mut page = engine.call("ListExecutions", request.clone()).await?;
        found += page["executions"].as_array().map_or(0, Vec::len);
        match page["nextToken"].take() {
            Value::Null => break,
            token => request["nextToken"] = token,
        }
    }
    ensure!(found == expected, "{expected} were acknowledged, {found} have succeeded");
    Ok(())
}
