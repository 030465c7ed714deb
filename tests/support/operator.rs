//! The operator's API: queries, and its changes over `graphql-transport-ws`.

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use super::{PATIENCE, Server};

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
        let url = format!("{}/operate/graphql/ws", self.http.replace("http://", "ws://"));
        let mut request = url.into_client_request().expect("a URL");
        let protocol = "graphql-transport-ws".parse().expect("a header value");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let (socket, _) = connect_async(request).await.expect("connected");
        let mut changes = Changes { socket };
        changes.send(json!({ "type": "connection_init" })).await;
        assert_eq!(changes.receive().await["type"], "connection_ack");
        let query = "subscription { executionChanged { executionArn status } }";
        changes.send(json!({ "id": "1", "type": "subscribe", "payload": { "query": query } })).await;
        changes.send(json!({ "type": "ping" })).await;
        assert_eq!(changes.receive().await["type"], "pong");
        changes
    }
}

/// A stream of changes.
pub(crate) struct Changes {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Changes {
    /// The next change: `{executionArn, status}`.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            let message = self.receive().await;
            match message["type"].as_str() {
                Some("next") => return message["payload"]["data"]["executionChanged"].clone(),
                Some("ping") => self.send(json!({ "type": "pong" })).await,
                _ => panic!("not a change: {message}"),
            }
        }
    }

    async fn send(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.expect("sent");
    }

    async fn receive(&mut self) -> Value {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("a message in time");
            if let Message::Text(text) = next.expect("not closed").expect("readable") {
                return serde_json::from_str(&text).expect("JSON");
            }
        }
    }
}
