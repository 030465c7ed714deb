//! The `AWS_LAMBDA` data source: a function receives the payload, or the whole context in direct resolvers.

use resolver::Context;
use serde_json::{Value, json};

use super::{Failure, Remote};

pub(super) struct Lambda {
    pub(super) remote: Remote,
    pub(super) function_arn: String,
}

impl Lambda {
    /// `Invoke`. The function's event is the payload alone, not the whole request.
    pub(super) async fn invoke(&self, request: Value) -> Result<Value, Failure> {
        let payload = request.get("payload").cloned().unwrap_or_default();
        let invocation = request.get("invocationType").and_then(Value::as_str).unwrap_or("RequestResponse");
        match request.get("operation").and_then(Value::as_str) {
            Some("Invoke") => self.call(payload, invocation).await,
            // AWS differs: it groups the payloads of a list's items into one event.
            Some("BatchInvoke") => Err(Failure::Document("BatchInvoke is not supported yet.".to_owned())),
            Some(other) => Err(Failure::Document(format!("Unsupported operation '{other}'."))),
            None => Err(Failure::missing("operation")),
        }
    }

    /// Calls the function; the `lambda` service answers `{"Payload": ..., "FunctionError"?: "Unhandled"}`.
    pub(super) async fn call(&self, event: Value, invocation: &str) -> Result<Value, Failure> {
        let input = json!({ "FunctionName": self.function_arn, "InvocationType": invocation, "Payload": event });
        let mut answer = self.remote.call("lambda", "Invoke", input).await.map_err(|error| Failure::Reported {
            message: error.message.clone(),
            kind: format!("Lambda:{}", error.code),
            result: Value::Null,
        })?;
        let payload = answer.get_mut("Payload").map(Value::take).unwrap_or_default();
        match answer.get("FunctionError").and_then(Value::as_str) {
            _ if invocation == "Event" => Ok(Value::Null),
            None => Ok(payload),
            Some(kind) => Err(function_error(&payload, kind)),
        }
    }
}

fn function_error(payload: &Value, kind: &str) -> Failure {
    let text = |name: &str| payload.get(name).and_then(Value::as_str);
    Failure::Reported {
        message: text("errorMessage").unwrap_or("Unknown error").to_owned(),
        kind: format!("Lambda:{kind}"),
        result: Value::Null,
    }
}

/// The event of a direct Lambda resolver: the context object (developer guide, "Direct Lambda resolvers").
pub(crate) fn direct_event(context: &Context) -> Value {
    let info = &context.info;
    json!({
        "arguments": *context.arguments,
        "identity": *context.identity,
        "source": *context.source,
        "request": { "headers": context.request.headers, "domainName": context.request.domain_name },
        "prev": context.prev_result.as_deref().map(|result| json!({ "result": result })),
        "info": {
            "selectionSetList": info.selection_set_list,
            "selectionSetGraphQL": info.selection_set_graphql,
            "parentTypeName": info.parent_type_name,
            "fieldName": info.field_name,
            "variables": info.variables,
        },
        "stash": context.stash,
    })
}
