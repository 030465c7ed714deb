//! An engine in a test's hands: memory for a store, a clock that moves when told to, and the events it sends.
//!
//! Tests run on one thread with tokio's time paused, so that "nothing is left to do" can be waited for.

#![allow(dead_code, reason = "each test target uses its own part")]

use std::{sync::Arc, time::Duration};

use aws_protocol::{BoxFuture, Caller, Directory, Partition, Service, ServiceError};
use clock::{SimulatedClock, Timestamp};
use parking_lot::Mutex;
use serde_json::{Value, json};
use states::{Config, Engine, EventSink, Limits, Retention};
use store::Store;

/// 2026-01-01T00:00:00.123Z.
pub(crate) const START: Timestamp = Timestamp(1_767_225_600_123);

/// See the module's header.
pub(crate) struct Bench {
    pub(crate) engine: Engine,
    pub(crate) clock: SimulatedClock,
    pub(crate) services: Directory,
    pub(crate) events: Arc<Collected>,
}

/// Events that were delivered.
#[derive(Default)]
pub(crate) struct Collected(pub(crate) Mutex<Vec<Value>>);

impl EventSink for Collected {
    fn deliver(&self, event: Value) -> BoxFuture<'_, Result<(), String>> {
        self.0.lock().push(event);
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Bench {
    /// An engine with a store, a clock and a directory of its own.
    pub(crate) async fn new() -> Self {
        let clock = SimulatedClock::new(START, 7);
        Self::open(Arc::new(store::MemoryStore::new()), clock, Directory::default()).await
    }

    /// An engine of its own with bounds of the test's.
    pub(crate) async fn limited(limits: Limits) -> Self {
        let clock = SimulatedClock::new(START, 7);
        Self::open_limited(Arc::new(store::MemoryStore::new()), clock, Directory::default(), limits).await
    }

    /// An engine on what a test brings; it is registered as `states`.
    pub(crate) async fn open(store: Arc<dyn Store>, clock: SimulatedClock, services: Directory) -> Self {
        Self::open_limited(store, clock, services, unlimited()).await
    }

    /// The same with bounds of the test's own.
    pub(crate) async fn open_limited(
        store: Arc<dyn Store>,
        clock: SimulatedClock,
        services: Directory,
        limits: Limits,
    ) -> Self {
        let config = Config { partition: Partition::new("us-east-1", "111111111111"), limits };
        let events = Arc::new(Collected::default());
        let engine = Engine::open(config, store, Arc::new(clock.clone()), services.clone(), events.clone());
        let engine = engine.await.expect("the store opens");
        services.register(Arc::new(engine.clone()));
        engine.recover().await.expect("the store can be read");
        Self { engine, clock, services, events }
    }

    /// Performs an operation that answers at once.
    pub(crate) async fn call(&self, operation: &str, input: Value) -> Result<Value, ServiceError> {
        self.engine.call(operation, input, &caller()).await
    }

    /// Performs an operation that succeeds at once.
    pub(crate) async fn ok(&self, operation: &str, input: Value) -> Value {
        self.call(operation, input).await.unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    /// Performs an operation that fails; answers its code and message.
    pub(crate) async fn refused(&self, operation: &str, input: Value) -> (String, String) {
        let error = self.call(operation, input).await.expect_err(operation);
        (error.code.into_owned(), error.message)
    }

    /// Performs an operation, moving time on for as long as it waits for something.
    pub(crate) async fn call_over_time(&self, operation: &str, input: Value) -> Result<Value, ServiceError> {
        let (engine, operation) = (self.engine.clone(), operation.to_owned());
        let answer = tokio::spawn(async move { engine.call(&operation, input, &caller()).await });
        loop {
            settle().await;
            if answer.is_finished() || !self.wake_next() {
                return answer.await.expect("the operation does not panic");
            }
        }
    }

    /// Makes a state machine; answers its ARN.
    pub(crate) async fn machine(&self, name: &str, definition: Value) -> String {
        let input = json!({ "name": name, "definition": definition.to_string(), "roleArn": ROLE });
        text(&self.ok("CreateStateMachine", input).await["stateMachineArn"])
    }

    /// Starts an execution; answers its ARN.
    pub(crate) async fn start(&self, machine: &str, name: &str, input: &str) -> String {
        let input = json!({ "stateMachineArn": machine, "name": name, "input": input });
        text(&self.ok("StartExecution", input).await["executionArn"])
    }

    /// Moves time on until the execution has ended; answers its description.
    pub(crate) async fn finish(&self, execution: &str) -> Value {
        loop {
            settle().await;
            let described = self.ok("DescribeExecution", json!({ "executionArn": execution })).await;
            if described["status"] != "RUNNING" {
                return described;
            }
            assert!(self.wake_next(), "{execution} waits for nothing");
        }
    }

    /// Moves time on until the execution has a task that waits for its token, or has ended.
    pub(crate) async fn wake_until_pending(&self, execution: &str) {
        loop {
            settle().await;
            let pending = self.engine.pending_tasks(execution).await.expect("a store");
            let described = self.ok("DescribeExecution", json!({ "executionArn": execution })).await;
            if !pending.is_empty() || described["status"] != "RUNNING" {
                return;
            }
            assert!(self.wake_next(), "{execution} waits for nothing");
        }
    }

    /// The types of an execution's events, in order.
    pub(crate) async fn event_types(&self, execution: &str) -> Vec<String> {
        let history = self.ok("GetExecutionHistory", json!({ "executionArn": execution, "maxResults": 1000 })).await;
        history["events"].as_array().expect("events").iter().map(|event| text(&event["type"])).collect()
    }

    /// Replays every execution there is under the definition that it ran: they must never part.
    pub(crate) async fn assert_replays(&self) {
        let machines = self.ok("ListStateMachines", json!({ "maxResults": 1000 })).await["stateMachines"].take();
        for machine in machines.as_array().expect("a list").iter().filter(|machine| machine["type"] == "STANDARD") {
            let of_machine = json!({ "stateMachineArn": machine["stateMachineArn"], "maxResults": 1000 });
            let executions = self.ok("ListExecutions", of_machine).await["executions"].take();
            for execution in executions.as_array().expect("a list") {
                let arn = text(&execution["executionArn"]);
                let machine = self.ok("DescribeStateMachineForExecution", json!({ "executionArn": arn })).await;
                let replay = self.engine.replay(&arn, machine["definition"].as_str()).await.expect("replayed");
                assert_eq!(replay.difference, None, "{arn}");
                assert_eq!(replay.replayed, replay.recorded, "{arn}");
                assert_eq!(replay.agreeing, replay.recorded.events, "{arn}");
            }
        }
    }

    /// Moves time to the next moment that somebody waits for; `false` if nobody waits.
    pub(crate) fn wake_next(&self) -> bool {
        let next = self.clock.next_wake();
        next.into_iter().for_each(|at| self.clock.advance_to(at));
        next.is_some()
    }
}

/// Executions run for ever and are kept for ever: nothing wakes but what a test has made.
fn unlimited() -> Limits {
    let retention = Retention { millis: None, per_machine: None };
    Limits { retention, execution_millis: i64::MAX, ..Limits::default() }
}

/// The role of every machine here.
pub(crate) const ROLE: &str = "arn:aws:iam::111111111111:role/states";

/// Whoever calls here.
pub(crate) fn caller() -> Caller {
    Caller::internal("111111111111", "arn:aws:iam::111111111111:user/test")
}

/// Completes when every other task of the runtime waits for something: paused time moves on only then.
#[expect(clippy::disallowed_methods, reason = "paused time: it passes at once, when there is nothing else to do")]
pub(crate) async fn settle() {
    // No time passes but the runtime's paused one, and that only once all tasks wait: this is the event "all is quiet".
    tokio::time::sleep(Duration::from_nanos(1)).await;
}

/// A JSON string's text.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}")).to_owned()
}
