//! Requests as they finish: the operator's subscription over `graphql-transport-ws`.

use anyhow::{Context, bail};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::commands::operator::Operator;

/// Hands each request to `print`, until the running stepwell ends or the user does.
///
/// # Errors
/// The operator's API cannot be reached, or refuses.
pub(super) fn follow(operator: &Operator, subscription: &str, print: impl Fn(&Value)) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(stream(operator, subscription, print))
}

async fn stream(operator: &Operator, subscription: &str, print: impl Fn(&Value)) -> anyhow::Result<()> {
    let url = format!("{}/ws", operator.url().replacen("http", "ws", 1));
    let mut request = url.as_str().into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse()?);
    if let Some(token) = operator.token() {
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse()?);
    }
    let connected = connect_async(request).await;
    let (mut socket, _) = connected.with_context(|| format!("call {url} (does stepwell still run there?)"))?;
    socket.send(text(&json!({ "type": "connection_init" }))).await?;
    while let Some(message) = socket.next().await {
        let Message::Text(received) = message? else { continue };
        let message: Value = serde_json::from_str(&received).context("a message that is not JSON")?;
        match message["type"].as_str() {
            Some("connection_ack") => {
                let payload = json!({ "query": subscription });
                socket.send(text(&json!({ "id": "1", "type": "subscribe", "payload": payload }))).await?;
            }
            Some("ping") => socket.send(text(&json!({ "type": "pong" }))).await?,
            Some("next") => print(&message["payload"]["data"]["requestFinished"]),
            Some("error") => bail!("{url} answers {}", message["payload"]),
            Some("complete") => break,
            _ => {}
        }
    }
    Ok(())
}

fn text(message: &Value) -> Message {
    Message::text(message.to_string())
}
