//! AppSync's `graphql-ws` dialect: GraphQL subscriptions.
//!
//! "Building a real-time WebSocket client", AppSync developer guide.

mod message;

use std::net::SocketAddr;

use appsync::{Delivery, GraphqlError, Subscription};
use axum::extract::ws::Utf8Bytes;
use serde_json::Value;
use tokio::sync::mpsc;

use super::{
    connection::{Closed, Connection, Origin, Outgoing},
    dialect::{Dialect, ErrorEntry, Refusal},
    handshake::{Handshake, Headers},
};
use crate::http::{App, addressed::Endpoint, identity};
use message::Incoming;

/// Nothing is kept for a connection.
pub(super) struct GraphqlWs;

impl Dialect for GraphqlWs {
    const PROTOCOL: &str = "graphql-ws";

    type Message = Incoming;

    async fn connect(
        app: &App,
        endpoint: &Endpoint,
        handshake: &Handshake,
        peer: SocketAddr,
    ) -> Result<Self, ErrorEntry> {
        let api = app.apis.get(&endpoint.api_id).ok_or(auth::Error::Missing)?;
        identity::for_connection(&api, endpoint, &handshake.credentials, peer).await?;
        Ok(Self)
    }

    fn read(text: &str) -> Result<Option<Incoming>, Refusal> {
        message::read(text)
    }

    async fn follow(connection: &mut Connection<Self>, message: Incoming) -> Result<(), Closed> {
        match message {
            Incoming::Start { id, data, authorization } => start(connection, id, data, authorization).await,
            Incoming::Stop { id } => {
                connection.unsubscribe(&id);
                connection.send(message::complete(&id)).await
            }
        }
    }

    fn connection_error(error: &ErrorEntry) -> Utf8Bytes {
        message::connection_error(&error.error_type, &error.message, 400)
    }

    fn connection_ack() -> Utf8Bytes {
        message::connection_ack()
    }

    fn data(id: &str, payload: &str) -> Utf8Bytes {
        message::data(id, payload)
    }

    fn error(id: Option<&str>, errors: &[Value]) -> Utf8Bytes {
        message::error(id, errors)
    }

    fn ended(id: &str, errors: &[Value]) -> Vec<Utf8Bytes> {
        let error = (!errors.is_empty()).then(|| message::error(Some(id), errors));
        error.into_iter().chain([message::complete(id)]).collect()
    }
}

async fn start(
    connection: &mut Connection<GraphqlWs>,
    id: String,
    data: String,
    authorization: Headers,
) -> Result<(), Closed> {
    let subscribed = match connection.has_room(&id) {
        Ok(()) => subscribe(&connection.origin, &data, authorization).await,
        Err(error) => Err(vec![error.to_json()]),
    };
    match subscribed {
        Ok(subscription) => {
            // Registered: from here on every mutation is heard, so now it may be acknowledged.
            connection.send(message::start_ack(&id)).await?;
            let task = tokio::spawn(forward(id.clone(), subscription, connection.outgoing.clone()));
            connection.deliver_from(id, &task);
            Ok(())
        }
        Err(errors) => connection.send(message::error(Some(&id), &errors)).await,
    }
}

async fn subscribe(origin: &Origin, data: &str, authorization: Headers) -> Result<Subscription, Vec<Value>> {
    let refused = |error: ErrorEntry| vec![error.to_json()];
    origin.admits(&authorization).map_err(refused)?;
    // The version of now: it may have changed since the connection was made.
    let api = origin.app.apis.get(&origin.endpoint.api_id);
    let api = api.ok_or_else(|| refused(ErrorEntry::new("NotFoundException", "GraphQL API was deleted.")))?;
    let identity = identity::for_start(&api, &origin.endpoint, &authorization, data, origin.peer)
        .await
        .map_err(|error| refused(error.into()))?;
    let body = appsync::parse_body(data.as_bytes())
        .map_err(|_| refused(ErrorEntry::new("BadRequestException", "payload.data holds no GraphQL request")))?;
    let (headers, domain_name) = (origin.headers(authorization), origin.endpoint.domain_name.clone());
    let request = appsync::Request { body, headers, domain_name, identity };
    api.api().subscribe(&request).await.map_err(|errors| errors.iter().map(brief).collect())
}

async fn forward(id: String, mut subscription: Subscription, outgoing: mpsc::Sender<Outgoing>) {
    while let Some(delivery) = subscription.next().await {
        let next = match delivery {
            Delivery::Data(payload) => match Utf8Bytes::try_from(payload) {
                Ok(payload) => Outgoing::Data { id: id.clone(), payload },
                Err(_) => unreachable!("a payload is JSON, which is UTF-8"),
            },
            Delivery::Ended(errors) => Outgoing::Ended { id: id.clone(), errors: errors.iter().map(brief).collect() },
        };
        if outgoing.send(next).await.is_err() {
            return; // The connection is gone.
        }
    }
}

/// Errors of this protocol have a type and a text; path and locations only where there are some.
fn brief(error: &GraphqlError) -> Value {
    let mut value = error.to_json();
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}
