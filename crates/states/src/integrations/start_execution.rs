//! `states:startExecution`, also with `.waitForTaskToken`, `.sync` and `.sync:2`: executions that start executions.
//!
//! A child's name is the task's own where the parameters give none, so that a call made again after a crash finds the
//! child it started before.

use std::{collections::BTreeMap, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use aws_protocol::ServiceError;
use clock::Timestamp;
use serde_json::{Value, json, value::RawValue};

use super::{Failure, Pattern, Resource, TaskCall, case, metadata};
use crate::{engine::Shared, interpreter::Stimulus};

/// How often a child of another engine is looked at, milliseconds.
const POLL_MILLIS: i64 = 1_000;

/// How often a child is looked for that was on its way when its task was aborted.
const STOP_LOOKS: usize = 2;

/// Members of a child's description that the parent gets to see, as recorded on AWS.
const SHOWN: [&str; 13] = [
    "Cause",
    "Error",
    "ExecutionArn",
    "Input",
    "InputDetails",
    "Name",
    "Output",
    "OutputDetails",
    "StartDate",
    "StateMachineArn",
    "Status",
    "StopDate",
    "TraceHeader",
];

/// Starts a child and answers what StartExecution answers.
pub(super) async fn call(shared: &Shared, call: &TaskCall) -> Result<String, Failure> {
    let request = request(call)?;
    let request_id = shared.clock.uuid();
    let answer = match shared.call_other(call, "states", "StartExecution", request.clone()).await {
        Err(error) if error.code == "ExecutionAlreadyExists" && (call.again || request["name"] == own_name(call)) => {
            started_before(shared, call, &request).await.ok_or(error)
        }
        answer => answer,
    };
    let answer = answer.map_err(|error| failure(&error, &request_id))?;
    let body_length = body_length(&answer);
    let mut output = case::to_pascal(answer, case::Dates::Millis);
    let http = metadata::Http {
        connection: "connection",
        server: None,
        content_type: "application/x-amz-json-1.0",
        content_length: body_length,
        request_id: &request_id,
        date: shared.clock.now(),
        more: &[],
    };
    metadata::add(&mut output, &http);
    Ok(output.to_string())
}

impl Shared {
    /// Starts a child, tells the execution, and answers the child's description once it has ended.
    pub(super) async fn run_child(self: &Arc<Self>, call: &TaskCall) -> Result<String, Failure> {
        let request = request(call)?;
        let mut child = child_arn(&request);
        if !call.submitted {
            let output = self.call_service(call).await?;
            let answer: Value = serde_json::from_str(&output).map_err(Failure::parameters)?;
            child = answer["ExecutionArn"].as_str().map(str::to_owned);
            let submitted = Stimulus::TaskSubmitted { task: call.task, output: output.into() };
            self.clone().stimulate(&call.execution_arn, submitted).await;
        }
        let child = child.ok_or_else(|| Failure::parameters("StateMachineArn is no ARN of a state machine"))?;
        self.child_result(call, &child).await
    }

    /// Stops the child of an aborted task, if there is one: it may have been on its way when the task was aborted.
    ///
    /// # Errors
    /// Of the service itself; a child that is not there, or that the role may not stop, is none.
    pub(crate) async fn stop_job_of(&self, call: &TaskCall) -> Result<(), ServiceError> {
        let is_child = matches!(&call.resource, Resource::Service { service, .. } if &**service == "states");
        let Some(request) = request(call).ok().filter(|_| is_child) else { return Ok(()) };
        let Some(child) = child_arn(&request) else { return Ok(()) };
        for _look in 0..STOP_LOOKS {
            if call.submitted || started_before(self, call, &request).await.is_some() {
                let stop = json!({ "executionArn": child });
                let stopped = self.call_other(call, "states", "StopExecution", stop).await;
                let comes_again = |error: &ServiceError| error.status >= 500 || error.code == "ThrottlingException";
                return stopped.map(drop).or_else(|error| if comes_again(&error) { Err(error) } else { Ok(()) });
            }
            self.clock.sleep_until(self.clock.now().plus_millis(POLL_MILLIS)).await;
        }
        Ok(())
    }

    async fn child_result(self: &Arc<Self>, call: &TaskCall, child: &str) -> Result<String, Failure> {
        let local: Arc<str> = child.into();
        loop {
            if let Err(error) = self.wait_for_end(&local).await {
                tracing::error!(execution = child, %error, "the end of a child cannot be waited for");
            }
            let input = json!({ "executionArn": child });
            let answer = self.call_other(call, "states", "DescribeExecution", input).await;
            let answer = answer.map_err(|error| failure(&error, &self.clock.uuid()))?;
            match answer["status"].as_str() {
                Some("RUNNING") => self.clock.sleep_until(self.clock.now().plus_millis(POLL_MILLIS)).await,
                Some("SUCCEEDED") => return Ok(description(answer, call.resource.pattern() == Pattern::Sync2)),
                _ => return Err(Failure::new("States.TaskFailed", description(answer, false))),
            }
        }
    }
}

/// The StartExecution request of a task.
fn request(call: &TaskCall) -> Result<Value, Failure> {
    let parameters: BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(&call.parameters).map_err(Failure::parameters)?;
    let mut request = json!({ "name": own_name(call) });
    for (name, raw) in parameters {
        // `Input` may be written as JSON; its text goes to the child as it is.
        let value = match serde_json::from_str(raw.get()).map_err(Failure::parameters)? {
            Value::Null => continue,
            Value::String(text) => Value::String(text),
            _ if name == "Input" => Value::String(raw.get().to_owned()),
            other => other,
        };
        let member = match name.as_str() {
            "StateMachineArn" => "stateMachineArn",
            "Input" => "input",
            "Name" => "name",
            "TraceHeader" => "traceHeader",
            other => {
                let text = format!("The field '{other}' is not supported by Step Functions");
                return Err(Failure::parameters(text));
            }
        };
        request[member] = value;
    }
    Ok(request)
}

/// A name in the form of a UUID that follows from the task.
fn own_name(call: &TaskCall) -> String {
    let hash = digest(&SHA256, format!("{} {}", call.execution_arn, call.task.0).as_bytes());
    let hex: String = hash.as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

/// The ARN that a request's execution has.
fn child_arn(request: &Value) -> Option<String> {
    let machine = request["stateMachineArn"].as_str()?;
    let (before, name) = machine.split_once(":stateMachine:")?;
    let name = name.split(':').next()?;
    Some(format!("{before}:execution:{name}:{}", request["name"].as_str()?))
}

/// The child that this very task started before a crash, if it is that: same input, and not older than its parent.
async fn started_before(shared: &Shared, call: &TaskCall, request: &Value) -> Option<Value> {
    let input = json!({ "executionArn": child_arn(request)? });
    let found = shared.call_other(call, "states", "DescribeExecution", input).await.ok()?;
    let same_input = found["input"].as_str() == Some(request["input"].as_str().unwrap_or("{}"));
    let started = Timestamp((found["startDate"].as_f64()? * 1000.0).round() as i64);
    (same_input && started >= call.started)
        .then(|| json!({ "executionArn": found["executionArn"], "startDate": found["startDate"] }))
}

/// The description of an ended child: with `json`, its input and output as JSON instead of text.
fn description(answer: Value, json: bool) -> String {
    let Value::Object(members) = case::to_pascal(answer, case::Dates::Millis) else { return "{}".to_owned() };
    let shown = members.into_iter().filter(|(name, value)| SHOWN.contains(&name.as_str()) && !value.is_null());
    let described: BTreeMap<String, Box<RawValue>> = shown
        .filter_map(|(name, value)| {
            let text = match value {
                Value::String(text) if json && (name == "Input" || name == "Output") => text,
                other => other.to_string(),
            };
            Some((name, RawValue::from_string(text).ok()?))
        })
        .collect();
    serde_json::to_string(&described).expect("a map of texts to JSON")
}

/// The length of the body on AWS's wire, where moments have an exponent: `1.688128959213E9`.
fn body_length(answer: &Value) -> usize {
    let text = answer.to_string();
    let whole_seconds = answer["startDate"].as_f64().is_some_and(|seconds| seconds.fract() == 0.0);
    text.len() + if whole_seconds { 0 } else { "E9".len() }
}

fn failure(error: &ServiceError, request_id: &str) -> Failure {
    let name = match &*error.code {
        "ValidationException" | "SerializationException" | "InternalFailure" => "AWSStepFunctionsException".to_owned(),
        named if named.ends_with("Exception") => named.to_owned(),
        named => format!("{named}Exception"),
    };
    Failure::optimised("StepFunctions", &name, "AWSStepFunctions", error, request_id)
}
