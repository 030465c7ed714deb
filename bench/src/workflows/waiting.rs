//! Executions that wait, over HTTP: the memory of each, and the start of a process that finds many of them open.

use std::time::Instant;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::{
    Scale,
    machines::{count, machine, wait, wait_for_token},
};
use crate::{
    client::Connection,
    load::{Answer, Load, connections, round},
    server::Server,
    table::Spread,
};

const CONNECTIONS: usize = 16;
/// Starts of the process whose time is taken.
const STARTS: usize = 3;

pub(super) async fn run(scale: &Scale) -> anyhow::Result<()> {
    let server = Server::start().await?;
    let waits = machine(&server, "wait", &wait(), "STANDARD").await?;
    let asks = machine(&server, "wait-for-token", &wait_for_token(), "STANDARD").await?;
    // Caches, buffers and whatever else does not grow with the number of executions.
    start_many(&server, &waits, scale.requests.min(2_000)).await?;
    start_many(&server, &asks, scale.requests.min(2_000)).await?;
    for (what, machine) in [("Wait", &waits), ("waitForTaskToken", &asks)] {
        let before = server.resident_mebibytes()?;
        start_many(&server, machine, scale.waiting).await?;
        let kibibytes = (server.resident_mebibytes()? - before) * 1024.0 / scale.waiting as f64;
        println!("memory of a waiting execution ({what}): {kibibytes:.2} KiB each of {}", scale.waiting);
    }
    recovery(server, scale, &waits, &asks).await
}

/// Starts executions, and for a task waits until its token was sent.
async fn start_many(server: &Server, machine: &str, number: usize) -> anyhow::Result<()> {
    let start = json!({ "stateMachineArn": machine, "input": r#"{"order":"o-1"}"# });
    let start = server.wire_request("AWSStepFunctions.StartExecution", &start);
    let mut connections = connections(server, CONNECTIONS).await?;
    let converse = async |connection: &mut Connection| {
        let started: Value = serde_json::from_slice(connection.ask(&start).await?)?;
        let history = json!({ "executionArn": started["executionArn"], "reverseOrder": true, "maxResults": 1 });
        loop {
            let request = server.wire_request("AWSStepFunctions.GetExecutionHistory", &history);
            let last: Value = serde_json::from_slice(connection.ask(&request).await?)?;
            match last["events"][0]["type"].as_str() {
                Some("WaitStateEntered" | "TaskSubmitted") => return Ok(()),
                // Each answer paces the next question.
                Some("TaskStarted") => {}
                _ => anyhow::bail!("a wrong history: {last}"),
            }
        }
    };
    round(server, &mut connections, number, converse).await.map(drop)
}

/// Ends the process as a crash does; the next one must find every open execution, and go on with it.
async fn recovery(mut server: Server, scale: &Scale, waits: &str, asks: &str) -> anyhow::Result<()> {
    let (waiting, asking) = (count(&server, waits, "RUNNING").await?.0, count(&server, asks, "RUNNING").await?.0);
    let missing = scale.open.saturating_sub(waiting + asking);
    start_many(&server, waits, missing / 2).await?;
    start_many(&server, asks, missing - missing / 2).await?;
    let open = waiting + asking + missing;
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let folder = server.kill().await?;
        let started = Instant::now();
        server = Server::start_in(folder).await?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    println!("process start to ready with {open} open executions: {} ms", Spread::of(times));
    println!("resident memory with {open} open executions: {:.1} MiB", server.resident_mebibytes()?);
    let (found, one) = (count(&server, waits, "RUNNING").await?.0, count(&server, asks, "RUNNING").await?);
    ensure!(found + one.0 == open, "{open} executions were open, {} are", found + one.0);
    goes_on(&server, &one.1).await?;
    server.stop().await.map(drop)
}

/// An execution that waits for its token still does, and succeeds with the answer.
async fn goes_on(server: &Server, execution: &Value) -> anyhow::Result<()> {
    let about = json!({ "executionArn": execution });
    let history = server.call("AWSStepFunctions.GetExecutionHistory", &about).await?;
    let events = history["events"].as_array().context("no events")?;
    let scheduled = events.iter().find(|event| event["type"] == "TaskScheduled").context("no TaskScheduled")?;
    let parameters = scheduled["taskScheduledEventDetails"]["parameters"].as_str().context("no parameters")?;
    let parameters: Value = serde_json::from_str(parameters)?;
    let token = &parameters["Entries"][0]["Detail"]["token"];
    let success = json!({ "taskToken": token, "output": "\"yes\"" });
    let load = Load {
        request: server.wire_request("AWSStepFunctions.SendTaskSuccess", &success),
        count: 1,
        answer: Answer::Exactly(b"{}".to_vec()),
    };
    load.run(server, &mut connections(server, 1).await?).await?;
    let ended = server.call("AWSStepFunctions.DescribeExecution", &about).await?;
    ensure!(ended["status"] == "SUCCEEDED" && ended["output"] == "\"yes\"", "a wrong end: {ended}");
    Ok(())
}
