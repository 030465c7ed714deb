//! `aws-appsync-event-ws`: subscribing and publishing on one connection to an Event API.
//!
//! "Understanding the Event API WebSocket protocol", Events guide.

mod message;

use std::net::SocketAddr;

use auth::EventOperation;
use axum::extract::ws::Utf8Bytes;
use event_api::{Delivery, Pattern, Publish, Request, Subscription};
use serde_json::Value;
use tokio::sync::mpsc;

use super::{
    connection::{Closed, Connection, Origin, Outgoing},
    dialect::{Dialect, ErrorEntry, Refusal},
    handshake::{Handshake, Headers},
};
use crate::http::{App, addressed::Endpoint, events, identity};
use message::Incoming;

/// Publish messages of one connection that wait for the one under way.
const PUBLISHES: usize = 64;

/// What is kept for a connection.
#[derive(Default)]
pub(super) struct EventWs {
    /// To the task that publishes what comes over the connection, one message after the other, so that a slow handler holds
    /// up neither deliveries nor keep-alives. It ends when the connection has and all is published.
    publisher: Option<mpsc::Sender<Job>>,
}

/// A message to publish.
struct Job {
    id: String,
    body: Value,
    authorization: Headers,
}

impl Dialect for EventWs {
    const PROTOCOL: &str = "aws-appsync-event-ws";

    type Message = Incoming;

    async fn connect(
        app: &App,
        endpoint: &Endpoint,
        handshake: &Handshake,
        peer: SocketAddr,
    ) -> Result<Self, ErrorEntry> {
        let api = app.event_apis.get(&endpoint.api_id).ok_or(auth::Error::Missing)?;
        let credentials = &handshake.credentials;
        let identity = identity::for_event(&api, EventOperation::Connect, endpoint, credentials, b"{}", peer).await?;
        api.api().connect(&identity)?;
        Ok(Self::default())
    }

    fn read(text: &str) -> Result<Option<Incoming>, Refusal> {
        message::read(text)
    }

    async fn follow(connection: &mut Connection<Self>, message: Incoming) -> Result<(), Closed> {
        match message {
            Incoming::Subscribe { id, channel, authorization } => {
                subscribe(connection, id, &channel, authorization).await
            }
            Incoming::Publish { id, body, authorization } => publish(connection, Job { id, body, authorization }).await,
            Incoming::Unsubscribe { id } => unsubscribe(connection, &id).await,
        }
    }

    fn connection_error(error: &ErrorEntry) -> Utf8Bytes {
        message::connection_error(error)
    }

    fn connection_ack() -> Utf8Bytes {
        message::connection_ack()
    }

    fn data(id: &str, payload: &str) -> Utf8Bytes {
        message::data(id, payload)
    }

    fn error(id: Option<&str>, errors: &[Value]) -> Utf8Bytes {
        message::error("error", id, errors)
    }

    fn ended(id: &str, errors: &[Value]) -> Vec<Utf8Bytes> {
        vec![message::error("broadcast_error", Some(id), errors)]
    }
}

async fn subscribe(
    connection: &mut Connection<EventWs>,
    id: String,
    channel: &str,
    authorization: Headers,
) -> Result<(), Closed> {
    let subscribed = match connection.has_room(&id) {
        Ok(()) => register(&connection.origin, channel, authorization).await,
        Err(error) => Err(error),
    };
    match subscribed {
        Ok(subscription) => {
            // Registered: from here on every event is heard, so now it may be acknowledged.
            connection.send(message::done("subscribe_success", &id)).await?;
            let task = tokio::spawn(forward(id.clone(), subscription, connection.outgoing.clone()));
            connection.deliver_from(id, &task);
            Ok(())
        }
        Err(error) => connection.send(message::error("subscribe_error", Some(&id), &[error.to_json()])).await,
    }
}

async fn register(origin: &Origin, channel: &str, authorization: Headers) -> Result<Subscription, ErrorEntry> {
    origin.admits(&authorization)?;
    let pattern = Pattern::parse(channel);
    let path = pattern.as_ref().map_or_else(|| channel.to_owned(), Pattern::path);
    let signed = message::signed(&channel.into(), None);
    // The version of now: it may have changed since the connection was made.
    let api = origin.app.event_apis.get(&origin.endpoint.api_id).ok_or(event_api::Error::Deleted)?;
    let operation = EventOperation::Subscribe(&path);
    let endpoint = &origin.endpoint;
    let identity =
        identity::for_event(&api, operation, endpoint, &authorization, signed.as_bytes(), origin.peer).await?;
    let pattern = pattern.ok_or_else(|| {
        let text = "channel must be the path of a channel, which may end with /*";
        event_api::Error::BadRequest(text.to_owned())
    })?;
    let request =
        Request { headers: origin.headers(authorization), domain_name: endpoint.domain_name.clone(), identity };
    Ok(api.api().subscribe(&request, &pattern).await?)
}

async fn unsubscribe(connection: &mut Connection<EventWs>, id: &str) -> Result<(), Closed> {
    if connection.unsubscribe(id) {
        return connection.send(message::done("unsubscribe_success", id)).await;
    }
    let error = ErrorEntry::new("UnknownOperationError", format!("Unknown operation id {id}"));
    connection.send(message::error("unsubscribe_error", Some(id), &[error.to_json()])).await
}

/// Hands a message to the connection's publisher. Nothing waits here: the publisher itself waits for the connection.
async fn publish(connection: &mut Connection<EventWs>, job: Job) -> Result<(), Closed> {
    let (origin, outgoing) = (&connection.origin, &connection.outgoing);
    let publisher = connection.dialect.publisher.get_or_insert_with(|| {
        let (queue, jobs) = mpsc::channel(PUBLISHES);
        tokio::spawn(publish_all(origin.clone(), jobs, outgoing.clone()));
        queue
    });
    let Err(refused) = publisher.try_send(job) else { return Ok(()) };
    let id = refused.into_inner().id;
    // AWS differs: it bounds the rate of a connection instead; its text is not recorded.
    let error = ErrorEntry::new("LimitExceededError", format!("{PUBLISHES} messages wait to be published"));
    connection.send(message::error("publish_error", Some(&id), &[error.to_json()])).await
}

async fn publish_all(origin: Origin, mut jobs: mpsc::Receiver<Job>, outgoing: mpsc::Sender<Outgoing>) {
    while let Some(Job { id, body, authorization }) = jobs.recv().await {
        let answer = match publish_one(&origin, &body, authorization).await {
            Ok(outcome) => message::publish_success(&id, &outcome),
            Err(error) => message::error("publish_error", Some(&id), &[error.to_json()]),
        };
        // The connection may be gone; what it sent before is published all the same.
        let _ = outgoing.send(Outgoing::Answer(answer)).await;
    }
}

async fn publish_one(origin: &Origin, body: &Value, authorization: Headers) -> Result<event_api::Outcome, ErrorEntry> {
    origin.admits(&authorization)?;
    let publish = Publish::read(body);
    let path = match &publish {
        Ok(publish) => publish.channel().path(),
        Err(_) => body["channel"].as_str().unwrap_or_default().to_owned(),
    };
    let signed = message::signed(&body["channel"], Some(&body["events"]));
    let api = origin.app.event_apis.get(&origin.endpoint.api_id).ok_or(event_api::Error::Deleted)?;
    let operation = EventOperation::Publish(&path);
    let endpoint = &origin.endpoint;
    let identity =
        identity::for_event(&api, operation, endpoint, &authorization, signed.as_bytes(), origin.peer).await?;
    let request =
        Request { headers: origin.headers(authorization), domain_name: endpoint.domain_name.clone(), identity };
    Ok(events::publish(&origin.app, &api, &request, publish?).await?)
}

async fn forward(id: String, mut subscription: Subscription, outgoing: mpsc::Sender<Outgoing>) {
    while let Some(delivery) = subscription.next().await {
        let next = match delivery {
            Delivery::Event(event) => match Utf8Bytes::try_from(event) {
                Ok(payload) => Outgoing::Data { id: id.clone(), payload },
                Err(_) => unreachable!("an event is JSON, which is UTF-8"),
            },
            Delivery::Ended(error) => {
                Outgoing::Ended { id: id.clone(), errors: vec![ErrorEntry::from(error).to_json()] }
            }
        };
        if outgoing.send(next).await.is_err() {
            return; // The connection is gone.
        }
    }
}
