//! What nobody should send, sent: each gets its error, and after all of it the same process answers as before.

#[path = "../support/mod.rs"]
mod support;

mod expressions;
mod graphql;
mod runaway;
mod sockets;
mod wire;

use serde_json::json;
use support::Server;

#[tokio::test]
async fn bad_input_gets_its_error_and_the_process_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::start(folder.path()).await;
    graphql::refused(&server).await;
    graphql::credentials(&server).await;
    expressions::refused(&server).await;
    wire::refused(&server).await;
    wire::signatures(&server).await;
    sockets::refused(&server).await;
    operator(&server).await;
    assert_eq!(server.graphql("{ ping }", json!({})).await, json!({ "data": { "ping": "pong" } }));
    assert!(!server.has_ended(), "it is the process that was started");
    assert_eq!(server.endpoints["pid"], server.pid());
    assert!(server.stop().await.success());
}

/// A web page of another origin cannot operate, whatever a browser lets it send.
async fn operator(server: &Server) {
    let url = format!("{}/operate/graphql", server.http);
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let request = server.client.post(&url).header("origin", origin).json(&json!({ "query": "{ __typename }" }));
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 403, "{origin}");
        assert!(response.text().await.expect("text").contains("operator-token"));
    }
    let rebound = server.client.post(&url).header("host", "evil.example").json(&json!({ "query": "{ __typename }" }));
    assert_eq!(rebound.send().await.expect("an answer").status(), 403);
}
