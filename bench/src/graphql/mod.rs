//! Resolvers: stepwell next to amplify-appsync-simulator and mercurius, with the same queries, one after the other.
//!
//! The simulator runs the same schema and mapping templates; it has no APPSYNC_JS. mercurius has resolvers written by
//! hand. Both get items from the table of a stepwell of their own, whose CPU is not counted.

mod peer;
mod query;

use anyhow::ensure;
use serde_json::{Value, json};

use self::{
    peer::Peer,
    query::{AUTHORS, Query},
};
use crate::{
    client::{self, Connection},
    load::{Answer, Load, Measured, Round, connections},
    server::{Server, root},
    table::{self, Spread, row},
};

/// Rounds of each measurement.
const ROUNDS: usize = 5;
/// Connections that each wait for their answer before they ask again.
const CONNECTIONS: usize = 16;

/// What is measured: a process, the key that it wants, and how its rows are called.
struct Subject<'a, M> {
    name: &'a str,
    process: &'a M,
    api_key: &'a str,
}

/// Measures and prints everything; `scale` is the number of the cheapest requests in a round.
pub(crate) async fn run(scale: usize) -> anyhow::Result<()> {
    println!(
        "stepwell benchmark of resolvers: {ROUNDS} rounds, {CONNECTIONS} connections; median (lowest to highest)\n"
    );
    table::header();
    let queries = Query::all();
    let ours = server(&[]).await?;
    let subject = Subject { name: "stepwell", process: &ours, api_key: &ours.api_key };
    let stepwell = subject.measure(&queries, scale).await?;
    ours.stop().await?;

    let coalescing = server(&[("STEPWELL_COALESCE_GET_ITEMS", "true")]).await?;
    let subject = Subject { name: "stepwell, coalescing", process: &coalescing, api_key: &coalescing.api_key };
    let lists: Vec<_> = queries.iter().filter(|query| query.is_list()).cloned().collect();
    subject.measure(&lists, scale).await?;
    coalescing.stop().await?;

    let tables = server(&[]).await?;
    let templates: Vec<_> = queries.iter().filter(|query| query.is_templates()).cloned().collect();
    let simulator = peer("simulator", &tables, &templates, scale).await?;
    let mercurius = peer("mercurius", &tables, &queries, scale).await?;
    tables.stop().await?;
    println!();
    ratios("amplify-appsync-simulator", &stepwell, &simulator);
    ratios("mercurius", &stepwell, &mercurius);
    Ok(())
}

/// A stepwell with the benchmark's application and its authors.
async fn server(environment: &[(&str, &str)]) -> anyhow::Result<Server> {
    let template = root().join("bench/graphql/template.yaml").display().to_string();
    let server = Server::start_with(tempfile::tempdir()?, &[&template], environment).await?;
    let ids: Vec<usize> = (0..AUTHORS).collect();
    for some in ids.chunks(25) {
        let item = |id: &usize| json!({ "PutRequest": { "Item": query::author_item(*id) } });
        let writes: Vec<Value> = some.iter().map(item).collect();
        let answer = server
            .call("DynamoDB_20120810.BatchWriteItem", &json!({ "RequestItems": { "bench-authors": writes } }))
            .await?;
        ensure!(answer["UnprocessedItems"] == json!({}), "not written: {answer}");
    }
    Ok(server)
}

async fn peer(
    program: &str,
    tables: &Server,
    queries: &[Query],
    scale: usize,
) -> anyhow::Result<Vec<(String, Vec<Round>)>> {
    let peer = Peer::start(program, tables).await?;
    Subject { name: program, process: &peer, api_key: &tables.api_key }.measure(queries, scale).await
}

impl<M: Measured> Subject<'_, M> {
    async fn measure(&self, queries: &[Query], scale: usize) -> anyhow::Result<Vec<(String, Vec<Round>)>> {
        let mut measured = Vec::new();
        for query in queries {
            let rounds = self.rounds(query, (scale / query.weight).max(CONNECTIONS)).await?;
            row(&format!("{}: {}", self.name, query.name), &rounds);
            measured.push((query.name.clone(), rounds));
        }
        Ok(measured)
    }

    async fn rounds(&self, query: &Query, count: usize) -> anyhow::Result<Vec<Round>> {
        let request = client::graphql_request(self.process.address(), self.api_key, &query.body.to_string());
        let first = Connection::open(self.process.address()).await?.ask(&request).await?.to_vec();
        let answer: Value = serde_json::from_slice(&first)?;
        ensure!(answer == query.answer, "{} answers {answer}, not {}", self.name, query.answer);
        let load = Load { request, count, answer: Answer::Exactly(first) };
        let mut connections = connections(self.process, CONNECTIONS).await?;
        load.run(self.process, &mut connections).await?; // Warm-up: caches, connections, compiled code.
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            rounds.push(load.run(self.process, &mut connections).await?);
        }
        Ok(rounds)
    }
}

/// How many times the requests per second of one core stepwell answers: the inverse of the ratio of CPU per request.
fn ratios(peer: &str, ours: &[(String, Vec<Round>)], theirs: &[(String, Vec<Round>)]) {
    let cpu = |rounds: &[Round]| Spread::of(rounds.iter().map(|round| round.cpu_micros).collect()).median;
    for (name, rounds) in theirs {
        if let Some((_, own)) = ours.iter().find(|(own, _)| own == name) {
            let ratio = cpu(rounds) / cpu(own);
            println!("requests per second and core, stepwell to {peer}: {name}: {ratio:.1} times");
        }
    }
}
