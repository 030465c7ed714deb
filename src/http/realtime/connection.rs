//! One connection: acknowledged once, then any number of subscriptions, each authorized on its own.

use std::{collections::HashMap, net::SocketAddr};

use appsync::{Delivery, GraphqlError, Subscription};
use auth::Identity;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use clock::Timestamp;
use tokio::{sync::mpsc, task::AbortHandle};

use super::{
    handshake::{Handshake, Headers},
    message::{self, Incoming, Refusal},
};
use crate::http::{App, addressed::Endpoint, identity, rate_limit};

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

struct Connection {
    app: App,
    endpoint: Endpoint,
    peer: SocketAddr,
    custom: Headers,
    socket: WebSocket,
    outgoing: mpsc::Sender<Outgoing>,
    subscriptions: HashMap<String, AbortHandle>,
    acknowledged: bool,
}

/// What a subscription's task hands to the connection.
enum Outgoing {
    Data { id: String, payload: Utf8Bytes },
    Ended { id: String, errors: Vec<GraphqlError> },
}

/// Serves a connection until either side ends it.
pub(super) async fn serve(app: App, endpoint: Endpoint, mut socket: WebSocket, handshake: Handshake, peer: SocketAddr) {
    let identity = match app.apis.get(&endpoint.api_id) {
        Some(api) => identity::for_connection(&api, &endpoint, &handshake.credentials, peer).await,
        None => Err(auth::Error::Missing),
    };
    let refused = match identity {
        Ok(_) => {
            let (outgoing, incoming) = mpsc::channel(OUTGOING);
            let _counted = app.metrics.connection();
            let connection = Connection {
                app,
                endpoint,
                peer,
                custom: handshake.custom,
                socket,
                outgoing,
                subscriptions: HashMap::new(),
                acknowledged: false,
            };
            return connection.run(incoming).await;
        }
        Err(error) => message::connection_error(error.error_type(), &error.message(), 400),
    };
    turn_away(&app, &mut socket, refused).await;
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

/// The connection is over: the peer is gone, or was told.
struct Closed;

impl Connection {
    async fn run(mut self, mut incoming: mpsc::Receiver<Outgoing>) {
        let clock = self.app.clock.clone();
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
        let now = self.app.clock.now();
        if !self.acknowledged || now >= end {
            let reason = if self.acknowledged { "connection lifetime reached" } else { "no connection_init" };
            let _ = self.socket.send(close(reason)).await;
            return Err(Closed);
        }
        *wake = now.plus_seconds(KEEP_ALIVE_SECONDS);
        self.send(message::keep_alive()).await
    }

    async fn send(&mut self, text: Utf8Bytes) -> Result<(), Closed> {
        self.socket.send(Message::Text(text)).await.map_err(|_| Closed)
    }

    async fn receive(&mut self, received: Message, wake: &mut Timestamp) -> Result<(), Closed> {
        let text = match received {
            Message::Text(text) => text,
            Message::Close(_) => return Err(Closed),
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Binary(_) => {
                let text = "messages are text frames".to_owned();
                return self.refuse(Refusal { id: None, error_type: "BadRequestException", message: text }).await;
            }
        };
        match message::read(&text) {
            Ok(Incoming::ConnectionInit) => {
                self.acknowledged = true;
                *wake = self.app.clock.now().plus_seconds(KEEP_ALIVE_SECONDS);
                self.send(message::connection_ack()).await?;
                self.send(message::keep_alive()).await
            }
            // What comes before the acknowledgement is ignored (developer guide).
            _ if !self.acknowledged => Ok(()),
            Ok(Incoming::Start { id, data, authorization }) => self.start(id, data, authorization).await,
            Ok(Incoming::Stop { id }) => self.stop(&id).await,
            Err(refusal) => self.refuse(refusal).await,
        }
    }

    async fn refuse(&mut self, refusal: Refusal) -> Result<(), Closed> {
        let error = GraphqlError::of_request(refusal.error_type, refusal.message);
        self.errors(refusal.id.as_deref(), &[error]).await
    }

    async fn errors(&mut self, id: Option<&str>, errors: &[GraphqlError]) -> Result<(), Closed> {
        let errors: Vec<_> = errors.iter().map(brief).collect();
        self.send(message::error(id, &errors)).await
    }

    async fn start(&mut self, id: String, data: String, authorization: Headers) -> Result<(), Closed> {
        match self.subscribe(&id, &data, authorization).await {
            Ok(subscription) => {
                // Registered: from here on every mutation is heard, so now it may be acknowledged.
                self.send(message::start_ack(&id)).await?;
                let task = tokio::spawn(forward(id.clone(), subscription, self.outgoing.clone()));
                self.subscriptions.insert(id, task.abort_handle());
                Ok(())
            }
            Err(errors) => self.errors(Some(&id), &errors).await,
        }
    }

    async fn subscribe(
        &mut self,
        id: &str,
        data: &str,
        authorization: Headers,
    ) -> Result<Subscription, Vec<GraphqlError>> {
        let refused = |kind: &str, text: String| vec![GraphqlError::of_request(kind, text)];
        if self.subscriptions.contains_key(id) {
            return Err(refused("DuplicatedOperationError", "subscription ID is duplicated".to_owned()));
        }
        if self.subscriptions.len() >= SUBSCRIPTIONS {
            let text = format!("Max number of {SUBSCRIPTIONS} subscriptions reached");
            return Err(refused("MaxSubscriptionsReachedError", text));
        }
        let limit = self.app.rate_limit.as_ref();
        if limit.is_some_and(|limit| !limit.admits(|name| authorization.get(name).map(String::as_str), self.peer.ip()))
        {
            let (error_type, message) = rate_limit::REFUSED;
            return Err(refused(error_type, message.to_owned()));
        }
        // The version of now: it may have changed since the connection was made.
        let api = self.app.apis.get(&self.endpoint.api_id);
        let api = api.ok_or_else(|| refused("NotFoundException", "GraphQL API was deleted.".to_owned()))?;
        let identity = identity::for_start(&api, &self.endpoint, &authorization, data, self.peer)
            .await
            .map_err(|error| refused(error.error_type(), error.message()))?;
        let body = appsync::parse_body(data.as_bytes())
            .map_err(|_| refused("BadRequestException", "payload.data holds no GraphQL request".to_owned()))?;
        api.api().subscribe(&self.request(body, authorization, identity)).await
    }

    fn request(&self, body: appsync::Body, authorization: Headers, identity: Identity) -> appsync::Request {
        let mut headers = self.custom.clone();
        headers.extend(authorization);
        let domain_name = self.endpoint.domain_name.clone();
        appsync::Request { body, headers: headers.into_iter().collect(), domain_name, identity }
    }

    async fn stop(&mut self, id: &str) -> Result<(), Closed> {
        if let Some(task) = self.subscriptions.remove(id) {
            task.abort();
        }
        self.send(message::complete(id)).await
    }

    async fn deliver(&mut self, outgoing: Outgoing) -> Result<(), Closed> {
        match outgoing {
            Outgoing::Data { id, payload } if self.subscriptions.contains_key(&id) => {
                self.send(message::data(&id, &payload)).await
            }
            Outgoing::Ended { id, errors } if self.subscriptions.remove(&id).is_some() => {
                if !errors.is_empty() {
                    self.errors(Some(&id), &errors).await?;
                }
                self.send(message::complete(&id)).await
            }
            // The client has stopped it in the meantime.
            Outgoing::Data { .. } | Outgoing::Ended { .. } => Ok(()),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        for task in self.subscriptions.values() {
            task.abort();
        }
    }
}

async fn forward(id: String, mut subscription: Subscription, outgoing: mpsc::Sender<Outgoing>) {
    while let Some(delivery) = subscription.next().await {
        let next = match delivery {
            Delivery::Data(payload) => match Utf8Bytes::try_from(payload) {
                Ok(payload) => Outgoing::Data { id: id.clone(), payload },
                Err(_) => unreachable!("a payload is JSON, which is UTF-8"),
            },
            Delivery::Ended(errors) => Outgoing::Ended { id: id.clone(), errors },
        };
        if outgoing.send(next).await.is_err() {
            return; // The connection is gone.
        }
    }
}

/// Errors of this protocol have a type and a text; path and locations only where there are some.
fn brief(error: &GraphqlError) -> serde_json::Value {
    let mut value = error.to_json();
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}
