//! Everybody who is subscribed, and the way from a published event to their queues.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use tokio::sync::mpsc::{self, error::TrySendError};

use crate::{Channel, Error, Pattern, limits};

/// The subscriptions of one API, through all its versions.
#[derive(Default)]
pub(crate) struct Hub {
    state: RwLock<State>,
    next_id: AtomicU64,
}

#[derive(Default)]
struct State {
    /// Those of the version in force.
    namespaces: HashSet<String>,
    by_pattern: HashMap<String, Vec<Arc<Subscriber>>>,
}

/// One subscription.
struct Subscriber {
    id: u64,
    pattern: String,
    namespace: String,
    /// Gone once the subscription has ended.
    queue: Mutex<Option<mpsc::Sender<Bytes>>>,
    end_reason: Mutex<Option<Error>>,
}

/// A subscription in force. Dropping it unsubscribes.
pub struct Subscription {
    hub: Arc<Hub>,
    subscriber: Arc<Subscriber>,
    queue: mpsc::Receiver<Bytes>,
    finished: bool,
}

/// What a subscriber gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// An event: a text of JSON, as a JSON string with its quotes.
    Event(Bytes),
    /// The server ended the subscription; nothing follows.
    Ended(Error),
}

impl Hub {
    /// A version with these namespaces is in force: subscriptions to any other end.
    pub(crate) fn put_in_force(&self, namespaces: HashSet<String>) {
        let mut gone = Vec::new();
        {
            let state = &mut *self.state.write();
            state.namespaces = namespaces;
            state.by_pattern.retain(|_, subscribers| {
                let stays = subscribers.first().is_some_and(|first| state.namespaces.contains(&first.namespace));
                if !stays {
                    gone.append(subscribers);
                }
                stays
            });
        }
        gone.iter().for_each(|subscriber| subscriber.end(Error::Deleted));
    }

    /// Registers a subscription: from now on it hears everything.
    ///
    /// # Errors
    /// The namespace is in force no more.
    pub(crate) fn register(self: &Arc<Self>, pattern: &Pattern) -> Result<Subscription, Error> {
        let (sender, queue) = mpsc::channel(limits::SUBSCRIBER_QUEUE);
        let subscriber = Arc::new(Subscriber {
            id: self.next_id.fetch_add(1, Ordering::Relaxed),
            pattern: pattern.path(),
            namespace: pattern.namespace().to_owned(),
            queue: Mutex::new(Some(sender)),
            end_reason: Mutex::default(),
        });
        let mut state = self.state.write();
        if !state.namespaces.contains(&subscriber.namespace) {
            return Err(Error::Deleted);
        }
        state.by_pattern.entry(subscriber.pattern.clone()).or_default().push(subscriber.clone());
        Ok(Subscription { hub: self.clone(), subscriber, queue, finished: false })
    }

    /// Sends events, in order, to everybody who is subscribed to the channel or to what is above it; to how many.
    pub(crate) fn publish(&self, channel: &Channel, events: &[Bytes]) -> usize {
        let subscribers: Vec<Arc<Subscriber>> = {
            let state = self.state.read();
            let patterns = channel.patterns();
            patterns.iter().filter_map(|pattern| state.by_pattern.get(pattern)).flatten().cloned().collect()
        };
        let (reached, lost): (Vec<_>, Vec<_>) =
            subscribers.into_iter().partition(|subscriber| events.iter().all(|event| subscriber.send(event.clone())));
        lost.iter().for_each(|subscriber| self.remove(subscriber));
        reached.len()
    }

    fn remove(&self, subscriber: &Subscriber) {
        let mut state = self.state.write();
        let Some(all) = state.by_pattern.get_mut(&subscriber.pattern) else { return };
        all.retain(|other| other.id != subscriber.id);
        if all.is_empty() {
            state.by_pattern.remove(&subscriber.pattern);
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.state.read().by_pattern.values().map(Vec::len).sum()
    }
}

impl Subscriber {
    /// Queues an event; false where the subscription has ended, or ends now because its queue is full.
    fn send(&self, event: Bytes) -> bool {
        let sent = match &*self.queue.lock() {
            Some(queue) => queue.try_send(event),
            None => return false,
        };
        match sent {
            Ok(()) => true,
            Err(TrySendError::Closed(_)) => false,
            Err(TrySendError::Full(_)) => {
                tracing::warn!(channel = self.pattern, "a subscriber is too slow and was let go");
                self.end(Error::TooSlow(limits::SUBSCRIBER_QUEUE));
                false
            }
        }
    }

    /// Ends the subscription once its queue is drained.
    fn end(&self, reason: Error) {
        let mut queue = self.queue.lock();
        if queue.is_some() {
            // Before the queue goes: whoever waits at its other end asks for the reason as soon as it is gone.
            *self.end_reason.lock() = Some(reason);
            *queue = None;
        }
    }
}

impl Subscription {
    /// The next delivery; `None` after the end.
    pub async fn next(&mut self) -> Option<Delivery> {
        if self.finished {
            return None;
        }
        if let Some(event) = self.queue.recv().await {
            return Some(Delivery::Event(event));
        }
        self.finished = true;
        self.subscriber.end_reason.lock().clone().map(Delivery::Ended)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.remove(&self.subscriber);
    }
}
