//! AWS's quotas, and the settings that lift them.

use std::sync::Arc;

use aws_protocol::Directory;
use clock::SimulatedClock;
use serde_json::{Value, json};
use states::{Limits, Quota, Quotas, interpreter::Bounds};
use store::MemoryStore;

use crate::{
    pass,
    support::{Bench, ROLE, START},
    wait,
};

fn bounded(bounds: Bounds) -> Limits {
    Limits { bounds, ..Limits::default() }
}

/// A text of so many bytes as JSON.
fn payload(bytes: usize) -> String {
    json!("x".repeat(bytes - 2)).to_string()
}

#[tokio::test(start_paused = true)]
async fn payloads_have_a_limit_that_can_be_lifted() {
    let large = payload(300_000);
    let strict = Bench::new().await;
    let machine = strict.machine("m", pass()).await;
    let start = json!({ "stateMachineArn": machine, "input": large });
    let (code, message) = strict.refused("StartExecution", start.clone()).await;
    assert_eq!(code, "ValidationException");
    assert!(message.ends_with("Member must have length less than or equal to 262144"), "{message}");

    let lifted = Bench::limited(bounded(Bounds { payload_bytes: 1 << 20, ..Bounds::default() })).await;
    lifted.machine("m", pass()).await;
    let execution = lifted.ok("StartExecution", start).await["executionArn"].as_str().expect("an ARN").to_owned();
    assert_eq!(lifted.finish(&execution).await["output"].as_str().map(str::len), Some(300_000));
}

#[tokio::test(start_paused = true)]
async fn an_execution_keeps_the_bounds_it_started_under() {
    let (store, clock) = (MemoryStore::new(), SimulatedClock::new(START, 7));
    let open =
        async |limits| Bench::open_limited(Arc::new(store.clone()), clock.clone(), Directory::default(), limits).await;
    let bench = open(bounded(Bounds { payload_bytes: 1 << 20, ..Bounds::default() })).await;
    let machine = bench.machine("m", wait(60)).await;
    let execution = bench.start(&machine, "e", &payload(300_000)).await;
    bench.engine.shutdown().await;
    let bench = open(Limits::default()).await;
    assert_eq!(bench.finish(&execution).await["status"], "SUCCEEDED");
}

#[tokio::test(start_paused = true)]
async fn each_resource_has_its_exception() {
    let limits = Limits { state_machines: 1, activities: 1, open_executions: 1, tags: 1, ..Limits::default() };
    let bench = Bench::limited(limits).await;
    let machine = bench.machine("m", wait(60)).await;
    bench.start(&machine, "a", "{}").await;
    bench.ok("CreateActivity", json!({ "name": "a" })).await;
    let definition = Value::from(pass().to_string());
    let two_tags = json!([{ "key": "a", "value": "" }, { "key": "b", "value": "" }]);
    let cases = [
        ("StartExecution", json!({ "stateMachineArn": machine, "name": "b" }), "ExecutionLimitExceeded"),
        (
            "CreateStateMachine",
            json!({ "name": "n", "definition": definition, "roleArn": ROLE }),
            "StateMachineLimitExceeded",
        ),
        ("CreateActivity", json!({ "name": "b" }), "ActivityLimitExceeded"),
        ("TagResource", json!({ "resourceArn": machine, "tags": two_tags }), "TooManyTags"),
    ];
    for (operation, input, code) in cases {
        assert_eq!(bench.refused(operation, input).await.0, code, "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn operations_are_throttled_where_they_have_a_quota() {
    let quotas = Quotas([("StartExecution".to_owned(), Quota { rate: 1, burst: 2 })].into());
    let bench = Bench::limited(Limits { quotas, ..Limits::default() }).await;
    let machine = bench.machine("m", pass()).await;
    let start = json!({ "stateMachineArn": machine });
    for _ in 0..2 {
        bench.ok("StartExecution", start.clone()).await;
    }
    let error = bench.call("StartExecution", start.clone()).await.expect_err("the bucket is empty");
    assert_eq!((&*error.code, &*error.message, error.status), ("ThrottlingException", "Rate exceeded", 400));
    bench.clock.advance_millis(1_000);
    bench.ok("StartExecution", start).await;
    let express = json!({ "name": "x", "definition": pass().to_string(), "roleArn": ROLE, "type": "EXPRESS" });
    let express = bench.ok("CreateStateMachine", express).await["stateMachineArn"].clone();
    for _ in 0..5 {
        bench.ok("StartExecution", json!({ "stateMachineArn": express })).await;
    }
}
