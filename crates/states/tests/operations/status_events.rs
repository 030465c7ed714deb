//! Status events as EventBridge gets them, against the examples of the Step Functions developer guide.

use std::sync::Arc;

use aws_protocol::{BoxFuture, Directory, Partition, Service};
use clock::SimulatedClock;
use serde_json::{Value, json};
use states::{Config, Engine, EventSink, Limits, interpreter::Bounds};
use store::{FaultyStore, MemoryStore};

use crate::{
    pass,
    support::{Bench, ROLE, START, caller, settle, text},
    wait,
};

async fn last_detail(bench: &Bench) -> Value {
    settle().await;
    bench.events.0.lock().last().expect("an event")["detail"].clone()
}

#[tokio::test(start_paused = true)]
async fn ends_without_success_say_that_they_are_redrivable() {
    let bench = Bench::new().await;
    let fail = json!({ "StartAt": "F", "States": { "F": { "Type": "Fail", "Error": "E", "Cause": "C" } } });
    let mut slow = wait(60);
    slow["TimeoutSeconds"] = 1.into();
    for (name, definition, status, error) in
        [("failed", fail, "FAILED", json!("E")), ("slow", slow, "TIMED_OUT", json!("States.Timeout"))]
    {
        let machine = bench.machine(name, definition).await;
        let execution = bench.start(&machine, "e", "{}").await;
        bench.finish(&execution).await;
        let detail = last_detail(&bench).await;
        assert_eq!((&detail["status"], &detail["error"]), (&json!(status), &error));
        assert_eq!(detail["redriveStatus"], "REDRIVABLE");
        assert_eq!(detail["redriveStatusReason"], format!("Execution is {status} and is redrivable"));
        assert_eq!((&detail["output"], &detail["outputDetails"]), (&Value::Null, &Value::Null));
    }
}

#[tokio::test(start_paused = true)]
async fn data_that_eventbridge_does_not_take_is_left_out() {
    let bounds = Bounds { payload_bytes: 1 << 20, ..Bounds::default() };
    let bench = Bench::limited(Limits { bounds, ..Limits::default() }).await;
    let machine = bench.machine("m", pass()).await;
    // Bytes of input and output, which are the same here, and whether each is there.
    for (bytes, input, output) in [(100_000, true, true), (150_000, false, true), (254_000, false, false)] {
        let data = json!("x".repeat(bytes)).to_string();
        let execution = bench.start(&machine, &bytes.to_string(), &data).await;
        bench.finish(&execution).await;
        let detail = last_detail(&bench).await;
        assert_eq!(detail["inputDetails"]["included"], input, "{bytes}");
        assert_eq!(detail["outputDetails"]["included"], output, "{bytes}");
        assert_eq!((detail["input"].is_string(), detail["output"].is_string()), (input, output), "{bytes}");
    }
}

/// A bus without a rule.
struct Nobody;

impl EventSink for Nobody {
    fn wants(&self, _event: &Value) -> bool {
        false
    }

    fn deliver(&self, event: Value) -> BoxFuture<'_, Result<(), String>> {
        panic!("nobody wants {event}")
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_nobody_wants_is_not_written() {
    let store = FaultyStore::new(Arc::new(MemoryStore::new()));
    let config = Config { partition: Partition::new("us-east-1", "111111111111"), limits: Limits::default() };
    let clock = Arc::new(SimulatedClock::new(START, 7));
    let engine = Engine::open(config, Arc::new(store.clone()), clock, Directory::default(), Arc::new(Nobody));
    let engine = engine.await.expect("memory");
    engine.recover().await.expect("memory");
    let input = json!({ "name": "m", "definition": pass().to_string(), "roleArn": ROLE });
    let machine = text(&engine.call("CreateStateMachine", input, &caller()).await.expect("valid")["stateMachineArn"]);
    let before = store.commits();
    engine.call("StartExecution", json!({ "stateMachineArn": machine }), &caller()).await.expect("a start");
    settle().await;
    assert_eq!(store.commits() - before, 1, "the execution's only step, and no event to remove");
}
