//! `events:putEvents`: entries get the execution and its machine as resources, and an entry that fails fails the task.

use aws_protocol::ServiceError;
use serde_json::{Value, json};

use super::{Failure, TaskCall, metadata};
use crate::engine::Shared;

/// Calls EventBridge and answers the task's result.
pub(super) async fn put_events(shared: &Shared, call: &TaskCall) -> Result<String, Failure> {
    let mut input: Value = serde_json::from_str(&call.parameters).map_err(Failure::parameters)?;
    for entry in input.get_mut("Entries").and_then(Value::as_array_mut).into_iter().flatten() {
        complete(entry, call);
    }
    let request_id = shared.clock.uuid();
    let answer = shared.call_other(call, "events", "PutEvents", input).await;
    let mut output = answer.map_err(|error| failure(&error, &request_id))?;
    if output["FailedEntryCount"].as_u64().unwrap_or(0) > 0 {
        return Err(Failure::new("EventBridge.FailedEntry", output.to_string()));
    }
    let http = metadata::Http {
        connection: "connection",
        server: None,
        content_type: "application/x-amz-json-1.1",
        content_length: output.to_string().len(),
        request_id: &request_id,
        date: shared.clock.now(),
        more: &[],
    };
    metadata::add(&mut output, &http);
    Ok(output.to_string())
}

/// `Detail` may be written as JSON; `Resources` names who sent the event.
fn complete(entry: &mut Value, call: &TaskCall) {
    let Value::Object(members) = entry else { return };
    if let Some(detail) = members.get_mut("Detail").filter(|detail| !detail.is_string()) {
        *detail = Value::String(detail.to_string());
    }
    let resources = members.entry("Resources").or_insert_with(|| json!([]));
    if let Value::Array(resources) = resources {
        resources.extend([json!(call.execution_arn), json!(call.machine_arn)]);
    }
}

fn failure(error: &ServiceError, request_id: &str) -> Failure {
    let known = ["InternalException", "OperationDisabledException"];
    let name = known.iter().find(|known| **known == error.code).unwrap_or(&"AmazonEventBridgeException");
    Failure::optimised("EventBridge", name, "AmazonEventBridge", error, request_id)
}
