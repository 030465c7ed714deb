//! Over HTTP: throughput, the time from start to success, and round trips of activity workers.

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::{
    Scale,
    machines::{TEN_STATES_ENTERED, TEN_STATES_OUTPUT, activity_task, count, machine, ten_states, three_pass},
};
use crate::{
    client::Connection,
    load::{Answer, Load, Round, connections, round},
    server::Server,
    table::{row, transitions},
};

/// Connections that each wait for their answer before they ask again.
const CONNECTIONS: usize = 16;
/// Callers of the loaded latency.
const MANY_CALLERS: usize = 64;
const INPUT: &str = r#"{"a":1}"#;

pub(super) async fn run(scale: &Scale) -> anyhow::Result<()> {
    let server = Server::start().await?;
    standard(&server, scale).await?;
    express(&server, scale).await?;
    activities(&server, scale).await?;
    server.stop().await.map(drop)
}

async fn standard(server: &Server, scale: &Scale) -> anyhow::Result<()> {
    let short = machine(server, "three-pass", &three_pass(), "STANDARD").await?;
    row("durable, three Pass states", &starts(server, scale, &short).await?);
    let long = machine(server, "ten-states", &ten_states(), "STANDARD").await?;
    let rounds = starts(server, scale, &long).await?;
    row("durable, ten states, Map of ten", &rounds);
    transitions(TEN_STATES_ENTERED, &rounds);
    let (_, one) = count(server, &long, "SUCCEEDED").await?;
    let one = server.call("AWSStepFunctions.DescribeExecution", &json!({ "executionArn": one })).await?;
    ensure!(one["output"] == TEN_STATES_OUTPUT, "a wrong output: {one}");
    for callers in [1, MANY_CALLERS] {
        row(&format!("start to SUCCEEDED, callers: {callers}"), &to_success(server, scale, &short, callers).await?);
    }
    Ok(())
}

/// Rounds of StartExecution; afterwards each execution must have succeeded.
async fn starts(server: &Server, scale: &Scale, machine: &str) -> anyhow::Result<Vec<Round>> {
    let prefix = machine.replace(":stateMachine:", ":execution:");
    let load = Load {
        request: server
            .wire_request("AWSStepFunctions.StartExecution", &json!({ "stateMachineArn": machine, "input": INPUT })),
        count: scale.requests,
        answer: Answer::BeginsWith(format!("{{\"executionArn\":\"{prefix}:")),
    };
    let rounds = rounds(server, scale, CONNECTIONS, &load).await?;
    let (succeeded, expected) = (count(server, machine, "SUCCEEDED").await?.0, (scale.rounds + 1) * scale.requests);
    ensure!(succeeded == expected, "{expected} were acknowledged, {succeeded} have succeeded");
    Ok(rounds)
}

async fn rounds(server: &Server, scale: &Scale, callers: usize, load: &Load) -> anyhow::Result<Vec<Round>> {
    let mut connections = connections(server, callers).await?;
    load.run(server, &mut connections).await?; // Warm-up: caches, connections, code pages.
    let mut rounds = Vec::new();
    for _ in 0..scale.rounds {
        rounds.push(load.run(server, &mut connections).await?);
    }
    Ok(rounds)
}

/// From StartExecution to a DescribeExecution that answers SUCCEEDED.
async fn to_success(server: &Server, scale: &Scale, machine: &str, callers: usize) -> anyhow::Result<Vec<Round>> {
    let start = json!({ "stateMachineArn": machine, "input": INPUT });
    let start = server.wire_request("AWSStepFunctions.StartExecution", &start);
    let mut connections = connections(server, callers).await?;
    let mut rounds = Vec::new();
    for _ in 0..scale.rounds {
        let converse = async |connection: &mut Connection| {
            let started: Value = serde_json::from_slice(connection.ask(&start).await?)?;
            let request = json!({ "executionArn": started["executionArn"] });
            loop {
                let request = server.wire_request("AWSStepFunctions.DescribeExecution", &request);
                let found: Value = serde_json::from_slice(connection.ask(&request).await?)?;
                match found["status"].as_str() {
                    Some("RUNNING") => {}
                    Some("SUCCEEDED") if found["output"] == INPUT => return Ok(()),
                    _ => anyhow::bail!("a wrong execution: {found}"),
                }
            }
        };
        rounds.push(round(server, &mut connections, scale.requests, converse).await?);
    }
    Ok(rounds)
}

async fn express(server: &Server, scale: &Scale) -> anyhow::Result<()> {
    let output = format!("\"output\":{}", Value::from(TEN_STATES_OUTPUT));
    let ten = machine(server, "express-ten-states", &ten_states(), "EXPRESS").await?;
    let ten = synchronous(server, scale, &ten, output);
    let many = rounds(server, scale, CONNECTIONS, &ten).await?;
    row("Express, ten states, Map of ten", &many);
    transitions(TEN_STATES_ENTERED, &many);
    let three = machine(server, "express-three-pass", &three_pass(), "EXPRESS").await?;
    let three = synchronous(server, scale, &three, format!("\"output\":{}", Value::from(INPUT)));
    for callers in [1, MANY_CALLERS] {
        row(&format!("StartSyncExecution, callers: {callers}"), &rounds(server, scale, callers, &three).await?);
    }
    Ok(())
}

fn synchronous(server: &Server, scale: &Scale, machine: &str, output: String) -> Load {
    let start = json!({ "stateMachineArn": machine, "input": INPUT });
    Load {
        request: server.wire_request("AWSStepFunctions.StartSyncExecution", &start),
        count: scale.requests,
        answer: Answer::Contains(vec!["\"status\":\"SUCCEEDED\"".to_owned(), output]),
    }
}

/// Workers that each take a task and answer it; the tasks are on offer before the time is taken.
async fn activities(server: &Server, scale: &Scale) -> anyhow::Result<()> {
    let created = server.call("AWSStepFunctions.CreateActivity", &json!({ "name": "bench" })).await?;
    let activity = created["activityArn"].as_str().context("no activityArn")?;
    let machine = machine(server, "activity", &activity_task(activity), "STANDARD").await?;
    let start = json!({ "stateMachineArn": machine, "input": INPUT });
    let start = server.wire_request("AWSStepFunctions.StartExecution", &start);
    let poll = json!({ "activityArn": activity, "workerName": "bench" });
    let poll = server.wire_request("AWSStepFunctions.GetActivityTask", &poll);
    let mut workers = connections(server, CONNECTIONS).await?;
    let mut rounds = Vec::new();
    for _ in 0..scale.rounds {
        let load = Load { request: start.clone(), count: scale.requests, answer: Answer::BeginsWith("{".to_owned()) };
        load.run(server, &mut workers).await?;
        let work = async |worker: &mut Connection| {
            let task: Value = serde_json::from_slice(worker.ask(&poll).await?)?;
            ensure!(task["input"] == INPUT, "a wrong task: {task}");
            let success = json!({ "taskToken": task["taskToken"], "output": INPUT });
            let answer = worker.ask(&server.wire_request("AWSStepFunctions.SendTaskSuccess", &success)).await?;
            ensure!(answer == b"{}", "a wrong answer: {}", String::from_utf8_lossy(answer));
            Ok(())
        };
        rounds.push(round(server, &mut workers, scale.requests, work).await?);
    }
    let (succeeded, expected) = (count(server, &machine, "SUCCEEDED").await?.0, scale.rounds * scale.requests);
    ensure!(succeeded == expected, "{expected} tasks were done, {succeeded} executions have succeeded");
    row("activity: GetActivityTask, SendTaskSuccess", &rounds);
    Ok(())
}
