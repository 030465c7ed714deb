//! The state machines that are measured, and counting their executions.

use anyhow::Context;
use serde_json::{Value, json};

use crate::server::Server;

/// The role of every machine here.
pub(crate) const ROLE: &str = "arn:aws:iam::000000000000:role/bench";

/// Three Pass states.
pub(crate) fn three_pass() -> Value {
    json!({ "StartAt": "A", "States": {
        "A": { "Type": "Pass", "Next": "B" },
        "B": { "Type": "Pass", "Next": "C" },
        "C": { "Type": "Pass", "End": true },
    } })
}

/// Ten states, among them a Choice and an inline Map of ten iterations: [`TEN_STATES_ENTERED`] in an execution.
pub(crate) fn ten_states() -> Value {
    let pass = |next: &str| json!({ "Type": "Pass", "Next": next });
    json!({ "StartAt": "Begin", "States": {
        "Begin": { "Type": "Pass", "Result": { "numbers": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "amount": 250 }, "Next": "Size" },
        "Size": { "Type": "Choice", "Default": "Small", "Choices": [
            { "Variable": "$.amount", "NumericGreaterThan": 100, "Next": "Large" } ] },
        "Small": pass("Each"),
        "Large": { "Type": "Pass", "Parameters": { "numbers.$": "$.numbers", "isLarge": true }, "Next": "Each" },
        "Each": { "Type": "Map", "ItemsPath": "$.numbers", "ResultPath": "$.done", "Next": "F",
            "ItemProcessor": { "ProcessorConfig": { "Mode": "INLINE" }, "StartAt": "One", "States": {
                "One": { "Type": "Pass", "End": true } } } },
        "F": pass("G"),
        "G": pass("H"),
        "H": pass("I"),
        "I": pass("J"),
        "J": { "Type": "Pass", "End": true },
    } })
}

/// States that an execution of [`ten_states`] enters: nine of the ten (one of the two sizes), and one in each iteration.
pub(crate) const TEN_STATES_ENTERED: usize = 19;

/// What an execution of [`ten_states`] answers.
pub(crate) const TEN_STATES_OUTPUT: &str =
    r#"{"numbers":[1,2,3,4,5,6,7,8,9,10],"isLarge":true,"done":[1,2,3,4,5,6,7,8,9,10]}"#;

/// Waits for a day.
pub(crate) fn wait() -> Value {
    json!({ "StartAt": "Wait", "States": { "Wait": { "Type": "Wait", "Seconds": 86_400, "End": true } } })
}

/// Sends its token to EventBridge, where no rule listens, and waits for the answer.
pub(crate) fn wait_for_token() -> Value {
    json!({ "StartAt": "Ask", "States": { "Ask": {
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents.waitForTaskToken",
        "Parameters": { "Entries": [ { "Source": "bench", "DetailType": "ask", "EventBusName": "default",
            "Detail": { "token.$": "$$.Task.Token" } } ] },
        "End": true,
    } } })
}

/// One task of an activity.
pub(crate) fn activity_task(activity_arn: &str) -> Value {
    json!({ "StartAt": "Work", "States": { "Work": { "Type": "Task", "Resource": activity_arn, "End": true } } })
}

/// What CreateStateMachine is asked.
pub(crate) fn creation(name: &str, definition: &Value, kind: &str) -> Value {
    json!({ "name": format!("bench-{name}"), "definition": definition.to_string(), "roleArn": ROLE, "type": kind })
}

/// Makes a state machine; answers its ARN.
pub(crate) async fn machine(server: &Server, name: &str, definition: &Value, kind: &str) -> anyhow::Result<String> {
    let created = server.call("AWSStepFunctions.CreateStateMachine", &creation(name, definition, kind)).await?;
    Ok(created["stateMachineArn"].as_str().context("no stateMachineArn")?.to_owned())
}

/// How many executions of a machine have this status, and the ARN of one of them.
pub(crate) async fn count(server: &Server, machine: &str, status: &str) -> anyhow::Result<(usize, Value)> {
    let mut request = json!({ "stateMachineArn": machine, "statusFilter": status, "maxResults": 1000 });
    let (mut count, mut one) = (0, Value::Null);
    loop {
        let mut page = server.call("AWSStepFunctions.ListExecutions", &request).await?;
        let executions = page["executions"].as_array().context("no executions")?;
        count += executions.len();
        if let Some(execution) = executions.first() {
            one = execution["executionArn"].clone();
        }
        match page["nextToken"].take() {
            Value::Null => return Ok((count, one)),
            token => request["nextToken"] = token,
        }
    }
}
