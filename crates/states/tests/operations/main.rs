//! Operations of the API over an engine in memory: what they answer, refuse and leave behind.

mod datasets;
mod deletion;
mod limits;
mod map_runs;
mod nested;
mod retention;
mod status_events;
#[path = "../support/mod.rs"]
mod support;

use serde_json::{Value, json};
use support::{Bench, ROLE, settle, text};

fn pass() -> Value {
    json!({ "StartAt": "Pass", "States": { "Pass": { "Type": "Pass", "End": true } } })
}

/// A machine that waits for a task token, with the token in the parameters of an event.
fn approval() -> Value {
    json!({
        "StartAt": "Approve",
        "States": {
            "Approve": {
                "Type": "Task",
                "Resource": "arn:aws:states:::states:startExecution.waitForTaskToken",
                "Parameters": {
                    "StateMachineArn": "arn:aws:states:us-east-1:111111111111:stateMachine:ask",
                    "Input": { "token.$": "$$.Task.Token" },
                },
                "End": true,
            },
        },
    })
}

fn wait(seconds: i64) -> Value {
    json!({ "StartAt": "Wait", "States": { "Wait": { "Type": "Wait", "Seconds": seconds, "End": true } } })
}

#[tokio::test(start_paused = true)]
async fn an_execution_runs_from_start_to_success() {
    let bench = Bench::new().await;
    let machine = bench.machine("m", pass()).await;
    let execution = bench.start(&machine, "e", r#"{"a": 1}"#).await;
    assert_eq!(execution, "arn:aws:states:us-east-1:111111111111:execution:m:e");
    let described = bench.finish(&execution).await;
    assert_eq!(described["status"], "SUCCEEDED");
    assert_eq!(described["output"], r#"{"a": 1}"#);
    let types = bench.event_types(&execution).await;
    assert_eq!(types, ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]);
}

#[tokio::test(start_paused = true)]
async fn a_year_long_wait_takes_no_time_here() {
    let bench = Bench::new().await;
    let machine = bench.machine("m", wait(31_536_000)).await;
    let execution = bench.start(&machine, "e", "{}").await;
    let described = bench.finish(&execution).await;
    let seconds = described["stopDate"].as_f64().expect("a time") - described["startDate"].as_f64().expect("a time");
    assert_eq!(seconds.round(), 31_536_000.0);
}

#[tokio::test(start_paused = true)]
async fn starting_twice_is_idempotent_only_for_the_same_input_while_running() {
    let bench = Bench::new().await;
    let machine = bench.machine("m", wait(60)).await;
    let execution = bench.start(&machine, "e", "{}").await;
    assert_eq!(bench.start(&machine, "e", "{}").await, execution);
    let other_input = json!({ "stateMachineArn": machine, "name": "e", "input": "[]" });
    let expected = ("ExecutionAlreadyExists".to_owned(), format!("Execution Already Exists: '{execution}'"));
    assert_eq!(bench.refused("StartExecution", other_input).await, expected);
    bench.finish(&execution).await;
    let again = json!({ "stateMachineArn": machine, "name": "e", "input": "{}" });
    assert_eq!(bench.refused("StartExecution", again).await, expected);
    assert_eq!(
        bench.ok("ListExecutions", json!({ "stateMachineArn": machine })).await["executions"].as_array().map(Vec::len),
        Some(1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_stopped_execution_is_aborted_once() {
    let bench = Bench::new().await;
    let machine = bench.machine("m", wait(60)).await;
    let execution = bench.start(&machine, "e", "{}").await;
    let stop = json!({ "executionArn": execution, "error": "Enough", "cause": "stopped by a test" });
    let first = bench.ok("StopExecution", stop.clone()).await;
    bench.clock.advance_millis(5_000);
    assert_eq!(bench.ok("StopExecution", stop).await, first, "the second stop answers the first one's date");
    let described = bench.ok("DescribeExecution", json!({ "executionArn": execution })).await;
    assert_eq!((&described["status"], &described["error"]), (&json!("ABORTED"), &json!("Enough")));
    assert_eq!(bench.event_types(&execution).await.last().map(String::as_str), Some("ExecutionAborted"));
    let events = bench.event_types(&execution).await;
    bench.clock.advance_millis(60_000);
    settle().await;
    assert_eq!(bench.event_types(&execution).await, events, "its timer is gone");
}

#[tokio::test(start_paused = true)]
async fn executions_are_listed_newest_first_by_page_and_by_status() {
    let bench = Bench::new().await;
    let machine = bench.machine("m", wait(60)).await;
    for name in ["a", "b", "c", "d", "e"] {
        bench.start(&machine, name, "{}").await;
    }
    bench
        .ok("StopExecution", json!({ "executionArn": format!("{}:b", machine.replace("stateMachine", "execution")) }))
        .await;
    let mut names = Vec::new();
    let mut request = json!({ "stateMachineArn": machine, "maxResults": 2 });
    loop {
        let page = bench.ok("ListExecutions", request.clone()).await;
        names.extend(page["executions"].as_array().expect("a list").iter().map(|execution| text(&execution["name"])));
        match page.get("nextToken") {
            Some(token) => request["nextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(names, ["e", "d", "c", "b", "a"]);
    let aborted = bench.ok("ListExecutions", json!({ "stateMachineArn": machine, "statusFilter": "ABORTED" })).await;
    assert_eq!(aborted["executions"][0]["name"], "b");
    assert_eq!(aborted["executions"].as_array().map(Vec::len), Some(1));
    let bad = json!({ "stateMachineArn": machine, "nextToken": "made up" });
    assert_eq!(bench.refused("ListExecutions", bad).await.0, "InvalidToken");
}

#[tokio::test(start_paused = true)]
async fn histories_are_read_by_page_in_both_directions() {
    let bench = Bench::new().await;
    let machine = bench.machine("m", approval_with_retry()).await;
    bench.machine("ask", wait(5)).await;
    let execution = bench.start(&machine, "e", "{}").await;
    settle().await;
    for _ in 0..2 {
        let task = bench.engine.pending_tasks(&execution).await.expect("a store").remove(0);
        bench.ok("SendTaskHeartbeat", json!({ "taskToken": &*task.token })).await;
        bench.ok("SendTaskFailure", json!({ "taskToken": &*task.token, "error": "No" })).await;
        bench.wake_until_pending(&execution).await;
    }
    bench.finish(&execution).await;
    let all = bench.ok("GetExecutionHistory", json!({ "executionArn": execution })).await;
    let all: Vec<Value> = all["events"].as_array().expect("events").clone();
    let ids: Vec<u64> = all.iter().map(|event| event["id"].as_u64().expect("an id")).collect();
    assert_eq!(ids, (1..=all.len() as u64).collect::<Vec<_>>());
    for (reverse, size) in [(false, 1), (false, 3), (true, 1), (true, 4)] {
        let mut paged = Vec::new();
        let mut request = json!({ "executionArn": execution, "maxResults": size, "reverseOrder": reverse });
        loop {
            let page = bench.ok("GetExecutionHistory", request.clone()).await;
            paged.extend(page["events"].as_array().expect("events").clone());
            match page.get("nextToken") {
                Some(token) => request["nextToken"] = token.clone(),
                None => break,
            }
        }
        if reverse {
            paged.reverse();
        }
        assert_eq!(paged, all, "reverse {reverse}, pages of {size}");
    }
    let bare =
        bench.ok("GetExecutionHistory", json!({ "executionArn": execution, "includeExecutionData": false })).await;
    assert_eq!(bare["events"][0]["executionStartedEventDetails"].get("input"), None);
}

/// [`approval`] that tries three times, a second apart.
fn approval_with_retry() -> Value {
    let mut definition = approval();
    let state = &mut definition["States"]["Approve"];
    state["HeartbeatSeconds"] = 600.into();
    state["Retry"] = json!([{ "ErrorEquals": ["No"], "IntervalSeconds": 1, "MaxAttempts": 2 }]);
    definition
}

#[tokio::test(start_paused = true)]
async fn a_task_waits_for_its_token_and_knows_it_afterwards() {
    let bench = Bench::new().await;
    bench.machine("ask", pass()).await;
    let machine = bench.machine("m", approval()).await;
    let execution = bench.start(&machine, "e", "{}").await;
    settle().await;
    let pending = bench.engine.pending_tasks(&execution).await.expect("a store");
    assert_eq!(pending.len(), 1);
    assert_eq!((&*pending[0].state, pending[0].since), ("Approve", support::START));
    let token = &*pending[0].token;
    let bad_output = json!({ "taskToken": token, "output": "no json" });
    assert_eq!(bench.refused("SendTaskSuccess", bad_output).await.0, "InvalidOutput");
    bench.ok("SendTaskSuccess", json!({ "taskToken": token, "output": r#"{"approved":true}"# })).await;
    assert_eq!(bench.finish(&execution).await["output"], r#"{"approved":true}"#);
    let late = json!({ "taskToken": token, "output": "{}" });
    assert_eq!(bench.refused("SendTaskSuccess", late).await.0, "TaskTimedOut");
    let unknown = json!({ "taskToken": "made up", "output": "{}" });
    let expected = ("InvalidToken".to_owned(), "Invalid Token: 'Invalid token'".to_owned());
    assert_eq!(bench.refused("SendTaskSuccess", unknown).await, expected);
    let types = bench.event_types(&execution).await;
    assert_eq!(types[3..6], ["TaskStarted", "TaskSubmitted", "TaskSucceeded"]);
}

#[tokio::test(start_paused = true)]
async fn an_activity_task_goes_to_one_worker() {
    let bench = Bench::new().await;
    let activity = text(&bench.ok("CreateActivity", json!({ "name": "pack" })).await["activityArn"]);
    let definition = json!({ "StartAt": "Pack", "States": { "Pack": {
        "Type": "Task", "Resource": activity, "TimeoutSeconds": 300, "End": true } } });
    let machine = bench.machine("m", definition).await;
    let nothing = bench.call_over_time("GetActivityTask", json!({ "activityArn": activity })).await;
    assert_eq!(nothing.expect("a poll"), json!({}), "a minute without a task");
    let execution = bench.start(&machine, "e", r#"{"parcel":1}"#).await;
    let poll = json!({ "activityArn": activity, "workerName": "w1" });
    let task = bench.call_over_time("GetActivityTask", poll.clone()).await.expect("a task");
    assert_eq!(task["input"], r#"{"parcel":1}"#);
    let second = bench.call_over_time("GetActivityTask", poll).await.expect("a poll");
    assert_eq!(second, json!({}), "the task is taken");
    bench.ok("SendTaskSuccess", json!({ "taskToken": task["taskToken"], "output": "\"packed\"" })).await;
    assert_eq!(bench.finish(&execution).await["output"], "\"packed\"");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_times_out_is_taken_back_from_workers() {
    let bench = Bench::new().await;
    let activity = text(&bench.ok("CreateActivity", json!({ "name": "pack" })).await["activityArn"]);
    let definition = json!({ "StartAt": "Pack", "States": { "Pack": {
        "Type": "Task", "Resource": activity, "TimeoutSeconds": 5, "End": true } } });
    let machine = bench.machine("m", definition).await;
    let execution = bench.start(&machine, "e", "{}").await;
    let described = bench.finish(&execution).await;
    assert_eq!((&described["status"], &described["error"]), (&json!("FAILED"), &json!("States.Timeout")));
    let poll = bench.call_over_time("GetActivityTask", json!({ "activityArn": activity })).await;
    assert_eq!(poll.expect("a poll"), json!({}));
}

#[tokio::test(start_paused = true)]
async fn express_executions_run_in_memory_and_answer_in_place() {
    let bench = Bench::new().await;
    let input = json!({ "name": "x", "definition": pass().to_string(), "roleArn": ROLE, "type": "EXPRESS" });
    let machine = text(&bench.ok("CreateStateMachine", input).await["stateMachineArn"]);
    let start = json!({ "stateMachineArn": machine, "input": "[1]", "name": "one" });
    let answer = bench.call_over_time("StartSyncExecution", start.clone()).await.expect("an end");
    assert_eq!((&answer["status"], &answer["output"]), (&json!("SUCCEEDED"), &json!("[1]")));
    let one = bench.ok("StartExecution", start.clone()).await;
    let other = bench.ok("StartExecution", start).await;
    assert_ne!(one["executionArn"], other["executionArn"], "a name may repeat");
    let refused = bench.refused("DescribeExecution", json!({ "executionArn": one["executionArn"] })).await;
    assert_eq!(refused.1, "Invalid Arn: 'Resource type not valid in this context: express'");
    let list = bench.refused("ListExecutions", json!({ "stateMachineArn": machine })).await;
    assert_eq!(list.0, "StateMachineTypeNotSupported");
    assert!(bench.events.0.lock().is_empty(), "Express executions send no status events");
}

#[tokio::test(start_paused = true)]
async fn an_express_execution_that_waits_too_long_times_out() {
    let bench = Bench::new().await;
    let input = json!({ "name": "x", "definition": wait(3_600).to_string(), "roleArn": ROLE, "type": "EXPRESS" });
    let machine = bench.ok("CreateStateMachine", input).await["stateMachineArn"].clone();
    let answer = bench.call_over_time("StartSyncExecution", json!({ "stateMachineArn": machine })).await;
    assert_eq!(answer.expect("an end")["status"], "TIMED_OUT");
}

#[tokio::test(start_paused = true)]
async fn status_events_have_the_shape_of_eventbridge() {
    let bench = Bench::new().await;
    let machine = bench.machine("m", pass()).await;
    let execution = bench.start(&machine, "e", "{}").await;
    settle().await;
    let events = bench.events.0.lock().clone();
    let statuses: Vec<&Value> = events.iter().map(|event| &event["detail"]["status"]).collect();
    assert_eq!(statuses, ["RUNNING", "SUCCEEDED"]);
    let last = &events[1];
    assert_eq!(last["source"], "aws.states");
    assert_eq!(last["detail-type"], "Step Functions Execution Status Change");
    assert_eq!(last["resources"], json!([execution]));
    assert_eq!(last["detail"]["startDate"], support::START.0);
    assert_eq!(last["detail"]["stopDate"], support::START.0);
    assert_eq!(last["detail"]["output"], "{}");
    assert_eq!(last["time"], "2026-01-01T00:00:00Z");
}

#[tokio::test(start_paused = true)]
async fn subscribers_see_every_step() {
    let bench = Bench::new().await;
    let mut changes = bench.engine.subscribe();
    let machine = bench.machine("m", wait(1)).await;
    let execution = bench.start(&machine, "e", "{}").await;
    bench.finish(&execution).await;
    let seen: Vec<_> = std::iter::from_fn(|| changes.try_recv().ok())
        .map(|change| (change.status.as_str(), change.new_events, change.events))
        .collect();
    assert_eq!(seen, [("RUNNING", 2, 2), ("SUCCEEDED", 2, 4)]);
}

#[tokio::test(start_paused = true)]
async fn a_templates_machines_are_created_updated_or_left() {
    let bench = Bench::new().await;
    let wanted = |definition: Value| states::StateMachine {
        name: "m".to_owned(),
        definition: definition.to_string(),
        role_arn: ROLE.to_owned(),
        kind: states::MachineType::Standard,
        logging: None,
        tracing: false,
        tags: [("stack".to_owned(), "orders".to_owned())].into(),
    };
    let mut put = Vec::new();
    for definition in [wait(60), wait(60), pass()] {
        let (arn, done) = bench.engine.put_state_machine(wanted(definition)).await.expect("a definition");
        if put.is_empty() {
            bench.start(&arn, "e", "{}").await;
        }
        put.push(done);
    }
    assert_eq!(put, [states::Put::Created, states::Put::Unchanged, states::Put::Updated]);
    let refused = bench.engine.put_state_machine(wanted(json!({ "StartAt": "x" }))).await.expect_err("no states");
    assert!(matches!(refused, states::Error::InvalidDefinition(_)), "{refused}");
    let running = json!({ "executionArn": "arn:aws:states:us-east-1:111111111111:execution:m:e" });
    let started_with = bench.ok("DescribeStateMachineForExecution", running).await;
    assert_eq!(started_with["definition"], wait(60).to_string(), "a running execution keeps its definition");
    let activities = ["pack", "pack"].map(|name| bench.engine.put_activity(name, Default::default()));
    let [first, second] = activities;
    assert_eq!(first.await.expect("a name").1, states::Put::Created);
    assert_eq!(second.await.expect("a name").1, states::Put::Unchanged);
}

#[tokio::test(start_paused = true)]
async fn bad_requests_are_refused_in_the_words_of_aws() {
    let bench = Bench::new().await;
    let machine = bench.machine("m", pass()).await;
    let null = "1 validation error detected: Value null at 'stateMachineArn' failed to satisfy constraint: Member must \
                not be null";
    let cases = [
        ("StartExecution", json!({}), ("ValidationException", null.to_owned())),
        (
            "StartExecution",
            json!({ "stateMachineArn": 7 }),
            ("SerializationException", "NUMBER_VALUE can not be converted to a String".to_owned()),
        ),
        (
            "StartExecution",
            json!({ "stateMachineArn": machine, "name": "a b" }),
            ("InvalidName", "Invalid Name: 'a b'".to_owned()),
        ),
        (
            "StartSyncExecution",
            json!({ "stateMachineArn": machine }),
            (
                "StateMachineTypeNotSupported",
                "This operation is not supported by this type of state machine".to_owned(),
            ),
        ),
        (
            "UpdateStateMachine",
            json!({ "stateMachineArn": machine }),
            (
                "MissingRequiredParameter",
                "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be \
                 specified"
                    .to_owned(),
            ),
        ),
        (
            "DescribeNothing",
            json!({}),
            ("UnknownOperationException", "The operation DescribeNothing of states is not supported.".to_owned()),
        ),
        (
            "TagResource",
            json!({ "resourceArn": format!("{machine}:1"), "tags": [] }),
            ("ResourceNotFound", format!("Resource not found: '{machine}:1'")),
        ),
    ];
    for (operation, input, (code, message)) in cases {
        assert_eq!(bench.refused(operation, input).await, (code.to_owned(), message), "{operation}");
    }
    let large = "x".repeat(300_000);
    let input = json!({ "stateMachineArn": machine, "input": format!("\"{large}\"") });
    assert_eq!(bench.refused("StartExecution", input).await.0, "ValidationException");
}
