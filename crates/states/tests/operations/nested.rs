//! A `.sync` task that is aborted takes its child execution along.

use std::sync::Arc;

use aws_protocol::Directory;
use clock::SimulatedClock;
use serde_json::{Value, json};
use store::{Fault, FaultyStore, MemoryStore};

use crate::{
    support::{Bench, START, settle, text},
    wait,
};

/// Starts the machine `child` and awaits it.
fn child_task(further: Value) -> Value {
    let mut task = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": { "StateMachineArn": "arn:aws:states:us-east-1:111111111111:stateMachine:child" },
        "End": true,
    });
    task.as_object_mut().expect("an object").extend(further.as_object().expect("an object").clone());
    json!({ "StartAt": "Child", "States": { "Child": task } })
}

/// Beside the child, a branch that fails after a second.
fn failing_parallel() -> Value {
    json!({ "StartAt": "Both", "States": { "Both": { "Type": "Parallel", "End": true, "Branches": [
        child_task(json!({})),
        { "StartAt": "W", "States": {
            "W": { "Type": "Wait", "Seconds": 1, "Next": "F" }, "F": { "Type": "Fail", "Error": "Broken" } } },
    ] } } })
}

async fn start(bench: &Bench, definition: Value) -> String {
    bench.machine("child", wait(60)).await;
    let parent = bench.machine("parent", definition).await;
    let execution = bench.start(&parent, "e", "{}").await;
    settle().await;
    execution
}

/// The statuses of all children.
async fn children(bench: &Bench) -> Vec<String> {
    let machine = "arn:aws:states:us-east-1:111111111111:stateMachine:child";
    let listed = bench.ok("ListExecutions", json!({ "stateMachineArn": machine })).await;
    listed["executions"].as_array().expect("a list").iter().map(|child| text(&child["status"])).collect()
}

#[tokio::test(start_paused = true)]
async fn stopping_an_execution_stops_its_child() {
    let bench = Bench::new().await;
    let execution = start(&bench, child_task(json!({}))).await;
    assert_eq!(children(&bench).await, ["RUNNING"]);
    bench.ok("StopExecution", json!({ "executionArn": execution })).await;
    settle().await;
    assert_eq!(children(&bench).await, ["ABORTED"]);
}

#[tokio::test(start_paused = true)]
async fn a_failing_branch_stops_the_child_of_another() {
    let bench = Bench::new().await;
    let execution = start(&bench, failing_parallel()).await;
    assert_eq!(bench.finish(&execution).await["error"], "Broken");
    settle().await;
    assert_eq!(children(&bench).await, ["ABORTED"]);
}

#[tokio::test(start_paused = true)]
async fn a_time_out_is_no_abortion() {
    for definition in [child_task(json!({ "TimeoutSeconds": 5 })), {
        let mut machine = child_task(json!({}));
        machine["TimeoutSeconds"] = 5.into();
        machine
    }] {
        let bench = Bench::new().await;
        let execution = start(&bench, definition).await;
        assert_ne!(bench.finish(&execution).await["status"], "RUNNING");
        settle().await;
        assert_eq!(children(&bench).await, ["RUNNING"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_child_is_stopped_after_a_crash_too() {
    let memory = MemoryStore::new();
    let clock = SimulatedClock::new(START, 7);
    let store = FaultyStore::new(Arc::new(memory.clone()));
    let bench = Bench::open(Arc::new(store.clone()), clock.clone(), Directory::default()).await;
    let execution = start(&bench, child_task(json!({}))).await;
    // The parent's end is the last thing that becomes durable.
    store.fail_at(store.commits() + 1, Fault::CutAfter);
    bench.call("StopExecution", json!({ "executionArn": execution })).await.expect_err("a crash");
    bench.engine.shutdown().await;

    let bench = Bench::open(Arc::new(memory.clone()), clock.clone(), Directory::default()).await;
    settle().await;
    let described = bench.ok("DescribeExecution", json!({ "executionArn": execution })).await;
    assert_eq!(described["status"], "ABORTED");
    assert_eq!(children(&bench).await, ["ABORTED"]);
}
