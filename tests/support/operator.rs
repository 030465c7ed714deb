//! The operator's API: queries, and its changes over `graphql-transport-ws`.

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_tungstenite::{connect_async, tungstenite::client::IntoClientRequest};

use super::{
    PATIENCE, Server,
    realtime::{self, Socket, receive},
};

impl Server {
    /// A query or mutation of the operator's API; panics on errors.
    pub(crate) async fn operate(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        let sent = self.client.post(format!("{}/operate/graphql", self.http)).json(&body).send().await;
        let answer: Value = sent.expect("an answer").json().await.expect("JSON");
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"].clone()
    }

    /// Subscribes to every change of every execution; returns once the server has acknowledged the connection and
    /// answered a ping sent after the subscription, so that no later change is missed.
    pub(crate) async fn watch_executions(&self) -> Changes {
        self.watch("executionChanged", "{ executionArn status missed }").await
    }

    /// Subscribes to what comes of changes of the application's files.
    pub(crate) async fn watch_reloads(&self) -> Changes {
        self.watch("reloaded", "{ number milliseconds files succeeded reason resources needsRestart }").await
    }

    /// Subscribes to a field; returns when nothing is missed any more.
    async fn watch(&self, field: &'static str, selection: &str) -> Changes {
        let url = format!("{}/operate/graphql/ws", self.http.replace("http://", "ws://"));
        let mut request = url.into_client_request().expect("a URL");
        let protocol = "graphql-transport-ws".parse().expect("a header value");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let (mut socket, _) = connect_async(request).await.expect("connected");
        realtime::send(&mut socket, json!({ "type": "connection_init" })).await;
        assert_eq!(receive(&mut socket).await.expect("an answer")["type"], "connection_ack");
        let query = format!("subscription {{ {field} {selection} }}");
        let subscribe = json!({ "id": "1", "type": "subscribe", "payload": { "query": query } });
        realtime::send(&mut socket, subscribe).await;
        realtime::send(&mut socket, json!({ "type": "ping" })).await;
        let (sender, changes) = mpsc::unbounded_channel();
        while let Some(message) = receive(&mut socket).await.filter(|message| message["type"] != "pong") {
            pass_on(&message, field, &sender);
        }
        tokio::spawn(read(socket, field, sender));
        Changes(changes)
    }
}

/// A stream of changes.
pub(crate) struct Changes(mpsc::UnboundedReceiver<Value>);

impl Changes {
    /// The next change, with what is selected of it.
    pub(crate) async fn next(&mut self) -> Value {
        tokio::time::timeout(PATIENCE, self.0.recv()).await.expect("a change in time").expect("not closed")
    }
}

/// Reads at once, so that the server has not to leave changes out.
async fn read(mut socket: Socket, field: &str, sender: mpsc::UnboundedSender<Value>) {
    while let Some(message) = receive(&mut socket).await {
        if message["type"] == "ping" {
            realtime::send(&mut socket, json!({ "type": "pong" })).await;
        }
        pass_on(&message, field, &sender);
    }
}

fn pass_on(message: &Value, field: &str, sender: &mpsc::UnboundedSender<Value>) {
    if message["type"] == "next" {
        // A test that is done listens no more.
        let _ = sender.send(message["payload"]["data"][field].clone());
    }
}
