//! What is asked of the server until it is gone.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::support::Server;

/// Articles, delivered before the first kill, and ordered in turn.
pub(crate) const ARTICLES: [&str; 2] = ["tea", "cups"];
/// One order in four is large enough to wait for an approval.
const LARGE_EVERY: usize = 4;

/// What the server has acknowledged, by every process of it so far.
#[derive(Default)]
pub(crate) struct Acknowledged {
    pub(crate) orders: BTreeSet<String>,
    pub(crate) executions: BTreeSet<String>,
    /// Executions of the machine that counts, by name.
    pub(crate) counts: BTreeSet<String>,
}

/// The machines beside the application's.
#[derive(Debug, Clone)]
pub(crate) struct Machines {
    /// Goes through a Wait, a Parallel and a Map without any service.
    pub(crate) plain: String,
    /// Adds one to an item again and again: a kill nearly always finds it between a write and the record of its result.
    pub(crate) counting: String,
}

/// How often an execution of the counting machine adds one.
pub(crate) const COUNT: usize = 40;

/// An order of one item.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) sku: &'static str,
    pub(crate) quantity: usize,
    pub(crate) large: bool,
}

/// Places an order; answers whether it was acknowledged, or that the server is gone.
pub(crate) async fn place(server: &Server, order: &Order) -> reqwest::Result<()> {
    let mutation = "mutation Place($input: PlaceOrderInput!) { placeOrder(input: $input) { id } }";
    let price = if order.large { 2000.0 } else { 2.5 };
    let item = json!({ "sku": order.sku, "quantity": order.quantity, "price": price });
    let input = json!({ "clientToken": order.id, "customer": "killed", "items": [item] });
    let answer = server.try_graphql(mutation, json!({ "input": input })).await?;
    assert_eq!(answer["data"]["placeOrder"]["id"], order.id.as_str(), "the order was refused: {answer}");
    Ok(())
}

/// Starts an execution and answers its ARN.
pub(crate) async fn start(server: &Server, machine: &str, name: &str) -> reqwest::Result<String> {
    let input = json!({ "id": name, "steps": (0..COUNT).collect::<Vec<_>>() }).to_string();
    let input = json!({ "stateMachineArn": machine, "name": name, "input": input });
    let (status, answer) = server.try_wire("AWSStepFunctions.StartExecution", &input).await?;
    assert_eq!(status, 200, "the execution was refused: {answer}");
    Ok(answer["executionArn"].as_str().expect("an ARN").to_owned())
}

/// Orders and executions until the server is gone. Begins with the order that the last process did not answer, as a
/// client does that wants to know, and answers the one that this process did not. With `counts` it starts an execution
/// of the counting machine before; one of them is as much as a disk bears beside the orders.
pub(crate) async fn write(
    server: Arc<Server>,
    name: String,
    counts: bool,
    mut again: Option<Order>,
    machines: Machines,
    acknowledged: Arc<Mutex<Acknowledged>>,
) -> Option<Order> {
    if counts {
        match start(&server, &machines.counting, &name).await {
            Ok(_) => acknowledged.lock().await.counts.insert(name.clone()),
            Err(_gone) => return again,
        };
    }
    for number in 0.. {
        let order = again.take().unwrap_or_else(|| Order {
            id: format!("{name}-{number}"),
            sku: ARTICLES[number % ARTICLES.len()],
            quantity: 1 + number % 3,
            large: number % LARGE_EVERY == LARGE_EVERY - 1,
        });
        if place(&server, &order).await.is_err() {
            return Some(order);
        }
        acknowledged.lock().await.orders.insert(order.id);
        match start(&server, &machines.plain, &format!("{name}-{number}")).await {
            Ok(arn) => acknowledged.lock().await.executions.insert(arn),
            Err(_gone) => return None,
        };
    }
    None
}

impl Machines {
    pub(crate) async fn create(server: &Server) -> Self {
        Self { plain: create(server, "plain", plain()).await, counting: create(server, "counting", counting()).await }
    }
}

fn plain() -> Value {
    let waits = json!({ "StartAt": "B", "States": { "B": { "Type": "Wait", "Seconds": 1, "End": true } } });
    let passes = json!({ "StartAt": "C", "States": { "C": { "Type": "Pass", "Result": { "c": 1 }, "End": true } } });
    let iteration = json!({ "StartAt": "I", "States": { "I": { "Type": "Pass", "End": true } } });
    json!({ "StartAt": "First", "States": {
        "First": { "Type": "Pass", "Next": "Both" },
        "Both": { "Type": "Parallel", "Branches": [waits, passes], "ResultPath": "$.both", "Next": "Each" },
        "Each": { "Type": "Map", "ItemsPath": "$.both", "MaxConcurrency": 1, "ItemProcessor": iteration,
            "ResultPath": "$.each", "End": true },
    } })
}

fn counting() -> Value {
    let parameters = json!({
        "TableName": "stepwell-stock",
        "Key": { "sku": { "S.$": "$$.Execution.Name" } },
        "UpdateExpression": "ADD #quantity :one",
        "ExpressionAttributeNames": { "#quantity": "quantity" },
        "ExpressionAttributeValues": { ":one": { "N": "1" } },
    });
    let add = json!({ "Type": "Task", "Resource": "arn:aws:states:::dynamodb:updateItem", "Parameters": parameters,
        "ResultPath": null, "End": true });
    json!({ "StartAt": "Count", "States": { "Count": { "Type": "Map", "ItemsPath": "$.steps", "MaxConcurrency": 1,
        "ItemProcessor": { "StartAt": "Add", "States": { "Add": add } }, "End": true } } })
}

async fn create(server: &Server, name: &str, definition: Value) -> String {
    let input = json!({ "name": name, "definition": definition.to_string(),
        "roleArn": "arn:aws:iam::000000000000:role/killed" });
    let (status, answer) = server.try_wire("AWSStepFunctions.CreateStateMachine", &input).await.expect("an answer");
    assert_eq!(status, 200, "{answer}");
    answer["stateMachineArn"].as_str().expect("an ARN").to_owned()
}
