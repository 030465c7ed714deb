//! The `AMAZON_BEDROCK_RUNTIME` data source: `InvokeModel` and `Converse` of the service `bedrock-runtime` (developer
//! guide, "JavaScript resolver and function reference for Amazon Bedrock runtime").

use serde_json::Value;

use super::{Call, Failure, Remote};
use crate::limits;

/// Members of the request that are AppSync's, not Bedrock's.
const OWN_MEMBERS: [&str; 2] = ["operation", "version"];

pub(super) struct Bedrock {
    pub(super) remote: Remote,
}

impl Bedrock {
    /// The result is what the model answers (`InvokeModel`), or Bedrock's own answer (`Converse`).
    pub(super) async fn invoke(&self, call: &Call<'_>, request: Value) -> Result<Value, Failure> {
        let (operation, input) = input(request)?;
        let answered = self.remote.call("bedrock-runtime", operation, input);
        // The names of these errors are not recorded on AWS.
        let reported = |message: String, kind: &str| Failure::Reported {
            message,
            kind: format!("BedrockRuntime:{kind}"),
            result: Value::Null,
        };
        match call.within(limits::BEDROCK_MILLIS, answered).await {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => Err(reported(error.message, &error.code)),
            None => Err(reported("execution timed out.".to_owned(), "ExecutionTimeoutException")),
        }
    }
}

fn input(request: Value) -> Result<(&'static str, Value), Failure> {
    let operation = match request.get("operation").and_then(Value::as_str) {
        Some("InvokeModel") => "InvokeModel",
        Some("Converse") => "Converse",
        Some(other) => return Err(Failure::Document(format!("Unsupported operation '{other}'."))),
        None => return Err(Failure::missing("operation")),
    };
    if request.get("modelId").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(Failure::missing("modelId"));
    }
    let wanted = if operation == "Converse" { "messages" } else { "body" };
    if request.get(wanted).is_none_or(Value::is_null) {
        return Err(Failure::missing(wanted));
    }
    let mut input = request;
    if let Some(members) = input.as_object_mut() {
        members.retain(|name, value| !OWN_MEMBERS.contains(&name.as_str()) && !value.is_null());
    }
    Ok((operation, input))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn requests_name_a_model_and_what_to_ask() {
        let asked = json!({ "operation": "Converse", "modelId": "m", "messages": [], "system": null });
        assert_eq!(input(asked), Ok(("Converse", json!({ "modelId": "m", "messages": [] }))));
        for (request, missing) in [
            (json!({}), "operation"),
            (json!({ "operation": "InvokeModel" }), "modelId"),
            (json!({ "operation": "InvokeModel", "modelId": "m" }), "body"),
            (json!({ "operation": "Converse", "modelId": "m", "body": {} }), "messages"),
        ] {
            assert_eq!(input(request), Err(Failure::missing(missing)));
        }
        let stream = json!({ "operation": "ConverseStream", "modelId": "m" });
        assert!(matches!(input(stream), Err(Failure::Document(_))));
    }
}
