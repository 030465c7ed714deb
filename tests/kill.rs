//! `kill -9` at random moments under load: what was acknowledged is there, and every execution finishes as it would
//! have. The number of kills is `STEPWELL_KILLS` (8 unless set; `ci.sh` sets 100).

mod support;

use std::{collections::BTreeSet, sync::Arc};

use clock::{Clock, RealClock};
use serde_json::{Value, json};
use support::Server;
use tokio::sync::Mutex;

const WRITERS: usize = 6;
const PLACE: &str = "mutation Place($id: ID!, $price: Float!) { placeOrder(input: { clientToken: $id, \
                     customer: \"killed\", items: [{ sku: \"tea\", quantity: 1, price: $price }] }) { id } }";

/// What the server has acknowledged, by every process of it so far.
#[derive(Default)]
struct Acknowledged {
    orders: BTreeSet<String>,
    executions: BTreeSet<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost() {
    let kills: usize = std::env::var("STEPWELL_KILLS").ok().map_or(8, |n| n.parse().expect("a number of kills"));
    let folder = tempfile::tempdir().expect("a folder");
    let acknowledged = Arc::new(Mutex::new(Acknowledged::default()));
    let server = Server::start(folder.path()).await;
    let machine = create_machine(&server).await;
    server.stop().await;

    for kill in 0..kills {
        let server = Arc::new(Server::start(folder.path()).await);
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| tokio::spawn(write(server.clone(), kill, writer, machine.clone(), acknowledged.clone())))
            .collect();
        let moment = RealClock.now().plus_millis(30 + i64::try_from(RealClock.random() % 300).expect("small"));
        RealClock.sleep_until(moment).await;
        server.kill_now();
        for writer in writers {
            writer.await.expect("no writer panics");
        }
        Arc::into_inner(server).expect("the writers are done").kill().await;
    }

    let server = Server::start(folder.path()).await;
    let acknowledged = Arc::into_inner(acknowledged).expect("the writers are done").into_inner();
    println!(
        "{kills} kills; {} orders and {} executions acknowledged",
        acknowledged.orders.len(),
        acknowledged.executions.len()
    );
    assert!(acknowledged.orders.len() > kills, "the load was too thin to show anything");
    verify(&server, &acknowledged).await;
    assert!(server.stop().await.success());
}

/// Orders and executions until the server is gone. Small orders run to their end, large ones wait for approval.
async fn write(
    server: Arc<Server>,
    kill: usize,
    writer: usize,
    machine: String,
    acknowledged: Arc<Mutex<Acknowledged>>,
) {
    for number in 0.. {
        let id = format!("k{kill}-w{writer}-{number}");
        let price = if number % 4 == 3 { 2000.0 } else { 2.5 };
        match server.try_graphql(PLACE, json!({ "id": id, "price": price })).await {
            Ok(answer) if answer["data"]["placeOrder"]["id"] == id.as_str() => {
                acknowledged.lock().await.orders.insert(id.clone());
            }
            Ok(answer) => panic!("the order was refused: {answer}"),
            Err(_gone) => return,
        }
        let input = json!({ "stateMachineArn": machine, "name": id, "input": format!("{{\"id\": \"{id}\"}}") });
        match server.try_wire("AWSStepFunctions.StartExecution", &input).await {
            Ok((200, answer)) => {
                let arn = answer["executionArn"].as_str().expect("an ARN").to_owned();
                acknowledged.lock().await.executions.insert(arn);
            }
            Ok((status, answer)) => panic!("the execution was refused: {status} {answer}"),
            Err(_gone) => return,
        }
    }
}

/// A machine that goes through a Wait, a Parallel and a Map, so that a kill finds it in the middle.
async fn create_machine(server: &Server) -> String {
    let pass = |next: Value| {
        let mut state = json!({ "Type": "Pass" });
        state.as_object_mut().expect("an object").extend(next.as_object().expect("an object").clone());
        state
    };
    let branch = json!({ "StartAt": "B", "States": { "B": { "Type": "Wait", "Seconds": 1, "End": true } } });
    let mut other = branch.clone();
    other["StartAt"] = "C".into();
    other["States"] = json!({ "C": pass(json!({ "Result": { "c": 1 }, "End": true })) });
    let iteration = json!({ "StartAt": "I", "States": { "I": pass(json!({ "End": true })) } });
    let definition = json!({ "StartAt": "First", "States": {
        "First": pass(json!({ "Next": "Both" })),
        "Both": { "Type": "Parallel", "Branches": [branch, other], "ResultPath": "$.both", "Next": "Each" },
        "Each": { "Type": "Map", "ItemsPath": "$.both", "MaxConcurrency": 1, "ItemProcessor": iteration,
            "ResultPath": "$.each", "End": true },
    } });
    let input = json!({ "name": "killed", "definition": definition.to_string(),
        "roleArn": "arn:aws:iam::000000000000:role/killed" });
    let (status, answer) = server.try_wire("AWSStepFunctions.CreateStateMachine", &input).await.expect("an answer");
    assert_eq!(status, 200, "{answer}");
    answer["stateMachineArn"].as_str().expect("an ARN").to_owned()
}

async fn verify(server: &Server, acknowledged: &Acknowledged) {
    let mut changes = server.watch_executions().await;
    let order_machine = server.output("StateMachineArn").replace(":stateMachine:", ":execution:");
    let mut waiting = Vec::new();
    for id in &acknowledged.orders {
        let query = "query Order($id: ID!) { order(id: $id) { id amount } }";
        let answer = server.graphql(query, json!({ "id": id })).await;
        assert_eq!(answer["data"]["order"]["id"], id.as_str(), "{answer}");
        let arn = format!("{order_machine}:{id}");
        // A large order waits for its approval; it is there, and still waits.
        let amount = answer["data"]["order"]["amount"].as_f64().expect("an amount");
        waiting.push((arn, if amount < 1000.0 { "SUCCEEDED" } else { "RUNNING" }));
    }
    waiting.extend(acknowledged.executions.iter().map(|arn| (arn.clone(), "SUCCEEDED")));

    for (arn, expected) in &waiting {
        let mut status = describe(server, arn).await;
        while status == "RUNNING" && *expected != "RUNNING" {
            let change = changes.next().await;
            if change["executionArn"] == arn.as_str() || change["status"] != "RUNNING" {
                status = describe(server, arn).await;
            }
        }
        assert_eq!(status, *expected, "{arn}");
    }
    for histories in [&order_machine, &"killed".to_owned()] {
        same_histories(server, &waiting, histories).await;
    }
}

async fn describe(server: &Server, arn: &str) -> String {
    let (status, answer) = server
        .try_wire("AWSStepFunctions.DescribeExecution", &json!({ "executionArn": arn }))
        .await
        .expect("an answer");
    assert_eq!(status, 200, "{arn}: {answer}");
    answer["status"].as_str().expect("a status").to_owned()
}

/// Finished executions of one machine took the same steps, killed or not: the multiset of their events is one.
async fn same_histories(server: &Server, executions: &[(String, &str)], machine: &str) {
    let mut expected: Option<(Vec<String>, String)> = None;
    for (arn, _) in executions.iter().filter(|(arn, status)| arn.contains(machine) && *status == "SUCCEEDED") {
        let input = json!({ "executionArn": arn, "maxResults": 1000 });
        let (_, answer) = server.try_wire("AWSStepFunctions.GetExecutionHistory", &input).await.expect("an answer");
        let mut events: Vec<String> = answer["events"].as_array().expect("events").iter().map(shape).collect();
        events.sort();
        // Articles are known after the first order, whose execution alone delivers them.
        events.retain(|event| !event.contains("FirstDelivery") && !event.contains("IsArticleKnown"));
        match &expected {
            None => expected = Some((events, arn.clone())),
            Some((first, of)) if events.len() == first.len() => assert_eq!(&events, first, "{arn} went as {of}"),
            Some(_) => {
                assert!(events.iter().any(|event| event.starts_with("Task")), "{arn} took other steps: {events:?}")
            }
        }
    }
}

/// An event without what differs from execution to execution.
fn shape(event: &Value) -> String {
    let name = ["stateEnteredEventDetails", "stateExitedEventDetails", "mapIterationStartedEventDetails"]
        .iter()
        .find_map(|details| event[details]["name"].as_str())
        .unwrap_or_default();
    format!("{} {name}", event["type"].as_str().expect("a type"))
}

impl Server {
    /// Sends SIGKILL without waiting; the process is reaped by `kill`.
    fn kill_now(&self) {
        let pid = self.endpoints["pid"].to_string();
        let killed = std::process::Command::new("kill").args(["-KILL", &pid]).status().expect("kill");
        assert!(killed.success());
    }
}
