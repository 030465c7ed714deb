//! The application's subscriptions, in AppSync's `graphql-ws` dialect.

use base64::{Engine, prelude::BASE64_STANDARD};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, sync::mpsc};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use super::{PATIENCE, Server};

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Server {
    /// A connection to the realtime endpoint with the API key, nothing sent yet.
    pub(crate) async fn realtime(&self) -> Socket {
        let url = format!("{}/graphql/realtime", self.http.replace("http://", "ws://"));
        connect(&url, &self.authorization()).await
    }

    /// Every status of every order from now on: returns once the server has acknowledged the subscription.
    pub(crate) async fn watch_orders(&self) -> Statuses {
        let mut socket = self.realtime().await;
        send(&mut socket, json!({ "type": "connection_init" })).await;
        let data = json!({ "query": "subscription { onOrderStatus { id status } }" }).to_string();
        let payload = json!({ "data": data, "extensions": { "authorization": self.authorization() } });
        send(&mut socket, json!({ "id": "1", "type": "start", "payload": payload })).await;
        while receive(&mut socket).await.expect("an answer")["type"] != "start_ack" {}
        let (sender, statuses) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            // Read at once, so that the server never finds this client too slow.
            while let Some(message) = receive(&mut socket).await {
                if message["type"] == "data"
                    && sender.send(message["payload"]["data"]["onOrderStatus"].clone()).is_err()
                {
                    return;
                }
            }
        });
        Statuses(statuses)
    }

    fn authorization(&self) -> Value {
        json!({ "host": self.http.trim_start_matches("http://"), "x-api-key": self.output("ApiKey") })
    }
}

/// A stream of orders' statuses: `{id, status}`.
pub(crate) struct Statuses(mpsc::UnboundedReceiver<Value>);

impl Statuses {
    pub(crate) async fn next(&mut self) -> Value {
        tokio::time::timeout(PATIENCE, self.0.recv()).await.expect("a status in time").expect("not closed")
    }
}

/// A connection to the realtime endpoint of an API with these credentials, nothing sent yet.
pub(crate) async fn connect(url: &str, authorization: &Value) -> Socket {
    let header = BASE64_STANDARD.encode(authorization.to_string());
    let mut request = format!("{url}?header={header}&payload=e30=").into_client_request().expect("a URL");
    request.headers_mut().insert("sec-websocket-protocol", "graphql-ws".parse().expect("a header value"));
    connect_async(request).await.expect("connected").0
}

pub(crate) async fn send(socket: &mut Socket, message: Value) {
    socket.send(Message::text(message.to_string())).await.expect("sent");
}

/// The next message of JSON; nothing once the connection is over.
pub(crate) async fn receive(socket: &mut Socket) -> Option<Value> {
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Text(text) = message {
            return Some(serde_json::from_str(&text).expect("JSON"));
        }
    }
    None
}
