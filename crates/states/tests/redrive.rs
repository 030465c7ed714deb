//! RedriveExecution, forks (`forks`) and replays under other definitions (`replays`). No recording of it is at hand: what is asserted follows the developer guide, "Redriving executions".

mod forks;
mod replays;
mod support;

use std::sync::Arc;

use aws_protocol::Directory;
use clock::{Clock, SimulatedClock};
use serde_json::{Value, json};
use support::{Bench, START, settle, text};

const ACTIVITY: &str = "arn:aws:states:us-east-1:111111111111:activity:Pack";

/// A Task for the activity, with one retry, and after it the end.
fn pack() -> Value {
    json!({
        "Type": "Task",
        "Resource": ACTIVITY,
        "Retry": [{ "ErrorEquals": ["Once"], "IntervalSeconds": 1, "MaxAttempts": 1 }],
        "End": true,
    })
}

fn one_task() -> Value {
    let before = json!({ "Type": "Pass", "Result": { "a": 1 }, "Next": "Pack" });
    json!({ "StartAt": "Before", "States": { "Before": before, "Pack": pack() } })
}

async fn bench() -> Bench {
    let bench = Bench::new().await;
    bench.ok("CreateActivity", json!({ "name": "Pack" })).await;
    bench
}

/// Takes the activity's next task; answers its token and input.
async fn take(bench: &Bench) -> (String, String) {
    let task = bench.call_over_time("GetActivityTask", json!({ "activityArn": ACTIVITY })).await.expect("a poll");
    (text(&task["taskToken"]), text(&task["input"]))
}

async fn fail(bench: &Bench, error: &str) {
    let (token, _) = take(bench).await;
    bench.ok("SendTaskFailure", json!({ "taskToken": token, "error": error })).await;
}

async fn redrive(bench: &Bench, execution: &str) -> Value {
    bench.ok("RedriveExecution", json!({ "executionArn": execution })).await
}

async fn describe(bench: &Bench, execution: &str) -> Value {
    bench.ok("DescribeExecution", json!({ "executionArn": execution })).await
}

#[tokio::test(start_paused = true)]
async fn only_the_failed_state_is_done_again_with_all_its_retries() {
    let bench = bench().await;
    let machine = bench.machine("Orders", one_task()).await;
    let execution = bench.start(&machine, "e", "{}").await;
    fail(&bench, "Once").await;
    fail(&bench, "Once").await;
    let failed = bench.finish(&execution).await;
    assert_eq!((&failed["status"], &failed["redriveStatus"]), (&json!("FAILED"), &json!("REDRIVABLE")));
    let redriven = redrive(&bench, &execution).await;
    let running = describe(&bench, &execution).await;
    assert_eq!((&running["status"], &running["redriveCount"]), (&json!("RUNNING"), &json!(1)));
    assert_eq!(running["redriveDate"], redriven["redriveDate"]);
    assert!(running["stopDate"].is_null() && running["error"].is_null(), "{running}");
    fail(&bench, "Once").await;
    let (token, input) = take(&bench).await;
    assert_eq!(input, r#"{"a":1}"#);
    bench.ok("SendTaskSuccess", json!({ "taskToken": token, "output": "7" })).await;
    let ended = bench.finish(&execution).await;
    assert_eq!((&ended["status"], &ended["output"]), (&json!("SUCCEEDED"), &json!("7")));
    let types = bench.event_types(&execution).await;
    let since: Vec<&str> =
        types.iter().map(String::as_str).skip_while(|kind| *kind != "ExecutionFailed").skip(1).collect();
    let expected = [
        "ExecutionRedriven",
        "ActivityScheduled",
        "ActivityStarted",
        "ActivityFailed",
        "ActivityScheduled",
        "ActivityStarted",
        "ActivitySucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ];
    assert_eq!(since, expected);
    settle().await;
    let statuses: Vec<String> = bench.events.0.lock().iter().map(|event| text(&event["detail"]["status"])).collect();
    assert_eq!(statuses, ["RUNNING", "FAILED", "RUNNING", "SUCCEEDED"]);
    let listed = async |filter: &str| {
        let input = json!({ "stateMachineArn": machine, "redriveFilter": filter });
        bench.ok("ListExecutions", input).await["executions"].as_array().expect("a list").len()
    };
    assert_eq!((listed("REDRIVEN").await, listed("NOT_REDRIVEN").await), (1, 0));
    let failed = json!({ "stateMachineArn": machine, "statusFilter": "FAILED" });
    assert_eq!(bench.ok("ListExecutions", failed).await["executions"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn branches_and_iterations_that_succeeded_are_not_done_again() {
    let bench = bench().await;
    let inner = json!({ "StartAt": "Pack", "States": { "Pack": pack() } });
    let map = json!({ "Type": "Map", "MaxConcurrency": 1, "ItemsPath": "$", "ItemProcessor": inner, "End": true });
    let branches = json!([
        { "StartAt": "Quick", "States": { "Quick": { "Type": "Pass", "Result": "quick", "End": true } } },
        { "StartAt": "Slow", "States": { "Slow": { "Type": "Wait", "Seconds": 5, "Next": "Each" }, "Each": map } },
    ]);
    let both = json!({ "Type": "Parallel", "Branches": branches, "End": true });
    let machine = bench.machine("Orders", json!({ "StartAt": "Both", "States": { "Both": both } })).await;
    let execution = bench.start(&machine, "e", "[1, 2, 3]").await;
    let mut worked = Vec::new();
    let mut succeed = async || {
        let (token, input) = take(&bench).await;
        bench.ok("SendTaskSuccess", json!({ "taskToken": token, "output": format!("{input}0") })).await;
        worked.push(input);
    };
    succeed().await;
    fail(&bench, "Broken").await;
    assert_eq!(bench.finish(&execution).await["status"], "FAILED");
    redrive(&bench, &execution).await;
    succeed().await;
    succeed().await;
    let ended = bench.finish(&execution).await;
    assert_eq!(ended["output"], r#"["quick",[10,20,30]]"#);
    assert_eq!(worked, ["1", "2", "3"]);
    let types = bench.event_types(&execution).await;
    let count = |kind: &str| types.iter().filter(|found| *found == kind).count();
    assert_eq!((count("PassStateEntered"), count("WaitStateEntered"), count("MapStateStarted")), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_stopped_wait_and_a_fail_state_are_redriven_too() {
    let bench = bench().await;
    let wait = json!({ "Type": "Wait", "Seconds": 60, "Next": "Broken" });
    let broken = json!({ "Type": "Fail", "Error": "Broken" });
    let machine = bench.machine("Orders", json!({ "StartAt": "W", "States": { "W": wait, "Broken": broken } })).await;
    let execution = bench.start(&machine, "e", "{}").await;
    bench.ok("StopExecution", json!({ "executionArn": execution })).await;
    redrive(&bench, &execution).await;
    assert_eq!(bench.finish(&execution).await["status"], "FAILED");
    redrive(&bench, &execution).await;
    let ended = bench.finish(&execution).await;
    assert_eq!((&ended["status"], &ended["redriveCount"]), (&json!("FAILED"), &json!(2)));
    let expected = [
        "ExecutionStarted",
        "WaitStateEntered",
        "ExecutionAborted",
        "ExecutionRedriven",
        "WaitStateExited",
        "FailStateEntered",
        "ExecutionFailed",
        "ExecutionRedriven",
        "FailStateEntered",
        "ExecutionFailed",
    ];
    assert_eq!(bench.event_types(&execution).await, expected);
    settle().await;
    let statuses: Vec<String> = bench.events.0.lock().iter().map(|event| text(&event["detail"]["status"])).collect();
    assert_eq!(statuses, ["RUNNING", "ABORTED", "RUNNING", "FAILED", "RUNNING", "FAILED"]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_redriven_says_why_and_a_token_redrives_once() {
    let bench = bench().await;
    let machine = bench.machine("Orders", one_task()).await;
    let execution = bench.start(&machine, "e", "{}").await;
    let refused = async || bench.refused("RedriveExecution", json!({ "executionArn": execution })).await;
    let because = |reason: &str| ("ExecutionNotRedrivable".to_owned(), reason.to_owned());
    assert_eq!(refused().await, because("Execution is RUNNING and cannot be redriven"));
    fail(&bench, "Broken").await;
    bench.finish(&execution).await;
    let input = json!({ "executionArn": execution, "clientToken": "t" });
    let first = bench.ok("RedriveExecution", input.clone()).await;
    assert_eq!(bench.ok("RedriveExecution", input).await, first);
    assert_eq!(describe(&bench, &execution).await["redriveCount"], 1);
    fail(&bench, "Broken").await;
    bench.finish(&execution).await;
    let other = bench.machine("Other", json!({ "StartAt": "F", "States": { "F": { "Type": "Fail" } } })).await;
    let orphan = bench.start(&other, "e", "{}").await;
    bench.finish(&orphan).await;
    bench.ok("DeleteStateMachine", json!({ "stateMachineArn": other })).await;
    let of_orphan = bench.refused("RedriveExecution", json!({ "executionArn": orphan })).await;
    assert_eq!(of_orphan, because("State machine is in DELETING status"));
    bench.clock.advance_to(bench.clock.now().plus_seconds(14 * 24 * 3600 + 1));
    assert_eq!(refused().await, because("Execution redrivable period exceeded"));
    let described = describe(&bench, &execution).await;
    assert_eq!(described["redriveStatusReason"], "Execution redrivable period exceeded");
}

#[tokio::test(start_paused = true)]
async fn a_redriven_execution_outlives_the_process() {
    let store = Arc::new(store::MemoryStore::new());
    let clock = SimulatedClock::new(START, 7);
    let first = Bench::open(store.clone(), clock.clone(), Directory::default()).await;
    first.ok("CreateActivity", json!({ "name": "Pack" })).await;
    let machine = first.machine("Orders", one_task()).await;
    let execution = first.start(&machine, "e", "{}").await;
    fail(&first, "Broken").await;
    first.finish(&execution).await;
    first.engine.shutdown().await;

    let second = Bench::open(store.clone(), clock.clone(), Directory::default()).await;
    redrive(&second, &execution).await;
    second.engine.shutdown().await;

    let third = Bench::open(store, clock, Directory::default()).await;
    let (token, _) = take(&third).await;
    third.ok("SendTaskSuccess", json!({ "taskToken": token, "output": "1" })).await;
    assert_eq!(third.finish(&execution).await["status"], "SUCCEEDED");
}
