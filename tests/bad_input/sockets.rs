//! WebSocket clients that do not speak the protocol.

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{
    Server,
    realtime::{Socket, receive, send},
};

pub(crate) async fn refused(server: &Server) {
    garbage(server).await;
    too_long(server).await;
    // Says nothing at all, and stays: the server neither waits for it nor ends because of it.
    let silent = server.realtime().await;
    before_init(server).await;
    assert_eq!(server.graphql("{ ping }", json!({})).await["data"]["ping"], "pong");
    drop(silent);
}

/// Garbage is ignored before `connection_init`, as AppSync's developer guide says, and answered with an error after it;
/// the connection goes on.
async fn garbage(server: &Server) {
    const GARBAGE: [&str; 6] = ["", "garbage", "{", "[]", "{\"type\":5}", "{\"type\":\"fly\"}"];
    let mut socket = server.realtime().await;
    let deep = "[".repeat(50_000);
    for text in GARBAGE.into_iter().chain([deep.as_str()]) {
        socket.send(Message::text(text)).await.expect("sent");
    }
    socket.send(Message::binary(vec![0xff_u8; 1000])).await.expect("sent");
    acknowledged(&mut socket).await;
    for text in GARBAGE.into_iter().chain([deep.as_str()]) {
        socket.send(Message::text(text)).await.expect("sent");
        let answer = receive(&mut socket).await.expect("an answer");
        assert_eq!(answer["type"], "error", "{text:.40}: {answer}");
    }
    send(&mut socket, json!({ "id": "1", "type": "start", "payload": subscription(server) })).await;
    assert_eq!(receive(&mut socket).await.expect("an answer")["type"], "start_ack");
}

/// Sends `connection_init`; the next message but the error about a binary frame is its acknowledgement.
async fn acknowledged(socket: &mut Socket) {
    send(socket, json!({ "type": "connection_init" })).await;
    let mut answer = receive(socket).await.expect("an answer");
    if answer["type"] == "error" {
        answer = receive(socket).await.expect("an answer");
    }
    assert_eq!(answer["type"], "connection_ack", "{answer}");
    assert_eq!(receive(socket).await.expect("an answer"), json!({ "type": "ka" }));
}

fn subscription(server: &Server) -> Value {
    let data = json!({ "query": "subscription { onOrderStatus { id } }" }).to_string();
    let host = server.http.trim_start_matches("http://");
    let authorization = json!({ "host": host, "x-api-key": server.output("ApiKey") });
    json!({ "data": data, "extensions": { "authorization": authorization } })
}

/// A message longer than any a client has reason to send ends its connection.
async fn too_long(server: &Server) {
    let mut socket = server.realtime().await;
    // The server may close before it has read everything; then sending fails, which is as good.
    let _ = socket.send(Message::text("x".repeat(32 << 20))).await;
    while let Some(Ok(message)) = socket.next().await {
        assert!(!message.is_binary(), "{message}");
    }
}

/// A subscription before `connection_init` is not begun.
async fn before_init(server: &Server) {
    let mut socket = server.realtime().await;
    send(&mut socket, json!({ "id": "1", "type": "start", "payload": subscription(server) })).await;
    acknowledged(&mut socket).await;
}
