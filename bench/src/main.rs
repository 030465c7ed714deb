//! The benchmark: starts the release binary with the shipped application on a fresh data folder, puts load on it over
//! HTTP and prints a table.
//!
//! `cargo build --release && cargo run --release -p stepwell-bench`. CPU is the server's own (user and system time of
//! its process) divided by the requests it answered; latencies are the client's. Each figure is the median of several
//! rounds with the lowest and highest beside it: single rounds on a shared machine say little.

mod client;
mod load;
mod server;
mod table;

use std::time::Instant;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::{
    client::Connection,
    load::{Load, Round},
    server::Server,
    table::{Spread, row},
};

/// Rounds of each measurement.
const ROUNDS: usize = 5;
/// Connections that each wait for their answer before they ask again.
const CONNECTIONS: usize = 16;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> anyhow::Result<()> {
    let scale = std::env::var("STEPWELL_BENCH_REQUESTS").ok().map(|n| n.parse()).transpose()?.unwrap_or(4_000);
    println!("stepwell benchmark: {ROUNDS} rounds of {scale} requests over {CONNECTIONS} connections\n");
    startup().await?;
    let server = Server::start().await?;
    table::header();
    graphql(&server, scale).await?;
    executions(&server, scale).await?;
    Ok(())
}

/// Time to the first answer (with a data folder that exists already, and with a new one), idle memory, binary size.
async fn startup() -> anyhow::Result<()> {
    let (mut first, mut again, mut idle) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let server = Server::start().await?;
        server.ask(r#"{"query":"{ ping(message: \"m\") }"}"#).await?;
        first.push(started.elapsed().as_secs_f64() * 1e3);
        let folder = server.stop().await?;
        let started = Instant::now();
        let server = Server::start_in(folder).await?;
        server.ask(r#"{"query":"{ ping(message: \"m\") }"}"#).await?;
        again.push(started.elapsed().as_secs_f64() * 1e3);
        idle.push(server.resident_mebibytes()?);
        server.stop().await?;
    }
    println!("binary size                            {:>8.1} MiB", server::binary_mebibytes()?);
    println!("start to first answer, new data folder {} ms", Spread::of(first));
    println!("start to first answer, again           {} ms", Spread::of(again));
    println!("memory when idle (resident)            {} MiB\n", Spread::of(idle));
    Ok(())
}

async fn graphql(server: &Server, scale: usize) -> anyhow::Result<()> {
    let ping = json!({ "query": "query Ping($m: String) { ping(message: $m) }", "variables": { "m": "hello" } });
    let ping = server.graphql_request(&ping);
    row("NONE resolver (JavaScript)", rounds(server, &Load::same(ping, scale)).await?);

    let place = json!({ "query": "mutation { placeOrder(input: { clientToken: \"bench\", customer: \"c\", \
        items: [{ sku: \"tea\", quantity: 1, price: 2.5 }] }) { id } }" });
    let placed = server.ask(&place.to_string()).await?;
    ensure!(placed["data"]["placeOrder"]["id"] == "bench", "the order was not placed: {placed}");
    let order = json!({ "query": "query Order($id: ID!) { order(id: $id) { id customer amount status createdAt \
        items { sku quantity price } } }", "variables": { "id": "bench" } });
    let order = server.graphql_request(&order);
    row("order by key (JavaScript, DynamoDB)", rounds(server, &Load::same(order, scale)).await?);
    Ok(())
}

async fn executions(server: &Server, scale: usize) -> anyhow::Result<()> {
    let definition = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Pass", "Next": "B" },
        "B": { "Type": "Pass", "Next": "C" },
        "C": { "Type": "Pass", "End": true },
    } });
    let create = json!({ "name": "bench-three-pass", "definition": definition.to_string(),
        "roleArn": "arn:aws:iam::000000000000:role/bench" });
    let created = server.call("AWSStepFunctions.CreateStateMachine", &create).await?;
    let arn = created["stateMachineArn"].as_str().context("no state machine")?;
    let start = json!({ "stateMachineArn": arn, "input": "{\"a\":1}" });
    let request = server.wire_request("AWSStepFunctions.StartExecution", &start);
    row("durable execution, three Pass states", rounds(server, &Load::same(request, scale)).await?);
    let running = json!({ "stateMachineArn": arn, "statusFilter": "RUNNING" });
    let left = server.call("AWSStepFunctions.ListExecutions", &running).await?;
    ensure!(left["executions"] == Value::Array(Vec::new()), "executions still run after their start was answered");
    Ok(())
}

async fn rounds(server: &Server, load: &Load) -> anyhow::Result<Vec<Round>> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(Connection::open(server.address).await?);
    }
    load.run(server, &mut connections).await?; // Warm-up: caches, connections, code pages.
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(load.run(server, &mut connections).await?);
    }
    Ok(rounds)
}
