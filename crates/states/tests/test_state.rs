//! TestState beyond the recorded cases: calls of services, waiting, time-outs, refusals and what is shown of a Map.

mod support;

use std::sync::Arc;

use aws_protocol::{BoxFuture, Caller, Service, ServiceError};
use parking_lot::Mutex;
use serde_json::{Value, json};
use support::{Bench, ROLE};

/// DynamoDB that answers the same every time, or nothing at all, and remembers who asked what.
struct Tables {
    answer: Option<Result<Value, ServiceError>>,
    asked: Mutex<Vec<(String, Value, String)>>,
}

impl Tables {
    fn answering(answer: Option<Result<Value, ServiceError>>) -> Arc<Self> {
        Arc::new(Self { answer, asked: Mutex::default() })
    }
}

impl Service for Tables {
    fn name(&self) -> &'static str {
        "dynamodb"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        caller: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        self.asked.lock().push((operation.to_owned(), input, caller.principal_arn.clone()));
        match &self.answer {
            Some(answer) => Box::pin(std::future::ready(answer.clone())),
            None => Box::pin(std::future::pending()),
        }
    }
}

/// The request of a test of `state`, with more members.
fn request(state: Value, more: Value) -> Value {
    let mut request = json!({ "definition": state.to_string() });
    for (member, value) in more.as_object().expect("members") {
        request[member] = value.clone();
    }
    request
}

/// The answer, with its JSON texts as JSON.
async fn try_state(bench: &Bench, state: Value, more: Value) -> Value {
    let answer = bench.call_over_time("TestState", request(state, more)).await;
    opened(answer.unwrap_or_else(|error| panic!("TestState: {error}")))
}

fn opened(value: Value) -> Value {
    match value {
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, opened(value))).collect(),
        Value::String(text) if text.starts_with(['{', '[']) => serde_json::from_str(&text).expect("JSON"),
        other => other,
    }
}

fn get_item() -> Value {
    json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:getItem",
        "Parameters": { "TableName": "Orders", "Key": { "id": { "S.$": "$.id" } } },
        "ResultSelector": { "name.$": "$.Item.name.S" },
        "ResultPath": "$.order",
        "Catch": [{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Sorry" }],
        "Next": "Ship",
    })
}

#[tokio::test(start_paused = true)]
async fn a_task_without_a_mock_calls_its_service_in_the_name_of_the_role() {
    let bench = Bench::new().await;
    let tables = Tables::answering(Some(Ok(json!({ "Item": { "name": { "S": "tea" } } }))));
    bench.services.register(tables.clone());
    let more = json!({ "input": r#"{"id":"7"}"#, "roleArn": ROLE, "inspectionLevel": "DEBUG" });
    let answer = try_state(&bench, get_item(), more).await;
    assert_eq!(answer["status"], "SUCCEEDED");
    assert_eq!(answer["nextState"], "Ship");
    assert_eq!(answer["output"], json!({ "id": "7", "order": { "name": "tea" } }));
    let inspection = &answer["inspectionData"];
    assert_eq!(inspection["afterParameters"], json!({ "TableName": "Orders", "Key": { "id": { "S": "7" } } }));
    assert_eq!(inspection["result"]["Item"], json!({ "name": { "S": "tea" } }));
    assert_eq!(inspection["afterResultSelector"], json!({ "name": "tea" }));
    assert_eq!(inspection["afterResultPath"], answer["output"]);
    let asked = tables.asked.lock();
    let key = json!({ "TableName": "Orders", "Key": { "id": { "S": "7" } } });
    assert_eq!(*asked, [("GetItem".to_owned(), key, ROLE.to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn what_the_service_refuses_is_caught() {
    let bench = Bench::new().await;
    let error = ServiceError::new("ResourceNotFoundException", "Requested resource not found");
    bench.services.register(Tables::answering(Some(Err(error))));
    let answer = try_state(&bench, get_item(), json!({ "input": r#"{"id":"7"}"#, "roleArn": ROLE })).await;
    assert_eq!(answer["status"], "CAUGHT_ERROR");
    assert_eq!(answer["nextState"], "Sorry");
    assert_eq!(answer["error"], "DynamoDB.ResourceNotFoundException");
    assert_eq!(answer["output"]["id"], "7");
    assert_eq!(answer["output"]["error"]["Error"], answer["error"]);
    assert_eq!(answer["output"]["error"]["Cause"], answer["cause"]);
    assert_eq!(answer.get("inspectionData"), None);
}

#[tokio::test(start_paused = true)]
async fn time_passes_in_a_trial() {
    let bench = Bench::new().await;
    bench.services.register(Tables::answering(None));
    let start = bench.clock.next_wake();
    assert_eq!(start, None);
    let task = |timeout: Value| {
        let mut task = json!({ "Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "End": true });
        if timeout != Value::Null {
            task["TimeoutSeconds"] = timeout;
        }
        task
    };
    let lapsed = json!({ "status": "FAILED", "error": "States.Timeout" });
    let waited = json!({ "status": "SUCCEEDED", "output": {} });
    let cases = [
        (json!({ "Type": "Wait", "Seconds": 200, "End": true }), 200, waited),
        (json!({ "Type": "Wait", "Seconds": 301, "End": true }), 300, lapsed.clone()),
        (task(json!(7)), 7, lapsed.clone()),
        (task(Value::Null), 300, lapsed),
    ];
    for (state, seconds, expected) in cases {
        let before = clock::Clock::now(&bench.clock).0;
        let answer = try_state(&bench, state.clone(), json!({ "roleArn": ROLE })).await;
        assert_eq!(answer, expected, "{state}");
        assert_eq!(clock::Clock::now(&bench.clock).0 - before, seconds * 1000, "{state}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_map_shows_its_items() {
    let bench = Bench::new().await;
    let processor = json!({ "StartAt": "I", "States": { "I": { "Type": "Pass", "End": true } } });
    let map = json!({
        "Type": "Map",
        "InputPath": "$.order",
        "ItemsPath": "$.lines",
        "ItemSelector": { "line.$": "$$.Map.Item.Value", "at.$": "$$.Map.Item.Index", "id.$": "$.id" },
        "ItemProcessor": processor,
        "MaxConcurrency": 2,
        "ResultPath": "$.done",
        "End": true,
    });
    let input = json!({ "order": { "id": 7, "lines": ["tea", "milk"] } });
    let mock = json!({ "result": "[true,false]" });
    let more = json!({ "input": input.to_string(), "mock": mock, "inspectionLevel": "DEBUG" });
    let answer = try_state(&bench, map, more).await;
    let output = json!({ "order": { "id": 7, "lines": ["tea", "milk"] }, "done": [true, false] });
    let expected = json!({
        "status": "SUCCEEDED",
        "output": output,
        "inspectionData": {
            "input": input,
            "afterInputPath": { "id": 7, "lines": ["tea", "milk"] },
            "afterItemsPath": ["tea", "milk"],
            "afterItemSelector": [{ "line": "tea", "at": 0, "id": 7 }, { "line": "milk", "at": 1, "id": 7 }],
            "afterResultSelector": [true, false],
            "afterResultPath": output,
            "maxConcurrency": 2,
        },
    });
    assert_eq!(answer, expected);
}

#[tokio::test(start_paused = true)]
async fn the_data_of_an_item_reader_becomes_the_items() {
    let bench = Bench::new().await;
    let map = |config: Value| {
        json!({
            "Type": "Map",
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": config,
                "Parameters": { "Bucket": "b", "Key": "k" },
            },
            "ItemProcessor": {
                "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
                "StartAt": "I",
                "States": { "I": { "Type": "Pass", "End": true } },
            },
            "End": true,
        })
    };
    let cases = [
        (json!({ "InputType": "JSON" }), "[1, 2]", "afterItemsPath"),
        (json!({ "InputType": "JSON", "ItemsPointer": "/a/b" }), r#"{"a": {"b": [1, 2]}}"#, "afterItemsPointer"),
        (json!({ "InputType": "JSONL" }), "1\n\n2\n", "afterItemsPath"),
    ];
    for (config, data, member) in cases {
        let configuration = json!({ "mapItemReaderData": data });
        let mock = json!({ "result": "[]" });
        let more = json!({ "mock": mock, "stateConfiguration": configuration, "inspectionLevel": "DEBUG" });
        let answer = try_state(&bench, map(config.clone()), more).await;
        assert_eq!(answer["inspectionData"][member], json!([1, 2]), "{config}: {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn variables_are_read_assigned_and_shown() {
    let bench = Bench::new().await;
    let state =
        json!({ "Type": "Pass", "Assign": { "x.$": "$y", "y.$": "$x" }, "Parameters": { "x.$": "$x" }, "End": true });
    let more = json!({ "variables": r#"{"x":1,"y":[2]}"#, "inspectionLevel": "TRACE" });
    let answer = try_state(&bench, state, more).await;
    assert_eq!(answer["output"], json!({ "x": 1 }));
    assert_eq!(answer["inspectionData"]["variables"], json!({ "x": [2], "y": 1 }));
}

#[tokio::test(start_paused = true)]
async fn retriers_come_before_catchers() {
    let bench = Bench::new().await;
    let state = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": { "FunctionName": "f" },
        "Retry": [
            { "ErrorEquals": ["Other"], "MaxAttempts": 9 },
            { "ErrorEquals": ["Busy"], "IntervalSeconds": 3, "BackoffRate": 2.0, "MaxAttempts": 2 },
        ],
        "Catch": [{ "ErrorEquals": ["Other"], "Next": "A" }, { "ErrorEquals": ["States.ALL"], "Next": "B" }],
        "End": true,
    });
    let attempt = |retries: u64| {
        json!({
            "mock": { "errorOutput": { "error": "Busy", "cause": "full" } },
            "stateConfiguration": { "retrierRetryCount": retries },
            "inspectionLevel": "DEBUG",
        })
    };
    let answer = try_state(&bench, state.clone(), attempt(1)).await;
    assert_eq!(answer["status"], "RETRIABLE");
    assert_eq!(answer["inspectionData"]["errorDetails"], json!({ "retryIndex": 1, "retryBackoffIntervalSeconds": 6 }));
    assert_eq!(answer.get("output"), None);
    let answer = try_state(&bench, state, attempt(2)).await;
    assert_eq!(answer["status"], "CAUGHT_ERROR");
    assert_eq!(answer["nextState"], "B");
    assert_eq!(answer["output"], json!({ "Error": "Busy", "Cause": "full" }));
    assert_eq!(answer["inspectionData"]["errorDetails"], json!({ "retryIndex": 1, "catchIndex": 1 }));
}

#[tokio::test(start_paused = true)]
async fn a_given_context_object_reaches_every_field() {
    let bench = Bench::new().await;
    let state = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "QueryLanguage": "JSONata",
        "Arguments": { "MessageBody": "{% $states.context.Task.Token %}" },
        "Output": "{% $states.context.Execution.Name & $states.result %}",
        "End": true,
    });
    let context = r#"{"Execution": {"Name": "mine-"}, "Task": {"Token": "secret"}}"#;
    let more = json!({ "context": context, "mock": { "result": "\"done\"" }, "inspectionLevel": "DEBUG" });
    let answer = try_state(&bench, state, more).await;
    assert_eq!(answer["output"], "\"mine-done\"");
    assert_eq!(answer["inspectionData"]["afterArguments"], json!({ "MessageBody": "secret" }));
    assert_eq!(answer["inspectionData"]["result"], "\"done\"");
}

#[tokio::test(start_paused = true)]
async fn states_of_a_whole_machine_are_found_by_name() {
    let bench = Bench::new().await;
    let inner = json!({ "StartAt": "In", "States": {
        "In": { "Type": "Pass", "Next": "Out" },
        "Out": { "Type": "Fail", "Error": "Nope" },
    } });
    let machine =
        json!({ "StartAt": "P", "States": { "P": { "Type": "Parallel", "Branches": [inner], "End": true } } });
    let answer = try_state(&bench, machine.clone(), json!({ "stateName": "In", "input": "[1]" })).await;
    assert_eq!(answer, json!({ "status": "SUCCEEDED", "nextState": "Out", "output": [1] }));
    let mock = json!({ "errorOutput": { "error": "Nope" } });
    let more = json!({ "stateName": "P", "mock": mock, "stateConfiguration": { "errorCausedByState": "Out" } });
    let answer = try_state(&bench, machine.clone(), more).await;
    assert_eq!(answer, json!({ "status": "FAILED", "error": "Nope" }));
    let more = json!({ "stateName": "In", "mock": { "result": "1" } });
    let (code, message) = bench.refused("TestState", request(machine, more)).await;
    assert_eq!(
        (&*code, &*message),
        ("ValidationException", "State type 'Pass' is not supported when a mock is specified")
    );
}

#[tokio::test(start_paused = true)]
async fn requests_that_do_not_go_with_the_state_are_refused() {
    let bench = Bench::new().await;
    let task = |resource: &str| json!({ "Type": "Task", "Resource": resource, "End": true });
    let branches = json!([{ "StartAt": "B", "States": { "B": { "Type": "Pass", "End": true } } }]);
    let parallel = json!({ "Type": "Parallel", "Branches": branches, "End": true });
    let pass = json!({ "Type": "Pass", "End": true });
    let lambda = || task("arn:aws:states:::lambda:invoke");
    let cases = [
        (parallel.clone(), json!({}), "InvalidDefinition", "TestState API does not support Map or Parallel states."),
        (
            task("arn:aws:states:us-east-1:111111111111:activity:Pack"),
            json!({}),
            "InvalidDefinition",
            "TestState API does not support activities without a mock",
        ),
        (
            task("arn:aws:states:::states:startExecution.sync:2"),
            json!({}),
            "InvalidDefinition",
            "TestState API does not support '.sync' service integrations without a mock",
        ),
        (
            task("arn:aws:states:::sqs:sendMessage.waitForTaskToken"),
            json!({}),
            "InvalidDefinition",
            "TestState API does not support '.waitForTaskToken' service integrations without a mock",
        ),
        (lambda(), json!({}), "ValidationException", "RoleArn must be specified when testing a Task state"),
        (lambda(), json!({ "mock": {} }), "ValidationException", "A test mock should have only one of"),
        (lambda(), json!({ "mock": { "result": "{" } }), "ValidationException", "Mocked result must be valid JSON"),
        (lambda(), json!({ "mock": { "result": "1" } }), "ValidationException", "Mocked result must be a JSON object."),
        (
            lambda(),
            json!({ "mock": { "result": "{}" }, "revealSecrets": true }),
            "ValidationException",
            "TestState does not support RevealSecrets when a mock is specified.",
        ),
        (parallel, json!({ "mock": { "result": "{}" } }), "ValidationException", "Mocked result must be an array."),
        (pass.clone(), json!({ "input": "{" }), "InvalidExecutionInput", "Invalid State Machine Execution Input"),
        (pass.clone(), json!({ "variables": "[]" }), "ValidationException", "Variables must be a valid JSON object"),
        (
            pass.clone(),
            json!({ "inspectionLevel": "ALL", "mock": { "fieldValidationMode": "LAX" } }),
            "ValidationException",
            "2 validation errors detected: Value 'ALL' at 'inspectionLevel' failed to satisfy constraint: Member must satisfy \
             enum value set: [INFO, DEBUG, TRACE]; Value 'LAX' at 'mock.fieldValidationMode'",
        ),
        (
            pass,
            json!({ "stateConfiguration": { "retrierRetryCount": -1 } }),
            "ValidationException",
            "1 validation error detected: Value '-1' at 'stateConfiguration.retrierRetryCount' failed to satisfy constraint: \
             Member must have value greater than or equal to 0",
        ),
        (json!({ "Type": "Pass" }), json!({}), "InvalidDefinition", "Invalid State Machine Definition: '"),
    ];
    for (state, more, code, message) in cases {
        let request = request(state, more);
        let found = bench.refused("TestState", request.clone()).await;
        assert!(found.0 == code && found.1.starts_with(message), "{request}: {found:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_item_selector_makes_of_many_items_is_bounded() {
    let bench = Bench::new().await;
    let processor = json!({ "StartAt": "I", "States": { "I": { "Type": "Pass", "End": true } } });
    let map =
        |selector: Value| json!({ "Type": "Map", "ItemSelector": selector, "ItemProcessor": processor, "End": true });
    let cases = [
        // Each of a hundred iterations gets all of the input: more than one payload holds.
        (json!({ "all.$": "$" }), vec!["x".repeat(100); 100]),
        // Each of many has a context object with all of the input.
        (json!({ "one": 1 }), vec!["x".to_owned(); 60_000]),
    ];
    for (selector, items) in cases {
        let more = json!({ "input": json!(items).to_string(), "mock": { "result": "[]" } });
        let answer = try_state(&bench, map(selector), more).await;
        assert_eq!((&answer["status"], &answer["error"]), (&json!("FAILED"), &json!("States.DataLimitExceeded")));
    }
}
