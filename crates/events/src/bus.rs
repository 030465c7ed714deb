//! The bus: rules, targets, and the lanes in which events are delivered.
//!
//! Events of one source about one resource are delivered in the order in which they were sent, first tries only;
//! others side by side. Retries happen beside the lanes, so one failing target holds nobody up.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::{
    StreamExt,
    future::{self, BoxFuture},
    stream,
};
use parking_lot::RwLock;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::{DEFAULT_BUS, Delivery, DeliveryError, Error, Event, Rule, Target, event::iso_seconds};

/// Lanes side by side.
const LANES: usize = 16;
/// Failed deliveries that may be under way to their retries.
const RETRIES: usize = 1024;

/// Time, identifiers and timers of whoever runs the bus.
pub trait Environment: Send + Sync + 'static {
    /// Milliseconds since the epoch.
    fn now_millis(&self) -> i64;
    /// A new UUID.
    fn uuid(&self) -> String;
    /// Completes after `duration`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// What is the same for every event of a bus.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Twelve digits.
    pub account: String,
    /// For example `us-east-1`.
    pub region: String,
    /// Events that may wait in one lane.
    pub lane_capacity: usize,
}

/// One of the futures that the bus lives by: all must be run, each may be spawned on its own. They end when the last
/// clone of the bus is gone and what was sent is delivered.
pub type Task = BoxFuture<'static, ()>;

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Targets of the rules that matched.
    pub targets: usize,
    /// How many of them succeeded at the first try; the others are retried or counted as dead letters.
    pub delivered: usize,
}

/// Counts since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    /// Events taken.
    pub events: u64,
    /// Successful invocations of targets.
    pub delivered: u64,
    /// Tries after the first.
    pub retries: u64,
    /// Deliveries given up.
    pub dead_letters: u64,
}

/// An event bus, or rather all buses of one account. Clones are the same bus.
#[derive(Clone)]
pub struct Bus {
    pub(crate) state: Arc<State>,
    lanes: Arc<[mpsc::Sender<Sent>]>,
    failed: mpsc::Sender<Failed>,
}

/// What the bus and its tasks share.
pub(crate) struct State {
    pub(crate) environment: Arc<dyn Environment>,
    pub(crate) counters: Counters,
    settings: Settings,
    rules: RwLock<Vec<Arc<Rule>>>,
    targets: RwLock<HashMap<String, Arc<dyn Target>>>,
    buses: RwLock<Vec<String>>,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) events: AtomicU64,
    pub(crate) delivered: AtomicU64,
    pub(crate) retries: AtomicU64,
    pub(crate) dead_letters: AtomicU64,
}

/// An event in a lane, and whoever waits until its targets have been tried.
pub(crate) struct Sent {
    event: Event,
    done: Option<oneshot::Sender<Published>>,
}

type Failed = (Delivery, DeliveryError);

impl Bus {
    /// A bus, and the tasks that must run for it to deliver anything.
    pub fn new(settings: Settings, environment: Arc<dyn Environment>) -> (Self, Vec<Task>) {
        let capacity = settings.lane_capacity.max(1);
        let state = Arc::new(State {
            environment,
            counters: Counters::default(),
            settings,
            rules: RwLock::default(),
            targets: RwLock::default(),
            buses: RwLock::new(vec![DEFAULT_BUS.to_owned()]),
        });
        let (failed, retries) = mpsc::channel(RETRIES);
        let mut tasks: Vec<Task> = vec![Box::pin(run_retries(Arc::clone(&state), retries))];
        let mut lanes = Vec::with_capacity(LANES);
        for _ in 0..LANES {
            let (sender, lane) = mpsc::channel(capacity);
            lanes.push(sender);
            tasks.push(Box::pin(run_lane(Arc::clone(&state), lane, failed.clone())));
        }
        (Self { state, lanes: lanes.into(), failed }, tasks)
    }

    /// Adds a custom bus.
    pub fn add_bus(&self, name: &str) {
        let mut buses = self.state.buses.write();
        if !buses.iter().any(|bus| bus == name) {
            buses.push(name.to_owned());
        }
    }

    /// Adds a rule, replacing the one of the same name on the same bus.
    ///
    /// # Errors
    /// [`Error::NoSuchBus`].
    pub fn put_rule(&self, rule: Rule) -> Result<(), Error> {
        self.state.check_bus(rule.bus())?;
        let same = |other: &Rule| other.definition.name == rule.definition.name && other.bus() == rule.bus();
        let mut rules = self.state.rules.write();
        rules.retain(|other| !same(other));
        rules.push(Arc::new(rule));
        Ok(())
    }

    /// Removes a rule; `false` if there was none.
    pub fn delete_rule(&self, bus: &str, name: &str) -> bool {
        let mut rules = self.state.rules.write();
        let before = rules.len();
        rules.retain(|rule| rule.definition.name != name || rule.bus() != bus);
        rules.len() < before
    }

    /// All rules, in the order in which they were put.
    pub fn rules(&self) -> Vec<Arc<Rule>> {
        self.state.rules.read().clone()
    }

    /// Whether a rule of the default bus listens to an event, given in its JSON form, and has a target for it.
    pub fn is_heard(&self, event: &Value) -> bool {
        let rules = self.state.rules.read();
        rules.iter().any(|rule| !rule.definition.targets.is_empty() && rule.listens(DEFAULT_BUS, event))
    }

    /// Sends everything whose ARN begins with `arn_prefix` to `target`; the longest prefix wins.
    pub fn register_target(&self, arn_prefix: impl Into<String>, target: Arc<dyn Target>) {
        self.state.targets.write().insert(arn_prefix.into(), target);
    }

    /// An event of this account and region, now, on the default bus.
    pub fn event(
        &self,
        source: impl Into<String>,
        detail_type: impl Into<String>,
        resources: Vec<String>,
        detail: Value,
    ) -> Event {
        Event {
            version: "0".to_owned(),
            id: self.state.environment.uuid(),
            detail_type: detail_type.into(),
            source: source.into(),
            account: self.state.settings.account.clone(),
            time: iso_seconds(self.state.environment.now_millis()),
            region: self.state.settings.region.clone(),
            resources,
            detail,
            bus: DEFAULT_BUS.to_owned(),
        }
    }

    /// Sends `event` and waits until every target of every matching rule has been tried once.
    ///
    /// Not to be awaited inside [`Target::deliver`]: the event could be of the lane that is being delivered.
    ///
    /// # Errors
    /// [`Error::NoSuchBus`]; [`Error::Closed`] when the tasks of the bus have ended.
    pub async fn publish(&self, event: Event) -> Result<Published, Error> {
        self.state.check_bus(&event.bus)?;
        let (done, published) = oneshot::channel();
        let lane = self.lane_of(&event);
        lane.send(Sent { event, done: Some(done) }).await.map_err(|_| Error::Closed)?;
        published.await.map_err(|_| Error::Closed)
    }

    /// Delivers an event without a lane: it is in no order with others, and a target may wait for it.
    pub(crate) async fn deliver_now(&self, event: Event) -> Result<(), Error> {
        self.state.check_bus(&event.bus)?;
        deliver(&self.state, &self.failed, event).await;
        Ok(())
    }

    /// Counts since the start.
    pub fn statistics(&self) -> Statistics {
        let Counters { events, delivered, retries, dead_letters } = &self.state.counters;
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Statistics {
            events: get(events),
            delivered: get(delivered),
            retries: get(retries),
            dead_letters: get(dead_letters),
        }
    }

    fn lane_of(&self, event: &Event) -> &mpsc::Sender<Sent> {
        let mut hasher = DefaultHasher::new();
        (&event.source, event.resources.first()).hash(&mut hasher);
        let lanes = self.lanes.len() as u64;
        &self.lanes[usize::try_from(hasher.finish() % lanes).expect("fewer lanes than a usize can count")]
    }
}

impl State {
    pub(crate) fn check_bus(&self, name: &str) -> Result<(), Error> {
        match self.buses.read().iter().any(|bus| bus == name) {
            true => Ok(()),
            false => Err(Error::NoSuchBus(name.to_owned())),
        }
    }

    /// The target with the longest prefix of `arn`.
    pub(crate) fn target_of(&self, arn: &str) -> Option<Arc<dyn Target>> {
        let targets = self.targets.read();
        let fitting = targets.iter().filter(|(prefix, _)| arn.starts_with(prefix.as_str()));
        fitting.max_by_key(|(prefix, _)| prefix.len()).map(|(_, target)| Arc::clone(target))
    }

    /// The deliveries that `event` asks for. An input that cannot be made is a dead letter at once.
    fn deliveries(&self, event: Event) -> Vec<Delivery> {
        let ingested = iso_seconds(self.environment.now_millis());
        let (json, event) = (event.to_json(), Arc::new(event));
        let rules: Vec<_> = self.rules.read().iter().filter(|rule| rule.matches(&event, &json)).cloned().collect();
        let mut deliveries = Vec::new();
        for rule in rules {
            for target_index in 0..rule.definition.targets.len() {
                let input = rule.input_of(target_index, &event, &json, &ingested);
                let (event, rule) = (Arc::clone(&event), Arc::clone(&rule));
                match input {
                    Ok(input) => deliveries.push(Delivery { event, rule, target_index, input }),
                    Err(reason) => Delivery { event, rule, target_index, input: Value::Null }
                        .dead_letter(self, &DeliveryError::permanent(reason)),
                }
            }
        }
        deliveries
    }
}

/// Delivers the events of one lane one after the other; the targets of one event side by side.
async fn run_lane(state: Arc<State>, mut lane: mpsc::Receiver<Sent>, failed: mpsc::Sender<Failed>) {
    while let Some(Sent { event, done }) = lane.recv().await {
        let published = deliver(&state, &failed, event).await;
        if let Some(done) = done {
            // Who no longer waits has no use for the answer.
            let _ = done.send(published);
        }
    }
}

/// Tries every target of an event once; what fails is tried again beside.
async fn deliver(state: &State, failed: &mpsc::Sender<Failed>, event: Event) -> Published {
    state.counters.events.fetch_add(1, Ordering::Relaxed);
    let deliveries = state.deliveries(event);
    let tries = future::join_all(deliveries.iter().map(|delivery| delivery.attempt(state))).await;
    let published =
        Published { targets: deliveries.len(), delivered: tries.iter().filter(|tried| tried.is_ok()).count() };
    for (delivery, tried) in deliveries.into_iter().zip(tries) {
        if let Err(error) = tried {
            try_later(state, failed, delivery, error);
        }
    }
    published
}

fn try_later(state: &State, failed: &mpsc::Sender<Failed>, delivery: Delivery, error: DeliveryError) {
    if !error.retryable {
        return delivery.dead_letter(state, &error);
    }
    if let Err(refused) = failed.try_send((delivery, error)) {
        let (delivery, error) = refused.into_inner();
        delivery.dead_letter(state, &error);
    }
}

async fn run_retries(state: Arc<State>, mut failed: mpsc::Receiver<Failed>) {
    let failures = stream::poll_fn(move |context| failed.poll_recv(context));
    failures.for_each_concurrent(RETRIES, |(delivery, error)| delivery.retry(&state, error)).await;
}
