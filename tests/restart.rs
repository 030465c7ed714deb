//! A clean stop and a restart on the same folder: everything acknowledged is there, work goes on, and what clients hold
//! (API key, access key, tokens) is still good.

mod support;

use serde_json::{Value, json};
use support::Server;

const PLACE: &str = "mutation Place($input: PlaceOrderInput!) { placeOrder(input: $input) { id amount } }";
const ORDER: &str = "query Order($id: ID!) { order(id: $id) { status execution { status } } }";

async fn place(server: &Server, id: &str, price: f64) {
    let input = json!({ "clientToken": id, "customer": "customer", "items": [{ "sku": "tea", "quantity": 1,
        "price": price }] });
    let answer = server.graphql(PLACE, json!({ "input": input })).await;
    assert_eq!(answer["data"]["placeOrder"]["id"], id, "{answer}");
}

/// Waits until the order and its execution have these statuses.
async fn until(server: &Server, id: &str, status: &str, execution: &str) {
    let mut statuses = server.watch_orders().await;
    let expected = json!({ "status": status, "execution": { "status": execution } });
    while server.graphql(ORDER, json!({ "id": id })).await["data"]["order"] != expected {
        while statuses.next().await["id"] != id {}
    }
}

#[tokio::test]
async fn orders_keys_and_tokens_outlive_a_clean_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path()).await;
    let token = server.token("approver").await;
    let port = server.http.rsplit(':').next().expect("a port").to_owned();
    let (key, secrets) = (server.output("ApiKey"), server.secrets.clone());
    place(&server, "large", 2000.0).await;
    until(&server, "large", "AWAITING_APPROVAL", "RUNNING").await;
    // Placed and not waited for: the stop finds them anywhere on their way.
    for number in 0..10 {
        place(&server, &format!("small-{number}"), 2.5).await;
    }
    assert!(server.stop().await.success());
    assert!(!folder.path().join("endpoints.json").exists(), "nobody is told to call a server that has stopped");

    // The issuer of a token is the address of its pool, so the tokens of before are those of the same port.
    let server = Server::start_with(folder.path(), &["run", "--port", &port]).await;
    assert_eq!((server.output("ApiKey"), &server.secrets), (key, &secrets));
    for number in 0..10 {
        until(&server, &format!("small-{number}"), "SHIPPED", "SUCCEEDED").await;
    }
    let approve = "mutation { approveOrder(id: \"large\") { id } }";
    let answer = server.try_graphql_as(("authorization", &token), approve, json!({})).await.expect("an answer");
    assert_eq!(answer["data"]["approveOrder"]["id"], "large", "the token of before the restart: {answer}");
    until(&server, "large", "SHIPPED", "SUCCEEDED").await;
    let listed = json!({ "stateMachineArn": server.output("StateMachineArn"), "statusFilter": "SUCCEEDED" });
    let (status, answer) = server.try_wire("AWSStepFunctions.ListExecutions", &listed).await.expect("an answer");
    assert_eq!((status, answer["executions"].as_array().map(Vec::len)), (200, Some(11)), "{answer}");
    assert_eq!(answer.get("nextToken"), None::<&Value>);
    assert!(server.stop().await.success());
}
