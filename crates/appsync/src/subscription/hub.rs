//! Everybody who listens, and the way from a mutation's result to their queues.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use apollo_compiler::response::JsonMap;
use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::{self, error::TrySendError};

use super::{equality, filter::Filter};
use crate::{
    GraphqlError, Request, authorization,
    execution::{Fetched, Writer},
    limits,
    plan::Plan,
    trace::Recorder,
};

/// The subscriptions of one API, through all its versions.
#[derive(Default)]
pub(crate) struct Hub {
    by_field: RwLock<HashMap<String, Vec<Arc<Subscriber>>>>,
    next_id: AtomicU64,
}

/// One subscription.
pub(super) struct Subscriber {
    id: u64,
    field: String,
    /// The version of the API that compiled it, and the plan.
    plan: Mutex<(u64, Arc<Plan>)>,
    /// What was asked for, and by whom; without headers.
    request: Request,
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
    pub(super) version: u64,
    pub(super) plan: Arc<Plan>,
    pub(super) request: Request,
    pub(super) filter: Wanted,
    pub(super) invalidation: Option<Filter>,
}

impl Hub {
    pub(super) fn register(&self, registration: Registration) -> (Arc<Subscriber>, mpsc::Receiver<Bytes>) {
        let (sender, receiver) = mpsc::channel(limits::SUBSCRIBER_QUEUE);
        let Registration { field, version, plan, request, filter, invalidation } = registration;
        let subscriber = Arc::new(Subscriber {
            id: self.next_id.fetch_add(1, Ordering::Relaxed),
            class: authorization::class(&request.identity),
            field: field.clone(),
            plan: Mutex::new((version, plan)),
            request,
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

    /// Sends a mutation's result to everybody who listens on these fields and wants it, in order of subscription.
    pub(crate) fn publish(&self, fields: &[String], result: &Value, recorder: &Recorder) {
        for field in fields {
            let source = json!({ field: result });
            let subscribers = self.subscribers(field);
            let mut reached = 0;
            // Plans are compared by address, which is theirs alone as long as they are kept beside their payload.
            let mut payloads: HashMap<(*const Plan, &str), (Arc<Plan>, Bytes)> = HashMap::new();
            for subscriber in subscribers.iter().filter(|subscriber| subscriber.filter.passes(result)) {
                let plan = subscriber.plan();
                let key = (Arc::as_ptr(&plan), subscriber.class.as_str());
                let (_, payload) = payloads.entry(key).or_insert_with(|| {
                    let payload = subscriber.payload(&plan, &source);
                    (plan, payload)
                });
                if subscriber.send(payload.clone()) {
                    reached += 1;
                } else {
                    self.remove(subscriber);
                }
            }
            recorder.published(field, reached);
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
                    let reason = GraphqlError::of_request("SubscriptionInvalidated", "Subscription was invalidated.");
                    self.end(&subscriber, vec![reason]);
                }
            }
        }
    }

    /// Ends a subscription once its queue is drained.
    pub(super) fn end(&self, subscriber: &Subscriber, reason: Vec<GraphqlError>) {
        subscriber.end(reason);
        self.remove(subscriber);
    }

    /// Everybody who listens now.
    pub(super) fn all(&self) -> Vec<Arc<Subscriber>> {
        self.by_field.read().values().flatten().cloned().collect()
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
    fn payload(&self, plan: &Plan, source: &Value) -> Bytes {
        let (none, fetched) = (JsonMap::new(), Fetched::default());
        let body = Writer::new(&self.request.identity, &none, &fetched, Vec::new()).response(plan, source).body;
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
                self.end(vec![GraphqlError::of_request("SlowConsumer", message)]);
                false
            }
        }
    }

    fn end(&self, reason: Vec<GraphqlError>) {
        let mut queue = self.queue.lock();
        if queue.is_some() {
            // Before the queue goes: whoever waits at its other end asks for the reason as soon as it is gone.
            *self.end_reason.lock() = reason;
            *queue = None;
        }
    }

    fn plan(&self) -> Arc<Plan> {
        self.plan.lock().1.clone()
    }

    /// Goes on with the plan of a later version.
    pub(super) fn go_on_with(&self, version: u64, plan: Arc<Plan>) {
        let mut current = self.plan.lock();
        if current.0 < version {
            *current = (version, plan);
        }
    }

    /// What was asked for, and by whom.
    pub(super) fn request(&self) -> &Request {
        &self.request
    }

    pub(super) fn end_reason(&self) -> Vec<GraphqlError> {
        self.end_reason.lock().clone()
    }
}
