//! One connection: acknowledged once, then any number of subscriptions, each authorized on its own. What is said over it
//! is a [`Dialect`]'s.

use std::{collections::HashMap, net::SocketAddr};

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use clock::Timestamp;
use serde_json::Value;
use tokio::{sync::mpsc, task::AbortHandle};

use super::{
    dialect::{Dialect, ErrorEntry, Refusal},
    handshake::{Handshake, Headers},
};
use crate::http::{App, addressed::Endpoint, rate_limit};

/// Subscriptions of one connection (AppSync quota).
const SUBSCRIPTIONS: usize = 200;
/// How often `ka` is sent; clients miss it after 65 seconds.
const KEEP_ALIVE_SECONDS: i64 = 60;
/// How long a connection lives (AppSync quota).
const LIFETIME_SECONDS: i64 = 24 * 60 * 60;
/// How long a client may take to send `connection_init`; Amplify waits 15 seconds for the answer.
const INIT_SECONDS: i64 = 30;
/// Messages that wait for one socket. Behind it each subscription has its own bounded queue, which ends the
/// subscription of a client that reads too slowly.
const OUTGOING: usize = 16;
/// How long a client may wait for a `ka` before it gives the connection up.
pub(super) const CONNECTION_TIMEOUT_MILLIS: u64 = 300_000;

pub(super) struct Connection<D> {
    pub(super) origin: Origin,
    pub(super) dialect: D,
    /// To the connection itself, for tasks beside it.
    pub(super) outgoing: mpsc::Sender<Outgoing>,
    socket: WebSocket,
    subscriptions: HashMap<String, AbortHandle>,
    acknowledged: bool,
}

/// Where the messages of a connection come from.
#[derive(Clone)]
pub(super) struct Origin {
    pub(super) app: App,
    pub(super) endpoint: Endpoint,
    pub(super) peer: SocketAddr,
    /// The application's own headers of the handshake.
    custom: Headers,
}

/// What a task beside the connection hands to it.
pub(super) enum Outgoing {
    /// For the subscription `id`: ready-made JSON.
    Data { id: String, payload: Utf8Bytes },
    /// The subscription `id` is over, for these reasons.
    Ended { id: String, errors: Vec<Value> },
    /// A whole message.
    Answer(Utf8Bytes),
}

/// Serves a connection until either side ends it.
pub(super) async fn serve<D: Dialect>(
    app: App,
    endpoint: Endpoint,
    mut socket: WebSocket,
    handshake: Handshake,
    peer: SocketAddr,
) {
    match D::connect(&app, &endpoint, &handshake, peer).await {
        Ok(dialect) => {
            let (outgoing, incoming) = mpsc::channel(OUTGOING);
            let _counted = app.metrics.connection();
            let origin = Origin { app: app.clone(), endpoint, peer, custom: handshake.custom };
            let subscriptions = HashMap::new();
            let connection = Connection { origin, dialect, outgoing, socket, subscriptions, acknowledged: false };
            connection.run(incoming).await;
        }
        Err(error) => turn_away(&app, &mut socket, D::connection_error(&error)).await,
    }
}

/// Answers the client's first message with `refused` and closes. Not earlier: the AppSync links of Apollo and Amplify
/// listen only once the connection is open, miss what arrives together with the upgrade, and then take the refusal for
/// a broken network and dial again.
async fn turn_away(app: &App, socket: &mut WebSocket, refused: Utf8Bytes) {
    tokio::select! {
        _ = socket.recv() => {}
        () = app.clock.sleep_until(app.clock.now().plus_seconds(INIT_SECONDS)) => {}
    }
    // The peer may be gone already; then nobody needs the answer.
    let _ = socket.send(Message::Text(refused)).await;
    let _ = socket.send(close("unauthorized")).await;
}

fn close(reason: &'static str) -> Message {
    Message::Close(Some(CloseFrame { code: close_code::NORMAL, reason: Utf8Bytes::from_static(reason) }))
}

fn keep_alive() -> Utf8Bytes {
    Utf8Bytes::from_static(r#"{"type":"ka"}"#)
}

/// The connection is over: the peer is gone, or was told.
pub(super) struct Closed;

impl Origin {
    /// Whether a message with these credentials may pass.
    pub(super) fn admits(&self, authorization: &Headers) -> Result<(), ErrorEntry> {
        let limit = self.app.rate_limit.as_ref();
        let header = |name: &str| authorization.get(name).map(String::as_str);
        if limit.is_none_or(|limit| limit.admits(header, self.peer.ip())) {
            return Ok(());
        }
        let (error_type, message) = rate_limit::REFUSED;
        Err(ErrorEntry::new(error_type, message))
    }

    /// What resolvers and handlers see as the headers of a message.
    pub(super) fn headers(&self, authorization: Headers) -> Vec<(String, String)> {
        let mut headers = self.custom.clone();
        headers.extend(authorization);
        headers.into_iter().collect()
    }
}

impl<D: Dialect> Connection<D> {
    async fn run(mut self, mut incoming: mpsc::Receiver<Outgoing>) {
        let clock = self.origin.app.clock.clone();
        let end = clock.now().plus_seconds(LIFETIME_SECONDS);
        let mut wake = clock.now().plus_seconds(INIT_SECONDS);
        loop {
            let step = tokio::select! {
                received = self.socket.recv() => match received {
                    Some(Ok(received)) => self.receive(received, &mut wake).await,
                    Some(Err(_)) | None => Err(Closed),
                },
                Some(outgoing) = incoming.recv() => self.deliver(outgoing).await,
                () = clock.sleep_until(wake.min(end)) => self.tick(&mut wake, end).await,
            };
            if step.is_err() {
                return; // Dropping the connection ends its subscriptions.
            }
        }
    }

    /// Time has come: for a `ka`, for the end of the connection's life, or to give up on a client that never began.
    async fn tick(&mut self, wake: &mut Timestamp, end: Timestamp) -> Result<(), Closed> {
        let now = self.origin.app.clock.now();
        if !self.acknowledged || now >= end {
            let reason = if self.acknowledged { "connection lifetime reached" } else { "no connection_init" };
            let _ = self.socket.send(close(reason)).await;
            return Err(Closed);
        }
        *wake = now.plus_seconds(KEEP_ALIVE_SECONDS);
        self.send(keep_alive()).await
    }

    pub(super) async fn send(&mut self, text: Utf8Bytes) -> Result<(), Closed> {
        self.socket.send(Message::Text(text)).await.map_err(|_| Closed)
    }

    async fn receive(&mut self, received: Message, wake: &mut Timestamp) -> Result<(), Closed> {
        let text = match received {
            Message::Text(text) => text,
            Message::Close(_) => return Err(Closed),
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Binary(_) => {
                return self.refuse(Refusal::new(None, "BadRequestException", "messages are text frames")).await;
            }
        };
        match D::read(&text) {
            Ok(None) => {
                self.acknowledged = true;
                *wake = self.origin.app.clock.now().plus_seconds(KEEP_ALIVE_SECONDS);
                self.send(D::connection_ack()).await?;
                self.send(keep_alive()).await
            }
            // What comes before the acknowledgement is ignored (developer guide).
            _ if !self.acknowledged => Ok(()),
            Ok(Some(message)) => D::follow(self, message).await,
            Err(refusal) => self.refuse(refusal).await,
        }
    }

    async fn refuse(&mut self, refusal: Refusal) -> Result<(), Closed> {
        self.send(D::error(refusal.id.as_deref(), &[refusal.error.to_json()])).await
    }

    /// Whether there is room for a subscription with this id.
    pub(super) fn has_room(&self, id: &str) -> Result<(), ErrorEntry> {
        if self.subscriptions.contains_key(id) {
            return Err(ErrorEntry::new("DuplicatedOperationError", "subscription ID is duplicated"));
        }
        if self.subscriptions.len() >= SUBSCRIPTIONS {
            let text = format!("Max number of {SUBSCRIPTIONS} subscriptions reached");
            return Err(ErrorEntry::new("MaxSubscriptionsReachedError", text));
        }
        Ok(())
    }

    /// From now on `task` delivers for the subscription `id`.
    pub(super) fn deliver_from(&mut self, id: String, task: &tokio::task::JoinHandle<()>) {
        self.subscriptions.insert(id, task.abort_handle());
    }

    /// Ends the subscription `id`; whether there was one.
    pub(super) fn unsubscribe(&mut self, id: &str) -> bool {
        let task = self.subscriptions.remove(id);
        task.as_ref().map(AbortHandle::abort).is_some()
    }

    async fn deliver(&mut self, outgoing: Outgoing) -> Result<(), Closed> {
        match outgoing {
            Outgoing::Data { id, payload } if self.subscriptions.contains_key(&id) => {
                self.send(D::data(&id, &payload)).await
            }
            Outgoing::Ended { id, errors } if self.subscriptions.remove(&id).is_some() => {
                for message in D::ended(&id, &errors) {
                    self.send(message).await?;
                }
                Ok(())
            }
            Outgoing::Answer(message) => self.send(message).await,
            // The client has stopped it in the meantime.
            Outgoing::Data { .. } | Outgoing::Ended { .. } => Ok(()),
        }
    }
}

impl<D> Drop for Connection<D> {
    fn drop(&mut self) {
        for task in self.subscriptions.values() {
            task.abort();
        }
    }
}
