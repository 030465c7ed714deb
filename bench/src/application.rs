//! The shipped application under load: start, memory, GraphQL requests, durable executions, and what a kill leaves.

use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    load::{Answer, Load, Round, connections},
    server::{self, Server},
    table::{self, Spread, row},
    workflows::machines::{count, machine, three_pass},
};

/// Rounds of each measurement.
const ROUNDS: usize = 7;
/// Starts of the server whose time is taken.
const STARTS: usize = 10;
/// Connections that each wait for their answer before they ask again.
const CONNECTIONS: usize = 16;

/// Measures and prints everything; `scale` is the number of requests of a round.
pub(crate) async fn run(scale: usize) -> anyhow::Result<()> {
    println!(
        "stepwell benchmark: {ROUNDS} rounds of {scale} requests over {CONNECTIONS} connections; median (lowest to highest)\n"
    );
    startup().await?;
    let server = Server::start().await?;
    table::header();
    graphql(&server, scale).await?;
    executions(server, scale).await
}

/// Time to the first answer, with a new data folder and with one that exists already; memory when idle; binary size.
async fn startup() -> anyhow::Result<()> {
    let (mut first, mut again, mut idle) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let (server, millis) = first_answer(tempfile::tempdir()?).await?;
        first.push(millis);
        let (server, millis) = first_answer(server.stop().await?).await?;
        again.push(millis);
        idle.push(server.resident_mebibytes()?);
        server.stop().await?;
    }
    println!("binary size                            {:>8.1} MiB", server::binary_mebibytes()?);
    println!("start to first answer, new data folder {} ms", Spread::of(first));
    println!("start to first answer, again           {} ms", Spread::of(again));
    println!("resident memory when idle              {} MiB\n", Spread::of(idle));
    Ok(())
}

/// Starts a server; milliseconds from there to the answer of its first request.
async fn first_answer(folder: TempDir) -> anyhow::Result<(Server, f64)> {
    let started = Instant::now();
    let server = Server::start_in(folder).await?;
    let answer = server.ask(r#"{"query":"{ ping(message: \"m\") }"}"#).await?;
    let millis = started.elapsed().as_secs_f64() * 1e3;
    ensure!(answer == json!({ "data": { "ping": "m" } }), "a wrong answer: {answer}");
    Ok((server, millis))
}

async fn graphql(server: &Server, scale: usize) -> anyhow::Result<()> {
    let ping = json!({ "query": "query Ping($m: String) { ping(message: $m) }", "variables": { "m": "hello" } });
    let ping = Load {
        request: server.graphql_request(&ping),
        count: scale,
        answer: Answer::Exactly(br#"{"data":{"ping":"hello"}}"#.to_vec()),
    };
    row("NONE resolver (JavaScript)", &rounds(server, &ping).await?);

    let query = json!({ "query": "query Order($id: ID!) { order(id: $id) { id customer amount status createdAt \
        items { sku quantity price } } }", "variables": { "id": "bench" } });
    let settled = shipped_order(server, &query).await?;
    let order = Load {
        request: server.graphql_request(&query),
        count: scale,
        answer: Answer::Exactly(settled.to_string().into_bytes()),
    };
    row("order by key (JavaScript, DynamoDB)", &rounds(server, &order).await?);
    Ok(())
}

/// Places an order and waits until its workflow has shipped it; what `query` answers from then on.
async fn shipped_order(server: &Server, query: &Value) -> anyhow::Result<Value> {
    let place = json!({ "query": "mutation { placeOrder(input: { clientToken: \"bench\", customer: \"c\", \
        items: [{ sku: \"tea\", quantity: 1, price: 2.5 }] }) { id amount } }" });
    let placed = server.ask(&place.to_string()).await?;
    ensure!(placed["data"]["placeOrder"] == json!({ "id": "bench", "amount": 2.5 }), "not placed: {placed}");
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let answer = server.ask(&query.to_string()).await?;
        let order = &answer["data"]["order"];
        if order["status"] == "SHIPPED" {
            let items = json!([{ "sku": "tea", "quantity": 1, "price": 2.5 }]);
            ensure!(order["id"] == "bench" && order["customer"] == "c" && order["items"] == items, "{answer}");
            return Ok(answer);
        }
        // Each answer paces the next question.
        ensure!(Instant::now() < deadline, "the order is not shipped: {answer}");
    }
}

/// Executions of three Pass states, each acknowledged after it is durable. At the end the process is killed, and
/// another one must find every execution that was acknowledged.
async fn executions(server: Server, scale: usize) -> anyhow::Result<()> {
    let arn = machine(&server, "three-pass", &three_pass(), "STANDARD").await?;
    let input = r#"{"a":1}"#;
    let start = json!({ "stateMachineArn": arn, "input": input });
    let prefix = arn.replace(":stateMachine:", ":execution:");
    let load = Load {
        request: server.wire_request("AWSStepFunctions.StartExecution", &start),
        count: scale,
        answer: Answer::BeginsWith(format!("{{\"executionArn\":\"{prefix}:")),
    };
    row("durable execution, three Pass states", &rounds(&server, &load).await?);
    println!("\nresident memory after the load         {:>8.1} MiB", server.resident_mebibytes()?);

    let server = Server::start_in(server.kill().await?).await?;
    let (found, one) = count(&server, &arn, "SUCCEEDED").await?;
    let expected = (ROUNDS + 1) * scale;
    ensure!(found == expected, "{expected} executions were acknowledged, {found} have succeeded");
    let one = server.call("AWSStepFunctions.DescribeExecution", &json!({ "executionArn": one })).await?;
    ensure!(one["output"] == input && one["status"] == "SUCCEEDED", "a wrong execution: {one}");
    println!("after kill -9 and a new start: all {found} acknowledged executions are there and have succeeded");
    server.stop().await.map(drop)
}

async fn rounds(server: &Server, load: &Load) -> anyhow::Result<Vec<Round>> {
    let mut connections = connections(server, CONNECTIONS).await?;
    load.run(server, &mut connections).await?; // Warm-up: caches, connections, code pages.
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(load.run(server, &mut connections).await?);
    }
    Ok(rounds)
}
