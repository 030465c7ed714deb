//! Crashes and failing disks: an execution that is cut at any commit, before or after its effect, ends with the history
//! that it has without the cut, and starts its child only once.

mod support;

use std::{ops::Bound, sync::Arc};

use aws_protocol::Directory;
use clock::{Clock, SimulatedClock};
use serde_json::{Value, json};
use states::Limits;
use store::{Error, Fault, FaultyStore, Keyspace, MemoryStore, Store, Transaction};
use support::{Bench, settle, text};

/// Waits, starts a child and awaits it, has an activity done with a retry in between, and runs branches side by side.
fn definition(child: &str, activity: &str) -> Value {
    json!({
        "StartAt": "Wait",
        "States": {
            "Wait": { "Type": "Wait", "Seconds": 5, "Next": "Child" },
            "Child": {
                "Type": "Task",
                "Resource": "arn:aws:states:::states:startExecution.sync:2",
                "Parameters": { "StateMachineArn": child, "Input": { "from": "parent" } },
                "ResultSelector": { "output.$": "$.Output" },
                "Next": "Both",
            },
            "Both": {
                "Type": "Parallel",
                "Branches": [
                    { "StartAt": "A", "States": { "A": { "Type": "Wait", "Seconds": 3, "End": true } } },
                    { "StartAt": "B", "States": { "B": { "Type": "Pass", "Result": "b", "End": true } } },
                ],
                "Next": "Pack",
            },
            "Pack": {
                "Type": "Task",
                "Resource": activity,
                "TimeoutSeconds": 30,
                "Retry": [{ "ErrorEquals": ["States.Timeout"], "IntervalSeconds": 2, "MaxAttempts": 1 }],
                "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Done" }],
                "Next": "Done",
            },
            "Done": { "Type": "Succeed" },
        },
    })
}

/// Three children of a distributed Map, two at once, each of which starts an execution and awaits it.
fn mapping(child: &str) -> Value {
    let states = json!({
        "Call": {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Parameters": { "StateMachineArn": child, "Input": { "from.$": "$" } },
            "ResultSelector": { "output.$": "$.Output" },
            "Next": "Wait",
        },
        "Wait": { "Type": "Wait", "Seconds": 1, "End": true },
    });
    let config = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    json!({
        "StartAt": "Each",
        "States": {
            "Each": {
                "Type": "Map",
                "ItemsPath": "$.items",
                "MaxConcurrency": 2,
                "Label": "Each",
                "ItemProcessor": { "ProcessorConfig": config, "StartAt": "Call", "States": states },
                "Next": "Done",
            },
            "Done": { "Type": "Succeed" },
        },
    })
}

/// A store, the clock and what was seen, over all lives of the engine.
struct World {
    memory: MemoryStore,
    clock: SimulatedClock,
    machine: String,
    execution: String,
    limits: Limits,
}

/// Nothing that waits stays in memory: every step begins with a replay.
fn parking() -> Limits {
    Limits { loaded_executions: 0, ..Limits::default() }
}

const INPUT: &str = r#"{"n": 1, "items": [1, 2, 3]}"#;
const CHILD: &str = "arn:aws:states:us-east-1:111111111111:stateMachine:child";

impl World {
    /// Machines and an activity, and nothing running.
    async fn new() -> Self {
        Self::within(Limits::default()).await
    }

    async fn within(limits: Limits) -> Self {
        Self::with("parent", limits).await
    }

    /// The same, for executions of this machine.
    async fn of(machine: &str) -> Self {
        Self::with(machine, Limits::default()).await
    }

    async fn with(machine: &str, limits: Limits) -> Self {
        let world = Self {
            limits,
            memory: MemoryStore::new(),
            clock: SimulatedClock::new(support::START, 11),
            machine: format!("arn:aws:states:us-east-1:111111111111:stateMachine:{machine}"),
            execution: format!("arn:aws:states:us-east-1:111111111111:execution:{machine}:e"),
        };
        let bench = world.open(Arc::new(world.memory.clone())).await;
        let activity = text(&bench.ok("CreateActivity", json!({ "name": "pack" })).await["activityArn"]);
        let wait = json!({ "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 2, "End": true } } });
        let child = bench.machine("child", wait).await;
        bench.machine("parent", definition(&child, &activity)).await;
        bench.machine("mapping", mapping(&child)).await;
        bench.engine.shutdown().await;
        world
    }

    async fn open(&self, store: Arc<dyn Store>) -> Bench {
        Bench::open_limited(store, self.clock.clone(), Directory::default(), self.limits.clone()).await
    }
}

/// Starts the execution, unless it was started before, and moves time on until it ends or the store is cut.
async fn run(bench: &Bench, world: &World, store: &FaultyStore) {
    let start = json!({ "stateMachineArn": world.machine, "name": "e", "input": INPUT });
    let started = bench.call("StartExecution", start).await;
    if !store.is_cut() {
        let known = started.as_ref().err().is_some_and(|error| error.code == "ExecutionAlreadyExists");
        assert!(started.is_ok() || known || store.commits() > 0, "{started:?}");
    }
    for _ in 0..200 {
        settle().await;
        if store.is_cut() {
            return;
        }
        let described = bench.call("DescribeExecution", json!({ "executionArn": world.execution })).await;
        match described {
            Ok(described) if described["status"] != "RUNNING" => return,
            Ok(_) => {}
            // The start failed and nothing of it is left: try again, as a client would.
            Err(error) if error.code == "ExecutionDoesNotExist" => {
                let start = json!({ "stateMachineArn": world.machine, "name": "e", "input": INPUT });
                let _ = bench.call("StartExecution", start).await;
            }
            Err(error) => panic!("{error}"),
        }
        bench.wake_next();
    }
    panic!(
        "the execution does not end after {} commits: {:?}",
        store.commits(),
        bench.event_types(&world.execution).await
    );
}

/// Types and predecessors of a history, with the details that do not depend on time.
async fn shape(bench: &Bench, execution: &str) -> Vec<(String, u64, Value)> {
    let history = bench.ok("GetExecutionHistory", json!({ "executionArn": execution, "maxResults": 1000 })).await;
    let events = history["events"].as_array().expect("events");
    events
        .iter()
        .map(|event| {
            let name = &event["stateExitedEventDetails"]["name"];
            (text(&event["type"]), event["previousEventId"].as_u64().expect("an id"), name.clone())
        })
        .collect()
}

/// How a run without faults ends, and how many commits it takes.
async fn without_faults() -> (Vec<(String, u64, Value)>, u64) {
    let world = World::new().await;
    let store = FaultyStore::new(Arc::new(world.memory.clone()));
    let bench = world.open(Arc::new(store.clone())).await;
    run(&bench, &world, &store).await;
    assert_eq!(bench.ok("DescribeExecution", json!({ "executionArn": world.execution })).await["status"], "SUCCEEDED");
    (shape(&bench, &world.execution).await, store.commits())
}

async fn children(bench: &Bench) -> usize {
    bench.ok("ListExecutions", json!({ "stateMachineArn": CHILD })).await["executions"].as_array().map_or(0, Vec::len)
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_commit_changes_nothing() {
    let (expected, commits) = without_faults().await;
    assert!(expected.len() > 20 && commits > 10, "{} events in {commits} commits", expected.len());
    for n in 2..=commits {
        for (fault, limits) in [
            (Fault::CutBefore, Limits::default()),
            (Fault::CutAfter, Limits::default()),
            (Fault::CutBefore, parking()),
            (Fault::CutAfter, parking()),
        ] {
            let world = World::within(limits).await;
            let store = FaultyStore::new(Arc::new(world.memory.clone()));
            store.fail_at(n, fault.clone());
            let bench = world.open(Arc::new(store.clone())).await;
            run(&bench, &world, &store).await;
            bench.engine.shutdown().await;
            let healthy = FaultyStore::new(Arc::new(world.memory.clone()));
            let bench = world.open(Arc::new(healthy.clone())).await;
            run(&bench, &world, &healthy).await;
            assert_eq!(shape(&bench, &world.execution).await, expected, "{fault:?} at commit {n}");
            assert_eq!(children(&bench).await, 1, "{fault:?} at commit {n}");
        }
    }
}

/// What a finished execution with one map run shows of it: its counts, and the history of each child by its input.
async fn map_run(bench: &Bench, execution: &str) -> (Value, Vec<(String, Vec<(String, u64, Value)>)>) {
    let runs = bench.ok("ListMapRuns", json!({ "executionArn": execution })).await;
    let runs = runs["mapRuns"].as_array().expect("a list").clone();
    assert_eq!(runs.len(), 1, "{runs:?}");
    let described = bench.ok("DescribeMapRun", json!({ "mapRunArn": runs[0]["mapRunArn"] })).await;
    let listed = bench.ok("ListExecutions", json!({ "mapRunArn": runs[0]["mapRunArn"] })).await;
    let mut children = Vec::new();
    for child in listed["executions"].as_array().expect("a list") {
        let arn = text(&child["executionArn"]);
        let input = text(&bench.ok("DescribeExecution", json!({ "executionArn": arn })).await["input"]);
        children.push((input, shape(bench, &arn).await));
    }
    children.sort_by(|one, other| one.0.cmp(&other.0));
    (json!([described["status"], described["itemCounts"], described["executionCounts"]]), children)
}

#[tokio::test(start_paused = true)]
async fn a_fault_at_any_commit_of_a_distributed_map_loses_and_doubles_no_child() {
    let world = World::of("mapping").await;
    let store = FaultyStore::new(Arc::new(world.memory.clone()));
    let bench = world.open(Arc::new(store.clone())).await;
    run(&bench, &world, &store).await;
    let expected = (shape(&bench, &world.execution).await, map_run(&bench, &world.execution).await);
    assert_eq!(expected.1.1.len(), 3);
    let commits = store.commits();
    assert!(commits > 20, "{commits} commits");
    for n in 2..=commits {
        let lost = || Fault::LoseAnswer(Error::Engine("a test".to_owned()));
        let refused = || Fault::Refuse(Error::Full("a test".to_owned()));
        for fault in [Fault::CutBefore, Fault::CutAfter, lost(), refused()] {
            let world = World::of("mapping").await;
            let store = FaultyStore::new(Arc::new(world.memory.clone()));
            let is_cut = matches!(fault, Fault::CutBefore | Fault::CutAfter);
            if is_cut {
                store.fail_at(n, fault.clone());
            }
            let mut bench = world.open(Arc::new(store.clone())).await;
            if !is_cut {
                store.fail_at(n.max(store.commits() + 1), fault.clone());
            }
            run(&bench, &world, &store).await;
            if is_cut {
                bench.engine.shutdown().await;
                let healthy = FaultyStore::new(Arc::new(world.memory.clone()));
                bench = world.open(Arc::new(healthy.clone())).await;
                run(&bench, &world, &healthy).await;
            }
            let found = (shape(&bench, &world.execution).await, map_run(&bench, &world.execution).await);
            assert_eq!(found, expected, "{fault:?} at commit {n}");
            assert_eq!(children(&bench).await, 3, "{fault:?} at commit {n}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn children_of_a_parent_that_was_stopped_are_aborted_after_a_crash() {
    let world = World::of("mapping").await;
    let store = FaultyStore::new(Arc::new(world.memory.clone()));
    let bench = world.open(Arc::new(store.clone())).await;
    let start = json!({ "stateMachineArn": world.machine, "name": "e", "input": INPUT });
    bench.ok("StartExecution", start).await;
    settle().await;
    store.fail_at(store.commits() + 1, Fault::CutAfter);
    let _ = bench.call("StopExecution", json!({ "executionArn": world.execution })).await;
    bench.engine.shutdown().await;
    let bench = world.open(Arc::new(world.memory.clone())).await;
    settle().await;
    assert_children_aborted(&bench, &world.execution).await;
}

/// The commit that stops the parent reports a failure and is made all the same: its children are aborted without a restart.
#[tokio::test(start_paused = true)]
async fn children_of_a_parent_whose_stop_was_in_doubt_are_aborted() {
    let world = World::of("mapping").await;
    let store = FaultyStore::new(Arc::new(world.memory.clone()));
    let bench = world.open(Arc::new(store.clone())).await;
    let start = json!({ "stateMachineArn": world.machine, "name": "e", "input": INPUT });
    bench.ok("StartExecution", start).await;
    settle().await;
    store.fail_at(store.commits() + 1, Fault::LoseAnswer(Error::Engine("a test".to_owned())));
    let _ = bench.call("StopExecution", json!({ "executionArn": world.execution })).await;
    world.clock.advance_millis(1_000);
    settle().await;
    assert_children_aborted(&bench, &world.execution).await;
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_fails_once_changes_nothing() {
    let (expected, commits) = without_faults().await;
    for n in 3..=commits {
        let refuse = Fault::Refuse(Error::Full("a test".to_owned()));
        let lose_answer = Fault::LoseAnswer(Error::Engine("a test".to_owned()));
        for (fault, limits) in [
            (refuse.clone(), Limits::default()),
            (lose_answer.clone(), Limits::default()),
            (refuse, parking()),
            (lose_answer, parking()),
        ] {
            let world = World::within(limits).await;
            let store = FaultyStore::new(Arc::new(world.memory.clone()));
            let bench = world.open(Arc::new(store.clone())).await;
            store.fail_at(n, fault.clone());
            run(&bench, &world, &store).await;
            assert_eq!(shape(&bench, &world.execution).await, expected, "{fault:?} at commit {n}");
            assert_eq!(children(&bench).await, 1, "{fault:?} at commit {n}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_that_was_not_made_durable_is_not_acknowledged() {
    let world = World::new().await;
    let store = FaultyStore::new(Arc::new(world.memory.clone()));
    let bench = world.open(Arc::new(store.clone())).await;
    store.fail_at(store.commits() + 1, Fault::Refuse(Error::Full("a test".to_owned())));
    let start = json!({ "stateMachineArn": world.machine, "name": "e", "input": "{}" });
    let refused = bench.call("StartExecution", start.clone()).await.expect_err("a full disk");
    assert_eq!((&*refused.code, refused.status), ("InternalFailure", 500));
    let described = bench.refused("DescribeExecution", json!({ "executionArn": world.execution })).await;
    assert_eq!(described.0, "ExecutionDoesNotExist");
    bench.ok("StartExecution", start).await;
}

#[tokio::test(start_paused = true)]
async fn status_events_survive_a_crash_and_come_at_least_once() {
    let (_, commits) = without_faults().await;
    for n in 2..=commits {
        let world = World::new().await;
        let store = FaultyStore::new(Arc::new(world.memory.clone()));
        store.fail_at(n, Fault::CutAfter);
        let first = world.open(Arc::new(store.clone())).await;
        run(&first, &world, &store).await;
        first.engine.shutdown().await;
        let healthy = FaultyStore::new(Arc::new(world.memory.clone()));
        let second = world.open(Arc::new(healthy.clone())).await;
        run(&second, &world, &healthy).await;
        settle().await;
        let events = [first.events.0.lock().clone(), second.events.0.lock().clone()].concat();
        let of_parent = events.iter().filter(|event| event["detail"]["executionArn"] == world.execution.as_str());
        let statuses: Vec<&str> = of_parent.filter_map(|event| event["detail"]["status"].as_str()).collect();
        assert!(statuses.contains(&"RUNNING"), "commit {n}: {statuses:?}");
        assert_eq!(statuses.last(), Some(&"SUCCEEDED"), "commit {n}: {statuses:?}");
    }
}

/// The end of an execution whose commit reported a failure and was made all the same is told as any other.
#[tokio::test(start_paused = true)]
async fn an_end_whose_commit_was_in_doubt_is_told() {
    let world = World::new().await;
    let store = FaultyStore::new(Arc::new(world.memory.clone()));
    let bench = world.open(Arc::new(store.clone())).await;
    let wait = json!({ "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 60, "End": true } } });
    let machine = bench.machine("short", wait).await;
    let mut changes = bench.engine.subscribe();
    let execution = bench.start(&machine, "e", "{}").await;
    settle().await;
    store.fail_at(store.commits() + 1, Fault::LoseAnswer(Error::Engine("a test".to_owned())));
    world.clock.advance_millis(60_000);
    settle().await;
    // The execution is looked at again a second later.
    world.clock.advance_millis(1_000);
    settle().await;
    let events = bench.events.0.lock().clone();
    let of_execution = events.iter().filter(|event| event["detail"]["executionArn"] == execution.as_str());
    let statuses: Vec<&str> = of_execution.filter_map(|event| event["detail"]["status"].as_str()).collect();
    assert_eq!(statuses, ["RUNNING", "SUCCEEDED"]);
    let heard: Vec<&str> =
        std::iter::from_fn(|| changes.try_recv().ok()).map(|change| change.status.as_str()).collect();
    assert_eq!(heard, ["RUNNING", "SUCCEEDED"]);
}

#[tokio::test(start_paused = true)]
async fn timers_that_came_due_while_nothing_ran_fire_at_the_start() {
    let world = World::new().await;
    let bench = world.open(Arc::new(world.memory.clone())).await;
    let wait = json!({ "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 3600, "End": true } } });
    let machine = bench.machine("long", wait).await;
    let execution = bench.start(&machine, "e", "{}").await;
    bench.engine.shutdown().await;
    world.clock.advance_millis(7_200_000);
    let bench = world.open(Arc::new(world.memory.clone())).await;
    settle().await;
    let described = bench.ok("DescribeExecution", json!({ "executionArn": execution })).await;
    assert_eq!(described["status"], "SUCCEEDED");
    assert_eq!(described["stopDate"].as_f64(), Some(world.clock.now().epoch_seconds()));
}

/// A Wait of an hour, and a task that has given its token away: what most executions wait for.
async fn waiting_pair(bench: &Bench) -> (String, String) {
    let wait = json!({ "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 3600, "End": true } } });
    let ask = json!({ "StartAt": "T", "States": { "T": { "Type": "Task", "End": true,
        "Resource": "arn:aws:states:::states:startExecution.waitForTaskToken",
        "Parameters": { "StateMachineArn": CHILD, "Input": { "token.$": "$$.Task.Token" } } } } });
    let (wait, ask) = (bench.machine("wait", wait).await, bench.machine("ask", ask).await);
    (bench.start(&wait, "w", "{}").await, bench.start(&ask, "a", "{}").await)
}

#[tokio::test(start_paused = true)]
async fn parked_executions_wake_by_timers_tokens_and_requests() {
    let world = World::within(parking()).await;
    let bench = world.open(Arc::new(world.memory.clone())).await;
    let (waits, asks) = waiting_pair(&bench).await;
    settle().await;
    let pending = bench.engine.pending_tasks(&asks).await.expect("a store");
    assert_eq!(pending.len(), 1, "{pending:?}");
    let again = json!({ "stateMachineArn": waits.replace(":execution:", ":stateMachine:").rsplit_once(':').expect("an ARN").0,
        "name": "w", "input": "{}" });
    assert_eq!(text(&bench.ok("StartExecution", again).await["executionArn"]), waits);
    bench.ok("SendTaskSuccess", json!({ "taskToken": &*pending[0].token, "output": "1" })).await;
    assert_eq!(bench.ok("DescribeExecution", json!({ "executionArn": asks })).await["output"], "1");
    world.clock.advance_millis(3_600_000);
    settle().await;
    assert_eq!(bench.ok("DescribeExecution", json!({ "executionArn": waits })).await["status"], "SUCCEEDED");
    assert_eq!(bench.engine.pending_tasks(&waits).await.expect("a store"), []);
}

#[tokio::test(start_paused = true)]
async fn open_executions_of_schema_1_are_taken_up() {
    let world = World::new().await;
    let bench = world.open(Arc::new(world.memory.clone())).await;
    let (waits, asks) = waiting_pair(&bench).await;
    settle().await;
    bench.engine.shutdown().await;
    let (open, meta) = (Keyspace("states.open"), Keyspace("states.meta"));
    let mut as_before = Transaction::new();
    let records = world.memory.range(open, Bound::Unbounded, Bound::Unbounded, 10, false).expect("memory");
    for (key, record) in records {
        let record: Value = serde_json::from_slice(&record).expect("JSON");
        as_before.put(open, key, record["arn"].as_str().expect("an ARN").as_bytes());
    }
    as_before.put(meta, *b"schema", *b"1");
    world.memory.commit(as_before).await.expect("memory");

    let bench = world.open(Arc::new(world.memory.clone())).await;
    assert_eq!(world.memory.get(meta, b"schema").expect("memory").as_deref(), Some(&b"2"[..]));
    let pending = bench.engine.pending_tasks(&asks).await.expect("a store");
    bench.ok("SendTaskSuccess", json!({ "taskToken": &*pending[0].token, "output": "1" })).await;
    world.clock.advance_millis(3_600_000);
    settle().await;
    for execution in [waits, asks] {
        assert_eq!(bench.ok("DescribeExecution", json!({ "executionArn": execution })).await["status"], "SUCCEEDED");
    }
}

/// The store fails at one of the commits that follow a stop, those of the children's aborts among them: the abort is tried
/// again, without a restart.
#[tokio::test(start_paused = true)]
async fn a_child_whose_abort_failed_is_aborted_later() {
    for after in 2..=5 {
        let world = World::of("mapping").await;
        let store = FaultyStore::new(Arc::new(world.memory.clone()));
        let bench = world.open(Arc::new(store.clone())).await;
        let start = json!({ "stateMachineArn": world.machine, "name": "e", "input": INPUT });
        bench.ok("StartExecution", start).await;
        settle().await;
        store.fail_at(store.commits() + after, Fault::Refuse(Error::Engine("a test".to_owned())));
        bench.ok("StopExecution", json!({ "executionArn": world.execution })).await;
        settle().await;
        world.clock.advance_millis(1_000);
        settle().await;
        assert_children_aborted(&bench, &world.execution).await;
    }
}

/// The map run of a stopped execution is aborted, and so are both children that had begun.
async fn assert_children_aborted(bench: &Bench, execution: &str) {
    let (run, children) = map_run(bench, execution).await;
    assert_eq!((&run[0], &run[2]["aborted"]), (&json!("ABORTED"), &json!(2)));
    let last = |shape: &[(String, u64, Value)]| shape.last().map(|(kind, ..)| kind.clone());
    assert!(children.iter().all(|(_, shape)| last(shape).as_deref() == Some("ExecutionAborted")), "{children:?}");
}
