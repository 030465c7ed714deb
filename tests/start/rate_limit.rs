//! A rate limit in front of the APIs, as the settings ask for it.

use std::fs;

use http::HeaderValue;
use serde_json::{Value, json};

use crate::support::{
    Server,
    realtime::{receive, send},
};

#[tokio::test]
async fn a_caller_over_the_rate_limit_gets_the_answer_of_aws_waf() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = folder.path().join("stepwell.toml");
    fs::write(&settings, "[graphql]\nrate_limit = { per_key = 3, window_seconds = 3600 }\n").expect("written");
    let data = folder.path().join("data");
    let server = Server::start_with(&data, &["run", "--config", settings.to_str().expect("text")]).await;
    let key = server.output("ApiKey");
    let ask = async |key: &str| {
        let request = server.client.post(format!("{}/graphql", server.http)).header("x-api-key", key);
        let answer = request.json(&json!({ "query": "{ ping }" })).send().await.expect("an answer");
        let kind = answer.headers().get("x-amzn-errortype").cloned();
        (answer.status().as_u16(), kind, answer.json::<Value>().await.expect("JSON"))
    };
    for _ in 0..3 {
        assert_eq!(ask(&key).await, (200, None, json!({ "data": { "ping": "pong" } })));
    }
    let (status, kind, answer) = ask(&key).await;
    assert_eq!((status, kind.as_ref().map(HeaderValue::as_bytes)), (403, Some("WAFForbiddenException".as_bytes())));
    assert_eq!(answer["errors"][0], json!({ "errorType": "WAFForbiddenException", "message": "403 Forbidden" }));
    // Another caller has requests of its own; the limit comes before the check of its key.
    assert_eq!(ask("da2-another").await.0, 401);

    // A connection is let in, what it starts is counted.
    let mut socket = server.realtime().await;
    send(&mut socket, json!({ "type": "connection_init" })).await;
    let data = json!({ "query": "subscription { onOrderStatus { id } }" }).to_string();
    let authorization = json!({ "host": "localhost", "x-api-key": key });
    let payload = json!({ "data": data, "extensions": { "authorization": authorization } });
    send(&mut socket, json!({ "id": "1", "type": "start", "payload": payload })).await;
    let mut answer = receive(&mut socket).await.expect("an answer");
    while matches!(answer["type"].as_str(), Some("connection_ack" | "ka")) {
        answer = receive(&mut socket).await.expect("an answer");
    }
    assert_eq!(answer["payload"]["errors"][0]["errorType"], "WAFForbiddenException", "{answer}");
}
