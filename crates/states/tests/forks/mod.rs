//! Forks: where they begin, with what, and what is left of them after a crash, a failure or another fork.

use std::sync::Arc;

use aws_protocol::{Directory, ServiceError};
use clock::SimulatedClock;
use serde_json::{Value, json};
use states::Fork;

use crate::support::{Bench, START, text};

/// Counts to three in a variable, then shows what it can see and asks an activity.
fn counting() -> Value {
    json!({
        "QueryLanguage": "JSONata",
        "StartAt": "Begin",
        "States": {
            "Begin": { "Type": "Pass", "Assign": { "n": 0 }, "Next": "Count" },
            "Count": { "Type": "Pass", "Assign": { "n": "{% $n + 1 %}" },
                       "Output": { "seen": "{% $n %}", "more": "{% $states.input.more %}" }, "Next": "Enough" },
            "Enough": { "Type": "Choice", "Default": "Count",
                        "Choices": [{ "Condition": "{% $n > 3 %}", "Next": "Each" },
                                    { "Condition": "{% $n = 3 %}", "Next": "Show" }] },
            "Show": { "Type": "Pass", "Next": "Ask", "Output": {
                "n": "{% $n %}", "input": "{% $states.input %}", "own": "{% $states.context.Execution.Input %}",
                "name": "{% $states.context.Execution.Name %}", "started": "{% $states.context.Execution.StartTime %}" } },
            "Ask": { "Type": "Task", "Resource": crate::ACTIVITY, "Next": "Done" },
            "Done": { "Type": "Succeed" },
            "Unused": { "Type": "Pass", "Output": "{% $n %}", "End": true },
            "Each": { "Type": "Map", "Items": [1], "Next": "Unused",
                      "ItemProcessor": { "StartAt": "Inner", "States": { "Inner": { "Type": "Pass", "End": true } } } },
        }
    })
}

fn from(execution: &str, state: &str) -> Fork {
    Fork { execution_arn: execution.to_owned(), state: state.to_owned(), ..Fork::default() }
}

async fn fork(bench: &Bench, fork: Fork) -> String {
    bench.engine.fork(fork).await.expect("forked").execution_arn.to_string()
}

async fn refused(bench: &Bench, fork: Fork) -> (String, String) {
    let error: ServiceError = bench.engine.fork(fork).await.expect_err("refused").into();
    (error.code.into_owned(), error.message)
}

/// Answers the activity's next task, and answers the whole description of the ended execution, its output parsed.
async fn succeed(bench: &Bench, execution: &str) -> Value {
    let (token, input) = crate::take(bench).await;
    bench.ok("SendTaskSuccess", json!({ "taskToken": token, "output": input })).await;
    output(bench, execution).await
}

async fn output(bench: &Bench, execution: &str) -> Value {
    let ended = bench.finish(execution).await;
    serde_json::from_str(ended["output"].as_str().unwrap_or_else(|| panic!("{ended}"))).expect("JSON")
}

/// An execution that counted to three and waits for the activity.
async fn counted(bench: &Bench) -> String {
    let machine = bench.machine("Orders", counting()).await;
    bench.start(&machine, "first", r#"{"more":"x"}"#).await
}

#[tokio::test(start_paused = true)]
async fn a_fork_begins_with_the_state_its_input_and_its_variables() {
    let bench = crate::bench().await;
    let original = counted(&bench).await;
    let before = bench.event_types(&original).await;
    bench.clock.advance_to(START.plus_seconds(60));
    let forked = fork(&bench, Fork { name: Some("again".into()), ..from(&original, "Count") }).await;
    assert_eq!(forked, original.replace(":first", ":again"));
    let expected = [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ChoiceStateEntered",
        "ChoiceStateExited",
        "PassStateEntered",
        "PassStateExited",
        "TaskStateEntered",
        "ActivityScheduled",
    ];
    assert_eq!(bench.event_types(&forked).await, expected);
    assert_eq!(bench.event_types(&original).await, before, "the original is left alone");
    // The tasks of both wait; the one of the original is the older.
    succeed(&bench, &original).await;
    let ended = succeed(&bench, &forked).await;
    // The last of three times that Count was entered: n was 2, and Count had given this the time before.
    let seen = json!({ "seen": 2, "more": "x" });
    assert_eq!((&ended["n"], &ended["input"]), (&json!(3), &seen));
    assert_eq!((&ended["own"], &ended["name"]), (&json!({ "more": "x" }), &json!("again")));
    assert_eq!(ended["started"], "2026-01-01T00:01:00.123Z");
    let origin = bench.engine.forked_from(&forked).expect("a store").expect("a fork");
    assert_eq!((&*origin.point.execution_arn, &*origin.point.state), (&*original, "Count"));
    let history = bench.ok("GetExecutionHistory", json!({ "executionArn": original })).await;
    let entered = origin.point.event_id.expect("it was entered");
    let event = &history["events"][usize::try_from(entered).expect("small") - 1];
    assert_eq!(event["stateEnteredEventDetails"]["input"], &*origin.input);
    assert_eq!(bench.engine.forked_from(&original).expect("a store"), None);
    let described = bench.ok("DescribeExecution", json!({ "executionArn": forked })).await;
    assert!(!described.to_string().contains("fork"), "AWS's answers stay as they are: {described}");
}

#[tokio::test(start_paused = true)]
async fn an_edited_input_is_the_executions_own_only_where_it_begins() {
    let bench = crate::bench().await;
    let original = counted(&bench).await;
    succeed(&bench, &original).await;
    let edited = |state| Fork { input: Some(r#"{"more":"y"}"#.into()), ..from(&original, state) };
    for (state, own) in [("Show", "x"), ("Begin", "y")] {
        let forked = fork(&bench, edited(state)).await;
        let ended = succeed(&bench, &forked).await;
        assert_eq!((&ended["input"]["more"], &ended["own"]["more"]), (&json!("y"), &json!(own)), "{state}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_state_of_the_top_level_can_be_gone_back_to() {
    let bench = crate::bench().await;
    let original = counted(&bench).await;
    succeed(&bench, &original).await;
    for state in ["Begin", "Count", "Enough", "Show", "Ask", "Done"] {
        let forked = fork(&bench, from(&original, state)).await;
        let ended = if state == "Done" { output(&bench, &forked).await } else { succeed(&bench, &forked).await };
        assert_eq!(ended["n"], 3, "{state}");
    }
    // A state that was never entered sees the variables as they were at the end.
    for state in ["Unused", "Each"] {
        let input = Some("{}".to_owned());
        let forked = fork(&bench, Fork { input, ..from(&original, state) }).await;
        assert_eq!(output(&bench, &forked).await, json!(3), "{state}");
        assert_eq!(bench.engine.forked_from(&forked).expect("a store").expect("a fork").point.event_id, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_fork_outlives_the_process_and_can_be_redriven_and_forked() {
    let store = Arc::new(store::MemoryStore::new());
    let clock = SimulatedClock::new(START, 7);
    let first = Bench::open(store.clone(), clock.clone(), Directory::default()).await;
    first.ok("CreateActivity", json!({ "name": "Pack" })).await;
    let original = counted(&first).await;
    succeed(&first, &original).await;
    let forked = fork(&first, from(&original, "Count")).await;
    first.engine.shutdown().await;

    let second = Bench::open(store, clock, Directory::default()).await;
    crate::fail(&second, "Broken").await;
    assert_eq!(second.finish(&forked).await["status"], "FAILED");
    crate::redrive(&second, &forked).await;
    assert_eq!(succeed(&second, &forked).await["n"], 3);
    assert_eq!(crate::describe(&second, &forked).await["redriveCount"], 1);
    let again = fork(&second, from(&forked, "Show")).await;
    assert_eq!(succeed(&second, &again).await["n"], 3);
    // Count was the first state of the fork, but not of the execution: its edited input is not the execution's own.
    let edited = Fork { input: Some(r#"{"more":"y"}"#.into()), ..from(&forked, "Count") };
    let again = fork(&second, edited).await;
    assert_eq!(succeed(&second, &again).await["own"], json!({ "more": "x" }));
}

#[tokio::test(start_paused = true)]
async fn a_fork_runs_the_definition_of_the_original_or_that_of_now() {
    let bench = crate::bench().await;
    let one = |state: &str, result: &str| json!({ "StartAt": state, "States": { state: { "Type": "Pass", "Result": result, "End": true } } });
    let machine = bench.machine("Orders", one("Old", "then")).await;
    let original = bench.start(&machine, "e", r#"{"a":1}"#).await;
    bench.finish(&original).await;
    let update = json!({ "stateMachineArn": machine, "definition": one("New", "now").to_string() });
    bench.ok("UpdateStateMachine", update).await;
    let forked = fork(&bench, from(&original, "Old")).await;
    assert_eq!(output(&bench, &forked).await, json!("then"));
    let now = |state| Fork { current_definition: true, input: Some("{}".to_owned()), ..from(&original, state) };
    let forked = fork(&bench, now("New")).await;
    assert_eq!(output(&bench, &forked).await, json!("now"));
    assert_eq!(refused(&bench, now("Old")).await.0, "StateDoesNotExist");

    bench.ok("DeleteStateMachine", json!({ "stateMachineArn": machine })).await;
    assert_eq!(refused(&bench, from(&original, "Old")).await.0, "StateMachineDoesNotExist");
    bench.machine("Orders", one("New", "anew")).await;
    let (code, message) = refused(&bench, from(&original, "Old")).await;
    assert_eq!(code, "ExecutionNotForkable");
    assert!(message.contains("made anew"), "{message}");
    let forked = fork(&bench, now("New")).await;
    assert_eq!(output(&bench, &forked).await, json!("anew"));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_forked_says_why() {
    let bench = crate::bench().await;
    let original = counted(&bench).await;
    let other = |execution: &str| from(&original.replace(":first", execution), "Count");
    let with = |input: &str| Fork { input: Some(input.to_owned()), ..from(&original, "Count") };
    let named = |name: &str| Fork { name: Some(name.to_owned()), ..from(&original, "Count") };
    let express = from(&original.replace(":execution:", ":express:").replace(":first", ":first:u"), "Count");
    let cases = [
        (from(&original, "Conut"), "StateDoesNotExist", "did you mean 'Count'"),
        (from(&original, "Inner"), "ExecutionNotForkable", "inside of the Map state 'Each': fork from 'Each'"),
        (from(&original, "Unused"), "ExecutionNotForkable", "never entered 'Unused'"),
        (other(":none"), "ExecutionDoesNotExist", ":none"),
        (from("x", "Count"), "InvalidArn", "x"),
        (express, "ExecutionNotKept", "Express"),
        (with("{"), "InvalidExecutionInput", "end-of-input"),
        (with(&format!("\"{}\"", "x".repeat(256 << 10))), "ValidationException", "'input'"),
        (named("a b"), "InvalidName", "a b"),
        (named(&"n".repeat(81)), "InvalidName", "nnn"),
        (named("first"), "ExecutionAlreadyExists", ":first"),
    ];
    for (fork, code, part) in cases {
        let (found, message) = refused(&bench, fork.clone()).await;
        assert_eq!(found, code, "{fork:?}: {message}");
        assert!(message.contains(part), "{message}");
    }
    // The same fork by the same name is the one that runs already; another state makes it another.
    let first = fork(&bench, named("again")).await;
    assert_eq!(fork(&bench, named("again")).await, first);
    let show = Fork { state: "Show".to_owned(), ..named("again") };
    assert_eq!(refused(&bench, show).await.0, "ExecutionAlreadyExists");
    assert_eq!(text(&crate::describe(&bench, &first).await["status"]), "RUNNING");
}
