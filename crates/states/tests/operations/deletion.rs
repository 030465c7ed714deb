//! DeleteStateMachine, while executions run and after.

use std::sync::Arc;

use aws_protocol::Directory;
use clock::SimulatedClock;
use serde_json::json;
use store::MemoryStore;

use crate::{
    pass,
    support::{Bench, ROLE, START, settle},
    wait,
};

#[tokio::test(start_paused = true)]
async fn a_machine_is_deleting_until_its_executions_have_ended() {
    let bench = Bench::new().await;
    let machine = bench.machine("m", wait(60)).await;
    bench.ok("PublishStateMachineVersion", json!({ "stateMachineArn": machine })).await;
    let execution = bench.start(&machine, "e", "{}").await;
    let named = json!({ "stateMachineArn": machine });
    bench.ok("DeleteStateMachine", named.clone()).await;
    bench.ok("DeleteStateMachine", named.clone()).await;
    assert_eq!(bench.ok("DescribeStateMachine", named.clone()).await["status"], "DELETING");
    assert_eq!(bench.ok("ListStateMachineVersions", named.clone()).await["stateMachineVersions"], json!([]));
    let created = json!({ "name": "m", "definition": wait(60).to_string(), "roleArn": ROLE });
    let updated = json!({ "stateMachineArn": machine, "roleArn": ROLE });
    let refusals = [
        ("StartExecution", named.clone()),
        ("UpdateStateMachine", updated),
        ("PublishStateMachineVersion", named.clone()),
        ("CreateStateMachine", created),
    ];
    for (operation, input) in refusals {
        let expected = ("StateMachineDeleting".to_owned(), format!("State Machine is being deleted: '{machine}'"));
        assert_eq!(bench.refused(operation, input).await, expected, "{operation}");
    }
    assert_eq!(bench.ok("DescribeExecution", json!({ "executionArn": execution })).await["status"], "RUNNING");

    assert_eq!(bench.finish(&execution).await["status"], "ABORTED", "at its next state transition");
    settle().await;
    assert_eq!(bench.refused("ListExecutions", named.clone()).await.0, "StateMachineDoesNotExist");
    bench.machine("m", pass()).await;
    assert_eq!(bench.ok("ListExecutions", named).await["executions"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_deletion_goes_on_after_a_restart() {
    let (store, clock) = (MemoryStore::new(), SimulatedClock::new(START, 7));
    let open = async || Bench::open(Arc::new(store.clone()), clock.clone(), Directory::default()).await;
    let bench = open().await;
    let machine = bench.machine("m", wait(60)).await;
    let execution = bench.start(&machine, "e", "{}").await;
    bench.ok("DeleteStateMachine", json!({ "stateMachineArn": machine })).await;
    bench.engine.shutdown().await;

    let bench = open().await;
    let named = json!({ "stateMachineArn": machine });
    assert_eq!(bench.ok("DescribeStateMachine", named.clone()).await["status"], "DELETING");
    bench.ok("StopExecution", json!({ "executionArn": execution })).await;
    settle().await;
    assert_eq!(bench.refused("DescribeStateMachine", named).await.0, "StateMachineDoesNotExist");
}
