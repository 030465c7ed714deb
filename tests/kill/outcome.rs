//! After the last kill: that everything goes on to the end that it would have had.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    effects,
    history::{self, References, course, describe, without_times},
    load::{Acknowledged, Machines},
    support::{Server, operator::Changes, realtime::Statuses},
};

/// Changes of executions and orders from a moment on.
pub(crate) struct Watch {
    changes: Changes,
    statuses: Statuses,
}

impl Watch {
    pub(crate) async fn of(server: &Server) -> Self {
        Self { changes: server.watch_executions().await, statuses: server.watch_orders().await }
    }

    /// Waits until the execution has ended, with this status.
    pub(crate) async fn until(&mut self, server: &Server, arn: &str, expected: &str) {
        loop {
            let status = describe(server, arn).await["status"].clone();
            if status != "RUNNING" {
                assert_eq!(status, expected, "{arn}");
                return;
            }
            while !concerns(&self.changes.next().await, arn) {}
        }
    }

    /// Waits until the order can be approved and its workflow has nothing to do but wait for that.
    pub(crate) async fn until_awaiting(&mut self, server: &Server, id: &str, arn: &str) {
        while status(server, id).await != "AWAITING_APPROVAL" {
            while self.statuses.next().await["id"] != id {}
        }
        while !history::history(server, arn).await.iter().any(|event| {
            event["type"] == "TaskSubmitted"
                && event["taskSubmittedEventDetails"]["resource"] == "putEvents.waitForTaskToken"
        }) {
            while !concerns(&self.changes.next().await, arn) {}
        }
    }
}

/// Whether a change is one of this execution, or tells that changes were left out.
fn concerns(change: &Value, arn: &str) -> bool {
    change["executionArn"] == arn || change["missed"] != 0
}

/// The status of an order that must be there.
async fn status(server: &Server, id: &str) -> String {
    let query = "query Order($id: ID!) { order(id: $id) { status } }";
    let answer = server.graphql(query, json!({ "id": id })).await;
    answer["data"]["order"]["status"].as_str().unwrap_or_else(|| panic!("{id}: {answer}")).to_owned()
}

pub(crate) async fn approve(server: &Server, token: &str, id: &str) {
    let mutation = "mutation Approve($id: ID!) { approveOrder(id: $id, comment: \"after all\") { id } }";
    let sent = server.try_graphql_as(("authorization", token), mutation, json!({ "id": id })).await;
    let answer = sent.expect("an answer");
    assert_eq!(answer["data"]["approveOrder"]["id"], id, "{answer}");
}

/// Checks everything, acknowledged or not: a request whose answer the kill took may have been performed.
pub(crate) async fn verify(server: &Server, acknowledged: &Acknowledged, references: &References, machines: &Machines) {
    let mut watch = Watch::of(server).await;
    let orders = executions(server, &server.output("StateMachineArn")).await;
    let lost: Vec<_> = acknowledged.orders.iter().filter(|id| !orders.contains_key(*id)).collect();
    assert!(lost.is_empty(), "lost orders: {lost:?}");

    let (large, small): (Vec<_>, Vec<_>) = orders.values().partition(|order| order.amount >= 1000.0);
    for order in &small {
        watch.until(server, &order.arn, "SUCCEEDED").await;
        let course = course(server, &order.arn).await;
        if !order.id.starts_with("delivers-") {
            assert_eq!(course, references.small, "{}", order.id);
        }
        assert_eq!(status(server, &order.id).await, "SHIPPED", "{}", order.id);
    }
    let (approved, waiting) = decide(server, &mut watch, references, &large).await;
    println!(
        "{} orders in all: {} small, {} approved, {} wait",
        orders.len(),
        small.len(),
        approved.len(),
        waiting.len()
    );

    let plain: BTreeSet<_> = acknowledged.executions.iter().collect();
    for arn in plain {
        watch.until(server, arn, "SUCCEEDED").await;
        assert_eq!(without_times(server, arn).await, references.plain, "{arn}");
    }
    let counting = machines.counting.replace(":stateMachine:", ":execution:");
    for name in &acknowledged.counts {
        let arn = format!("{counting}:{name}");
        watch.until(server, &arn, "SUCCEEDED").await;
        assert_eq!(course(server, &arn).await, references.counting, "{arn}");
    }
    let shipped: Vec<_> = small.iter().chain(&approved).copied().collect();
    effects::verify(server, orders.values(), &shipped, &acknowledged.counts).await;
}

/// Of the orders that wait for an approval, every second one is given it, with the token that it has had all along.
async fn decide<'a>(
    server: &Server,
    watch: &mut Watch,
    references: &References,
    large: &[&'a Execution],
) -> (Vec<&'a Execution>, Vec<&'a Execution>) {
    let token = server.token("approver").await;
    // One of them was approved before the first kill.
    let (mut approved, undecided): (Vec<_>, Vec<_>) = large.iter().copied().partition(|order| order.id == "large");
    let mut waiting = Vec::new();
    for (number, order) in undecided.into_iter().enumerate() {
        watch.until_awaiting(server, &order.id, &order.arn).await;
        if number % 2 == 0 {
            approve(server, &token, &order.id).await;
            approved.push(order);
        } else {
            waiting.push(order);
        }
    }
    for order in &approved {
        watch.until(server, &order.arn, "SUCCEEDED").await;
        assert_eq!(course(server, &order.arn).await, references.large, "{}", order.id);
        assert_eq!(status(server, &order.id).await, "SHIPPED", "{}", order.id);
    }
    for order in &waiting {
        let events = course(server, &order.arn).await.events;
        assert_eq!(events, references.large.events[..events.len()], "{}", order.id);
        assert_eq!(describe(server, &order.arn).await["status"], "RUNNING", "{}", order.id);
        assert_eq!(status(server, &order.id).await, "AWAITING_APPROVAL", "{}", order.id);
    }
    (approved, waiting)
}

/// An order as its execution was started with it.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) amount: f64,
    pub(crate) sku: String,
    pub(crate) quantity: u64,
}

/// Every execution of the order machine by its name.
async fn executions(server: &Server, machine: &str) -> BTreeMap<String, Execution> {
    let mut found = BTreeMap::new();
    let mut input = json!({ "stateMachineArn": machine });
    loop {
        let (status, page) = server.try_wire("AWSStepFunctions.ListExecutions", &input).await.expect("an answer");
        assert_eq!(status, 200, "{page}");
        for listed in page["executions"].as_array().expect("executions") {
            let arn = listed["executionArn"].as_str().expect("an ARN").to_owned();
            let described = describe(server, &arn).await;
            let order: Value = serde_json::from_str(described["input"].as_str().expect("text")).expect("JSON");
            let id = order["id"].as_str().expect("an id").to_owned();
            let amount = order["amount"].as_f64().expect("an amount");
            let sku = order["items"][0]["sku"].as_str().expect("an article").to_owned();
            let quantity = order["items"][0]["quantity"].as_u64().expect("a quantity");
            found.insert(id.clone(), Execution { id, arn, amount, sku, quantity });
        }
        match page.get("nextToken") {
            Some(next) => input["nextToken"] = next.clone(),
            None => return found,
        }
    }
}
