//! Map runs through the API: the children of a distributed Map as executions, their counts, updates, aborts and redrives.

use serde_json::{Value, json};
use states::{Limits, Retention};

use super::support::{Bench, settle, text};

const MACHINE: &str = "arn:aws:states:us-east-1:111111111111:stateMachine:m";

/// A machine `m` whose Map `Each` runs `states` (from `Work` on) for every item of its input.
async fn machine(bench: &Bench, kind: &str, states: Value, fields: Value) -> String {
    let processor = json!({
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": kind }, "StartAt": "Work", "States": states,
    });
    let mut map = json!({ "Type": "Map", "Label": "Each", "ItemProcessor": processor, "End": true });
    for (field, value) in fields.as_object().expect("fields") {
        map[field] = value.clone();
    }
    bench.machine("m", json!({ "StartAt": "Each", "States": { "Each": map } })).await
}

/// Waits for two seconds; then the item `"bad"` fails.
fn waits_then_fails_if_bad() -> Value {
    json!({
        "Work": { "Type": "Wait", "Seconds": 2, "Next": "Which" },
        "Which": { "Type": "Choice", "Choices": [{ "Variable": "$", "StringEquals": "bad", "Next": "Bad" }], "Default": "Good" },
        "Bad": { "Type": "Fail", "Error": "Bad", "Cause": "as asked" },
        "Good": { "Type": "Succeed" },
    })
}

async fn map_run(bench: &Bench, execution: &str) -> Value {
    let runs = bench.ok("ListMapRuns", json!({ "executionArn": execution })).await;
    let arn = runs["mapRuns"].as_array().expect("a list").last().expect("a run")["mapRunArn"].clone();
    bench.ok("DescribeMapRun", json!({ "mapRunArn": arn })).await
}

async fn children(bench: &Bench, run: &Value, filter: Value) -> Vec<Value> {
    let mut input = json!({ "mapRunArn": run["mapRunArn"] });
    input.as_object_mut().expect("an object").extend(filter.as_object().expect("an object").clone());
    bench.ok("ListExecutions", input).await["executions"].as_array().expect("a list").clone()
}

/// The counts that are not zero.
fn counts(run: &Value, of: &str) -> Value {
    let counts = run[of].as_object().expect("counts").iter().filter(|(_, count)| **count != 0);
    counts.map(|(name, count)| (name.clone(), count.clone())).collect::<serde_json::Map<_, _>>().into()
}

#[tokio::test(start_paused = true)]
async fn children_are_executions_of_their_own() {
    let bench = Bench::new().await;
    let fields = json!({ "MaxConcurrency": 1, "ToleratedFailurePercentage": 50 });
    let machine = machine(&bench, "STANDARD", waits_then_fails_if_bad(), fields).await;
    let execution = bench.start(&machine, "e", r#"["a", "bad"]"#).await;
    settle().await;
    let run = map_run(&bench, &execution).await;
    let arn = text(&run["mapRunArn"]);
    assert!(arn.starts_with("arn:aws:states:us-east-1:111111111111:mapRun:m/Each:"), "{arn}");
    assert_eq!(run["status"], "RUNNING");
    assert_eq!((&run["maxConcurrency"], &run["toleratedFailurePercentage"]), (&json!(1), &json!(50.0)));
    assert_eq!(counts(&run, "itemCounts"), json!({ "pending": 1, "running": 1, "total": 2 }));

    let described = bench.finish(&execution).await;
    assert_eq!(described["status"], "SUCCEEDED", "{described}");
    let output: Vec<Value> = serde_json::from_str(&text(&described["output"])).expect("an array");
    assert_eq!(output[0], "a");
    assert_eq!(
        (&output[1]["Status"], &output[1]["Error"], &output[1]["Input"]),
        (&json!("FAILED"), &json!("Bad"), &json!("\"bad\""))
    );
    let run = map_run(&bench, &execution).await;
    assert_eq!(run["status"], "SUCCEEDED");
    assert_eq!(counts(&run, "executionCounts"), json!({ "succeeded": 1, "failed": 1, "total": 2 }));

    let listed = children(&bench, &run, json!({})).await;
    let statuses: Vec<&Value> = listed.iter().map(|child| &child["status"]).collect();
    assert_eq!(statuses, ["FAILED", "SUCCEEDED"], "the newest first");
    assert_eq!((&listed[0]["mapRunArn"], &listed[0]["itemCount"]), (&json!(arn), &json!(1)));
    assert_eq!(children(&bench, &run, json!({ "statusFilter": "FAILED" })).await.len(), 1);
    let own = bench.ok("ListExecutions", json!({ "stateMachineArn": machine })).await;
    assert_eq!(own["executions"].as_array().map(Vec::len), Some(1), "children are not among the machine's executions");

    let child = text(&listed[0]["executionArn"]);
    assert!(child.starts_with("arn:aws:states:us-east-1:111111111111:execution:m/Each:"), "{child}");
    let described = bench.ok("DescribeExecution", json!({ "executionArn": child })).await;
    assert_eq!(described["stateMachineArn"], format!("{MACHINE}/Each"));
    assert_eq!((&described["mapRunArn"], &described["input"]), (&json!(arn), &json!("\"bad\"")));
    assert_eq!(described["redriveStatus"], "REDRIVABLE_BY_MAP_RUN");
    assert_eq!(bench.event_types(&child).await.last().map(String::as_str), Some("ExecutionFailed"));
    let machine = bench.ok("DescribeStateMachineForExecution", json!({ "executionArn": child })).await;
    assert_eq!(
        (&machine["label"], &machine["mapRunArn"], &machine["name"]),
        (&json!("Each"), &json!(arn), &json!("m/Each"))
    );
    let definition: Value = serde_json::from_str(&text(&machine["definition"])).expect("JSON");
    assert_eq!(definition, json!({ "StartAt": "Work", "States": waits_then_fails_if_bad() }));
    let types = bench.event_types(&execution).await;
    let expected = ["ExecutionStarted", "MapStateEntered", "MapStateStarted", "MapRunStarted", "MapRunSucceeded"];
    assert_eq!(types[..5], expected);
}

#[tokio::test(start_paused = true)]
async fn a_running_map_run_is_updated() {
    let bench = Bench::new().await;
    let machine = machine(&bench, "STANDARD", waits_then_fails_if_bad(), json!({ "MaxConcurrency": 1 })).await;
    let execution = bench.start(&machine, "e", r#"["bad", "b", "c", "d"]"#).await;
    settle().await;
    let run = map_run(&bench, &execution).await;
    let update = json!({ "mapRunArn": run["mapRunArn"], "maxConcurrency": 3, "toleratedFailureCount": 1 });
    bench.ok("UpdateMapRun", update.clone()).await;
    settle().await;
    let run = map_run(&bench, &execution).await;
    assert_eq!((&run["maxConcurrency"], &run["toleratedFailureCount"]), (&json!(3), &json!(1)));
    assert_eq!(counts(&run, "executionCounts"), json!({ "pending": 1, "running": 3, "total": 4 }));
    assert_eq!(bench.finish(&execution).await["status"], "SUCCEEDED");
    assert_eq!(bench.refused("UpdateMapRun", update).await.0, "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn stopping_a_parent_aborts_its_children_and_a_redrive_goes_on() {
    for kind in ["STANDARD", "EXPRESS"] {
        let bench = Bench::new().await;
        let fields = json!({ "MaxConcurrency": 2 });
        let machine = machine(&bench, kind, waits_then_fails_if_bad(), fields).await;
        let execution = bench.start(&machine, "e", r#"["a", "b", "c"]"#).await;
        settle().await;
        bench.ok("StopExecution", json!({ "executionArn": execution })).await;
        settle().await;
        let run = map_run(&bench, &execution).await;
        assert_eq!(run["status"], "ABORTED", "{kind}");
        assert_eq!(counts(&run, "executionCounts"), json!({ "pending": 1, "aborted": 2, "total": 3 }), "{kind}");
        assert_eq!(children(&bench, &run, json!({ "statusFilter": "ABORTED" })).await.len(), 2, "{kind}");
        assert_eq!(children(&bench, &run, json!({})).await.len(), 2, "{kind}");

        bench.ok("RedriveExecution", json!({ "executionArn": execution })).await;
        let described = bench.finish(&execution).await;
        assert_eq!(
            (&described["status"], &described["output"]),
            (&json!("SUCCEEDED"), &json!(r#"["a","b","c"]"#)),
            "{kind}"
        );
        let run = map_run(&bench, &execution).await;
        assert_eq!((&run["status"], &run["redriveCount"]), (&json!("SUCCEEDED"), &json!(1)), "{kind}");
        assert_eq!(counts(&run, "executionCounts"), json!({ "succeeded": 3, "total": 3 }), "{kind}");
        let redriven = children(&bench, &run, json!({ "redriveFilter": "REDRIVEN" })).await;
        assert_eq!(redriven.len(), if kind == "STANDARD" { 2 } else { 0 }, "Express children start anew");
        assert_eq!(children(&bench, &run, json!({})).await.len(), 3, "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_redrive_starts_only_the_unsuccessful_children_again() {
    let bench = Bench::new().await;
    let activity = text(&bench.ok("CreateActivity", json!({ "name": "pack" })).await["activityArn"]);
    let work = json!({ "Work": { "Type": "Task", "Resource": activity, "End": true } });
    let machine = machine(&bench, "STANDARD", work, json!({ "ToleratedFailureCount": 1, "MaxConcurrency": 3 })).await;
    let execution = bench.start(&machine, "e", "[1, 2, 3]").await;
    let answer = async |operation: &str, members: Value| {
        settle().await;
        let task = bench.ok("GetActivityTask", json!({ "activityArn": activity })).await;
        let mut input = json!({ "taskToken": task["taskToken"] });
        input.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
        bench.ok(operation, input).await;
        settle().await;
    };
    answer("SendTaskSuccess", json!({ "output": "10" })).await;
    answer("SendTaskFailure", json!({ "error": "Broken" })).await;
    answer("SendTaskFailure", json!({ "error": "Broken" })).await;
    assert_eq!(bench.finish(&execution).await["error"], "States.ExceedToleratedFailureThreshold");
    let run = map_run(&bench, &execution).await;
    assert_eq!(counts(&run, "executionCounts"), json!({ "succeeded": 1, "failed": 2, "total": 3 }));
    let failed = children(&bench, &run, json!({ "statusFilter": "FAILED" })).await;
    let refused = bench.refused("RedriveExecution", json!({ "executionArn": failed[0]["executionArn"] })).await;
    assert_eq!(refused.0, "ExecutionNotRedrivable");

    bench.ok("RedriveExecution", json!({ "executionArn": execution })).await;
    answer("SendTaskSuccess", json!({ "output": "20" })).await;
    answer("SendTaskSuccess", json!({ "output": "30" })).await;
    assert_eq!(bench.finish(&execution).await["output"], "[10,20,30]");
    let history = bench.ok("GetExecutionHistory", json!({ "executionArn": execution })).await;
    let redriven = history["events"].as_array().expect("events").iter().find(|event| event["type"] == "MapRunRedriven");
    let details = &redriven.expect("the event")["mapRunRedrivenEventDetails"];
    assert_eq!(*details, json!({ "mapRunArn": run["mapRunArn"], "redriveCount": 1 }));
    let types = bench.event_types(&text(&failed[0]["executionArn"])).await;
    assert_eq!(types.iter().filter(|kind| *kind == "ExecutionRedriven").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_aborted_child_and_a_nested_map_are_counted() {
    let bench = Bench::new().await;
    let inner = json!({
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" },
        "StartAt": "Inner", "States": { "Inner": { "Type": "Wait", "Seconds": 1, "End": true } },
    });
    let work = json!({ "Work": { "Type": "Map", "Label": "Nested", "ItemProcessor": inner, "End": true } });
    let machine = machine(&bench, "STANDARD", work, json!({ "ToleratedFailureCount": 1 })).await;
    let execution = bench.start(&machine, "e", "[[1, 2], [3]]").await;
    settle().await;
    let run = map_run(&bench, &execution).await;
    let child = text(&children(&bench, &run, json!({})).await[0]["executionArn"]);
    let nested = map_run(&bench, &child).await;
    assert!(text(&nested["mapRunArn"]).contains(":mapRun:m/Each/Nested:"), "{nested}");
    bench.ok("StopExecution", json!({ "executionArn": child })).await;
    settle().await;
    assert_eq!(map_run(&bench, &child).await["status"], "ABORTED");
    let described = bench.finish(&execution).await;
    assert_eq!(described["status"], "SUCCEEDED", "{described}");
    assert_eq!(
        counts(&map_run(&bench, &execution).await, "itemCounts"),
        json!({ "succeeded": 1, "aborted": 1, "total": 2 })
    );
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_children_run_and_are_counted() {
    let bench = Bench::new().await;
    for kind in ["STANDARD", "EXPRESS"] {
        let work = json!({ "Work": { "Type": "Pass", "End": true } });
        let selector =
            json!({ "ItemSelector": { "n.$": "$$.Map.Item.Value" }, "ResultSelector": { "n.$": "$.length()" } });
        let machine = machine(&bench, kind, work, selector).await;
        let items: Vec<u32> = (0..10_000).collect();
        let input = serde_json::to_string(&items).expect("numbers");
        let execution = bench.start(&machine, kind, &input).await;
        let described = bench.finish(&execution).await;
        assert_eq!((&described["status"], &described["output"]), (&json!("SUCCEEDED"), &json!(r#"{"n":10000}"#)));
        let run = map_run(&bench, &execution).await;
        assert_eq!(counts(&run, "executionCounts"), json!({ "succeeded": 10_000, "total": 10_000 }));
        bench.ok("DeleteStateMachine", json!({ "stateMachineArn": machine })).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_names_no_map_run_is_refused() {
    let bench = Bench::new().await;
    let arn = "arn:aws:states:us-east-1:111111111111:mapRun:m/Each:u";
    let machine = machine(&bench, "STANDARD", json!({ "Work": { "Type": "Succeed" } }), json!({})).await;
    let cases = [
        ("DescribeMapRun", json!({ "mapRunArn": arn }), "ResourceNotFound"),
        ("DescribeMapRun", json!({ "mapRunArn": machine }), "InvalidArn"),
        ("DescribeMapRun", json!({}), "ValidationException"),
        ("UpdateMapRun", json!({ "mapRunArn": arn, "maxConcurrency": 1 }), "ResourceNotFound"),
        ("UpdateMapRun", json!({ "mapRunArn": arn, "toleratedFailurePercentage": 101 }), "ValidationException"),
        ("ListMapRuns", json!({ "executionArn": arn }), "InvalidArn"),
        ("ListExecutions", json!({ "mapRunArn": arn }), "ResourceNotFound"),
        ("ListExecutions", json!({ "mapRunArn": arn, "stateMachineArn": machine }), "ValidationException"),
        ("ListExecutions", json!({}), "ValidationException"),
        ("StartExecution", json!({ "stateMachineArn": format!("{machine}/Each") }), "ValidationException"),
    ];
    for (operation, input, code) in cases {
        assert_eq!(bench.refused(operation, input.clone()).await.0, code, "{operation} {input}");
    }
}

#[tokio::test(start_paused = true)]
async fn map_runs_and_children_go_with_their_parent() {
    let retention = Retention { millis: None, per_machine: Some(0) };
    let bench = Bench::limited(Limits { retention, ..Limits::default() }).await;
    let work = json!({ "Work": { "Type": "Wait", "Seconds": 100, "Next": "Done" }, "Done": { "Type": "Succeed" } });
    let machine = machine(&bench, "STANDARD", work, json!({ "MaxConcurrency": 1 })).await;
    let execution = bench.start(&machine, "e", "[1, 2]").await;
    settle().await;
    bench.clock.advance_millis(150_000);
    settle().await;
    let run = map_run(&bench, &execution).await;
    let ended = children(&bench, &run, json!({ "statusFilter": "SUCCEEDED" })).await;
    assert_eq!(ended.len(), 1, "as long as the parent runs");
    bench.clock.advance_millis(100_000);
    settle().await;
    bench.clock.advance_millis(60_000);
    settle().await;
    for (operation, input, code) in [
        ("DescribeExecution", json!({ "executionArn": execution }), "ExecutionDoesNotExist"),
        ("DescribeExecution", json!({ "executionArn": ended[0]["executionArn"] }), "ExecutionDoesNotExist"),
        ("DescribeMapRun", json!({ "mapRunArn": run["mapRunArn"] }), "ResourceNotFound"),
    ] {
        assert_eq!(bench.refused(operation, input).await.0, code, "{operation}");
    }
}
