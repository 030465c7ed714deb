//! Subscriptions: who listens to what, which mutations reach them, and the payloads they get.
//!
//! A payload is built once for all subscribers that select the same and may read the same, then shared. How it
//! travels (WebSocket protocols, server-sent events) is not decided here.

mod equality;
mod filter;
mod hub;
mod subscribe;
mod take_over;

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::{GraphqlError, lifetime::Lifetime};
pub(crate) use hub::Hub;
use hub::Subscriber;

/// A registered subscription. Dropping it unsubscribes.
pub struct Subscription {
    lifetime: Arc<Lifetime>,
    subscriber: Arc<Subscriber>,
    queue: mpsc::Receiver<Bytes>,
    finished: bool,
}

/// What a subscriber gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Delivery {
    /// A payload: `{"data": {...}}`, with `errors` where fields of it failed.
    Data(Bytes),
    /// The server ended the subscription; nothing follows.
    Ended(Vec<GraphqlError>),
}

impl Subscription {
    /// The next delivery; `None` after the end.
    pub async fn next(&mut self) -> Option<Delivery> {
        if self.finished {
            return None;
        }
        if let Some(payload) = self.queue.recv().await {
            return Some(Delivery::Data(payload));
        }
        self.finished = true;
        Some(Delivery::Ended(self.subscriber.end_reason()))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.lifetime.hub.remove(&self.subscriber);
    }
}
