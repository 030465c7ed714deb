//! Executions end after a year, and are removed some time after their end.

use std::{ops::Bound, sync::Arc};

use aws_protocol::Directory;
use clock::{Clock, SimulatedClock};
use serde_json::{Value, json};
use states::{Limits, Retention};
use store::{Fault, FaultyStore, Keyspace, MemoryStore, Store};

use crate::{
    pass,
    support::{Bench, START, settle, text},
    wait,
};

const DAY_MILLIS: i64 = 24 * 3_600_000;

/// Every keyspace in which something of an execution lies.
const KEYSPACES: [&str; 9] = [
    "states.map_run",
    "states.map_run_of",
    "states.execution",
    "states.step",
    "states.by_machine",
    "states.by_status",
    "states.open",
    "states.token",
    "states.removal",
];

/// How many records of executions there are.
fn records(store: &dyn Store) -> Vec<usize> {
    let count =
        |name| store.range(Keyspace(name), Bound::Unbounded, Bound::Unbounded, 1_000, false).expect("memory").len();
    KEYSPACES.into_iter().map(count).collect()
}

fn kept(retention: Retention) -> Limits {
    Limits { retention, ..Limits::default() }
}

async fn names(bench: &Bench, machine: &str) -> Vec<String> {
    let listed = bench.ok("ListExecutions", json!({ "stateMachineArn": machine })).await;
    listed["executions"].as_array().expect("a list").iter().map(|execution| text(&execution["name"])).collect()
}

/// An activity's task, so that there is a token, between two others.
async fn with_token(bench: &Bench) -> Value {
    let activity = text(&bench.ok("CreateActivity", json!({ "name": "pack" })).await["activityArn"]);
    let pack = json!({ "Type": "Task", "Resource": activity, "TimeoutSeconds": 5, "End": true });
    json!({ "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 1, "Next": "Pack" }, "Pack": pack } })
}

#[tokio::test(start_paused = true)]
async fn ended_executions_are_kept_for_ninety_days() {
    let store = MemoryStore::new();
    let clock = SimulatedClock::new(START, 7);
    let limits = Limits::default();
    let bench = Bench::open_limited(Arc::new(store.clone()), clock.clone(), Directory::default(), limits).await;
    let machine = bench.machine("m", with_token(&bench).await).await;
    let long = bench.machine("long", wait(200 * 24 * 3_600)).await;
    let running = bench.start(&long, "e", "{}").await;
    let execution = bench.start(&machine, "e", "{}").await;
    assert_eq!(bench.finish(&execution).await["error"], "States.Timeout");

    bench.clock.advance_millis(90 * DAY_MILLIS - 10_000);
    settle().await;
    assert_eq!(names(&bench, &machine).await, ["e"]);
    while bench.clock.now() < START.plus_millis(91 * DAY_MILLIS) {
        bench.wake_next();
        settle().await;
    }
    assert_eq!(names(&bench, &machine).await, [""; 0]);
    let gone = bench.refused("DescribeExecution", json!({ "executionArn": execution })).await;
    assert_eq!(gone.0, "ExecutionDoesNotExist");
    assert_eq!(bench.start(&machine, "e", "{}").await, execution, "the name is free again");
    assert_eq!(bench.finish(&execution).await["error"], "States.Timeout");
    assert_eq!(bench.finish(&running).await["status"], "SUCCEEDED", "it ran all the while");
}

#[tokio::test(start_paused = true)]
async fn only_so_many_of_each_machine_are_kept() {
    let bench = Bench::limited(kept(Retention { millis: None, per_machine: Some(2) })).await;
    let machine = bench.machine("m", pass()).await;
    let other = bench.machine("other", pass()).await;
    let long = bench.machine("long", wait(3_600)).await;
    for name in ["a", "b", "c", "d"] {
        bench.start(&machine, name, "{}").await;
        bench.start(&long, name, "{}").await;
    }
    bench.start(&other, "a", "{}").await;
    settle().await;
    bench.clock.advance_millis(60_000);
    settle().await;
    assert_eq!(names(&bench, &machine).await, ["d", "c"]);
    assert_eq!(names(&bench, &other).await, ["a"]);
    assert_eq!(names(&bench, &long).await, ["d", "c", "b", "a"], "those run");
}

#[tokio::test(start_paused = true)]
async fn a_removal_that_a_crash_interrupts_leaves_nothing_behind() {
    for commit in 1.. {
        let (memory, clock) = (MemoryStore::new(), SimulatedClock::new(START, 7));
        let store = FaultyStore::new(Arc::new(memory.clone()));
        let open = async |store: Arc<dyn Store>| {
            Bench::open_limited(store, clock.clone(), Directory::default(), Limits::default()).await
        };
        let bench = open(Arc::new(store.clone())).await;
        let machine = bench.machine("m", with_token(&bench).await).await;
        let execution = bench.start(&machine, "e", "{}").await;
        bench.finish(&execution).await;
        settle().await;
        assert!(records(&memory).iter().sum::<usize>() > 5);
        store.fail_at(store.commits() + commit, Fault::CutAfter);
        bench.clock.advance_millis(91 * DAY_MILLIS);
        settle().await;
        let was_cut = store.is_cut();
        bench.engine.shutdown().await;

        let bench = open(Arc::new(memory.clone())).await;
        settle().await;
        assert_eq!(records(&memory), [0; KEYSPACES.len()], "cut after commit {commit}");
        bench.engine.shutdown().await;
        if !was_cut {
            assert!(commit > 3, "tokens, row, steps and the note go one after the other");
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_execution_ends_after_a_year() {
    let bench = Bench::limited(kept(Retention { millis: None, per_machine: None })).await;
    let machine = bench.machine("m", wait(400 * 24 * 3_600)).await;
    let execution = bench.start(&machine, "e", "{}").await;
    bench.clock.advance_millis(100);
    let later = bench.start(&machine, "later", "{}").await;
    let described = bench.finish(&execution).await;
    assert_eq!((&described["status"], &described["error"]), (&json!("TIMED_OUT"), &Value::Null));
    let seconds = described["stopDate"].as_f64().expect("a time") - described["startDate"].as_f64().expect("a time");
    assert_eq!(seconds.round(), 365.0 * 24.0 * 3_600.0);
    let described = bench.ok("DescribeExecution", json!({ "executionArn": later })).await;
    assert_eq!(described["status"], "RUNNING");
}

#[tokio::test(start_paused = true)]
async fn children_of_a_distributed_map_go_with_their_parent() {
    let store = MemoryStore::new();
    let clock = SimulatedClock::new(START, 7);
    let limits = kept(Retention { millis: Some(DAY_MILLIS), per_machine: Some(1) });
    let bench = Bench::open_limited(Arc::new(store.clone()), clock.clone(), Directory::default(), limits).await;
    let processor = json!({
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
        "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } },
    });
    let definition = json!({ "StartAt": "Each", "States": {
        "Each": { "Type": "Map", "Label": "each", "ItemProcessor": processor, "Next": "Long" },
        "Long": { "Type": "Wait", "Seconds": 5 * 24 * 3_600, "End": true },
    } });
    let machine = bench.machine("m", definition).await;
    let execution = bench.start(&machine, "e", "[1, 2, 3]").await;
    for _ in 0..3 {
        settle().await;
        bench.clock.advance_millis(DAY_MILLIS);
    }
    settle().await;
    let runs = bench.ok("ListMapRuns", json!({ "executionArn": execution })).await;
    let children = json!({ "mapRunArn": runs["mapRuns"][0]["mapRunArn"] });
    let children = bench.ok("ListExecutions", children).await;
    assert_eq!(children["executions"].as_array().map(Vec::len), Some(3), "their parent may need them");
    assert_eq!(bench.finish(&execution).await["status"], "SUCCEEDED");
    for _ in 0..3 {
        bench.clock.advance_millis(DAY_MILLIS);
        settle().await;
    }
    assert_eq!(records(&store), [0; KEYSPACES.len()]);
}
