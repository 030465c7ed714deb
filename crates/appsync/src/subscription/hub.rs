//! Everybody who listens, and the way from a mutation's result to their queues.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use apollo_compiler::response::JsonMap;
use auth::Identity;
use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::{self, error::TrySendError};

use super::{equality, filter::Filter};
use crate::{
    GraphqlError, authorization,
    build::Triggers,
    execution::{Fetched, Writer},
    limits,
    plan::Plan,
};

/// The subscriptions of one API.
pub(crate) struct Hub {
    triggers: Triggers,
    by_field: RwLock<HashMap<String, Vec<Arc<Subscriber>>>>,
    next_id: AtomicU64,
}

/// One subscription.
pub(super) struct Subscriber {
    id: u64,
    field: String,
    plan: Arc<Plan>,
    identity: Identity,
    /// Subscribers of one class and plan get one payload.
    class: String,
    filter: Wanted,
    invalidation: Option<Filter>,
    /// Gone once the subscription has ended.
    queue: Mutex<Option<mpsc::Sender<Bytes>>>,
    end_reason: Mutex<Vec<GraphqlError>>,
}

/// Which payloads a subscriber wants.
pub(super) enum Wanted {
    /// Those whose fields equal the arguments.
    Equal(Arc<Map<String, Value>>),
    /// Those that an enhanced filter lets through; it replaces the arguments.
    Enhanced(Filter),
}

/// What a new subscription brings along.
pub(super) struct Registration {
    pub(super) field: String,
    pub(super) plan: Arc<Plan>,
    pub(super) identity: Identity,
    pub(super) filter: Wanted,
    pub(super) invalidation: Option<Filter>,
}

impl Hub {
    pub(crate) fn new(triggers: Triggers) -> Self {
        Self { triggers, by_field: RwLock::default(), next_id: AtomicU64::new(1) }
    }

    /// Whether a mutation field has subscriptions that listen to it.
    pub(crate) fn is_trigger(&self, mutation: &str) -> bool {
        self.triggers.contains_key(mutation)
    }

    pub(super) fn register(&self, registration: Registration) -> (Arc<Subscriber>, mpsc::Receiver<Bytes>) {
        let (sender, receiver) = mpsc::channel(limits::SUBSCRIBER_QUEUE);
        let Registration { field, plan, identity, filter, invalidation } = registration;
        let subscriber = Arc::new(Subscriber {
            id: self.next_id.fetch_add(1, Ordering::Relaxed),
            class: authorization::class(&identity),
            field: field.clone(),
            plan,
            identity,
            filter,
            invalidation,
            queue: Mutex::new(Some(sender)),
            end_reason: Mutex::default(),
        });
        self.by_field.write().entry(field).or_default().push(subscriber.clone());
        (subscriber, receiver)
    }

    pub(super) fn remove(&self, subscriber: &Subscriber) {
        let mut by_field = self.by_field.write();
        if let Some(all) = by_field.get_mut(&subscriber.field) {
            all.retain(|other| other.id != subscriber.id);
        }
    }

    /// Sends a mutation's result to everybody who wants it, in order of subscription.
    pub(crate) fn publish(&self, mutation: &str, result: &Value) {
        for field in self.triggers.get(mutation).into_iter().flatten() {
            let source = json!({ field: result });
            let subscribers = self.subscribers(field);
            // Plans are compared by address: `subscribers` keeps every one of them alive.
            let mut payloads: HashMap<(*const Plan, &str), Bytes> = HashMap::new();
            for subscriber in subscribers.iter().filter(|subscriber| subscriber.filter.passes(result)) {
                let key = (Arc::as_ptr(&subscriber.plan), subscriber.class.as_str());
                let payload = payloads.entry(key).or_insert_with(|| subscriber.payload(&source)).clone();
                if !subscriber.send(payload) {
                    self.remove(subscriber);
                }
            }
        }
    }

    /// Ends subscriptions that `extensions.invalidateSubscriptions` calls name.
    pub(crate) fn invalidate(&self, extensions: &[(String, Vec<Value>)]) {
        let calls = extensions.iter().filter(|(name, _)| name == "invalidateSubscriptions");
        for (_, arguments) in calls.take(limits::INVALIDATIONS) {
            let call = arguments.first().unwrap_or(&Value::Null);
            let field = call.get("subscriptionField").and_then(Value::as_str).unwrap_or_default();
            let payload = call.get("payload").unwrap_or(&Value::Null);
            for subscriber in self.subscribers(field) {
                if subscriber.invalidation.as_ref().is_some_and(|filter| filter.passes(payload)) {
                    subscriber
                        .end(GraphqlError::of_request("SubscriptionInvalidated", "Subscription was invalidated."));
                    self.remove(&subscriber);
                }
            }
        }
    }

    pub(super) fn count(&self) -> usize {
        self.by_field.read().values().map(Vec::len).sum()
    }

    fn subscribers(&self, field: &str) -> Vec<Arc<Subscriber>> {
        self.by_field.read().get(field).cloned().unwrap_or_default()
    }
}

impl Wanted {
    fn passes(&self, payload: &Value) -> bool {
        match self {
            Self::Equal(arguments) => equality::passes(arguments, payload),
            Self::Enhanced(filter) => filter.passes(payload),
        }
    }
}

impl Subscriber {
    /// The subscription's own selection of a result. Resolvers do not run again for subscribers.
    fn payload(&self, source: &Value) -> Bytes {
        let none = JsonMap::new();
        let body =
            Writer::new(&self.identity, &none, &Fetched::default(), Vec::new()).response(&self.plan, source).body;
        if body.len() <= limits::PAYLOAD_BYTES {
            return body.into();
        }
        tracing::warn!(field = self.field, bytes = body.len(), "a subscription payload is too large");
        // AWS differs: it drops such a payload without a word.
        let message = format!("The payload is larger than {} bytes.", limits::PAYLOAD_BYTES);
        let error = GraphqlError::of_request("PayloadTooLarge", message).to_json();
        json!({ "data": { &self.field: null }, "errors": [error] }).to_string().into()
    }

    /// Queues a payload; false where the subscription has ended, or ends now because its queue is full.
    fn send(&self, payload: Bytes) -> bool {
        let sent = match &*self.queue.lock() {
            Some(queue) => queue.try_send(payload),
            None => return false,
        };
        match sent {
            Ok(()) => true,
            Err(TrySendError::Closed(_)) => false,
            Err(TrySendError::Full(_)) => {
                tracing::warn!(field = self.field, "a subscriber is too slow and was let go");
                let message = format!("The subscriber is more than {} messages behind.", limits::SUBSCRIBER_QUEUE);
                self.end(GraphqlError::of_request("SlowConsumer", message));
                false
            }
        }
    }

    /// Ends the subscription once its queue is drained.
    fn end(&self, reason: GraphqlError) {
        let mut queue = self.queue.lock();
        if queue.take().is_some() {
            self.end_reason.lock().push(reason);
        }
    }

    pub(super) fn end_reason(&self) -> Vec<GraphqlError> {
        self.end_reason.lock().clone()
    }
}
