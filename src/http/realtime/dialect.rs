//! What differs between the protocols that real-time connections speak.

use std::{future::Future, net::SocketAddr};

use axum::extract::ws::Utf8Bytes;
use serde_json::{Value, json};

use super::{
    connection::{Closed, Connection},
    handshake::Handshake,
};
use crate::http::{App, addressed::Endpoint};

/// A protocol. Its value is what one connection keeps for it.
pub(super) trait Dialect: Sized + Send + 'static {
    /// The WebSocket subprotocol.
    const PROTOCOL: &str;

    /// A message of a client.
    type Message: Send;

    /// Whether the client may connect.
    fn connect(
        app: &App,
        endpoint: &Endpoint,
        handshake: &Handshake,
        peer: SocketAddr,
    ) -> impl Future<Output = Result<Self, ErrorEntry>> + Send;

    /// Reads a text frame; nothing for `connection_init`.
    fn read(text: &str) -> Result<Option<Self::Message>, Refusal>;

    /// Does what a message asks for, on an acknowledged connection.
    fn follow(
        connection: &mut Connection<Self>,
        message: Self::Message,
    ) -> impl Future<Output = Result<(), Closed>> + Send;

    /// The connection is refused as a whole.
    fn connection_error(error: &ErrorEntry) -> Utf8Bytes;

    fn connection_ack() -> Utf8Bytes;

    /// `payload` is ready-made JSON, built once for all who get it.
    fn data(id: &str, payload: &str) -> Utf8Bytes;

    /// A message cannot be followed.
    fn error(id: Option<&str>, errors: &[Value]) -> Utf8Bytes;

    /// The server has ended a subscription, for these reasons.
    fn ended(id: &str, errors: &[Value]) -> Vec<Utf8Bytes>;
}

/// `errorType` and `message` of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ErrorEntry {
    pub(super) error_type: String,
    pub(super) message: String,
}

impl ErrorEntry {
    pub(super) fn new(error_type: &str, message: impl Into<String>) -> Self {
        Self { error_type: error_type.to_owned(), message: message.into() }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({ "errorType": self.error_type, "message": self.message })
    }
}

impl From<auth::Error> for ErrorEntry {
    fn from(error: auth::Error) -> Self {
        Self::new(error.error_type(), error.message())
    }
}

impl From<event_api::Error> for ErrorEntry {
    fn from(error: event_api::Error) -> Self {
        Self::new(error.error_type(), error.to_string())
    }
}

/// A message that cannot be followed, as the error that answers it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) id: Option<String>,
    pub(super) error: ErrorEntry,
}

impl Refusal {
    pub(super) fn new(id: Option<String>, error_type: &str, message: &str) -> Self {
        Self { id, error: ErrorEntry::new(error_type, message) }
    }
}

/// Subscription ids are UUIDs; anything up to this many bytes is taken.
const ID_BYTES: usize = 128;

/// A text frame as JSON, and the `id` in it.
pub(super) fn parse(text: &str) -> Result<(Value, Option<String>), Refusal> {
    let message: Value =
        serde_json::from_str(text).map_err(|_| Refusal::new(None, "BadRequestException", "Invalid JSON"))?;
    let id = message["id"].as_str().filter(|id| !id.is_empty() && id.len() <= ID_BYTES).map(str::to_owned);
    Ok((message, id))
}
