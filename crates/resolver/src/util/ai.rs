//! `@aws-appsync/utils/ai`: requests for Amazon Bedrock data sources (developer guide, "JavaScript resolver function
//! reference for Amazon Bedrock runtime").

use serde_json::{Map, Value};

use super::{Fault, Function, object_argument};

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("ai.invokeModel", |_, arguments| request("invokeModel", "InvokeModel", arguments)),
    ("ai.converse", |_, arguments| request("converse", "Converse", arguments)),
];

/// The payload with its operation before it.
fn request(function: &str, operation: &str, arguments: &[Value]) -> Result<Value, Fault> {
    let payload = object_argument(&format!("ai.{function}"), arguments, 0)?;
    let mut request = Map::from_iter([("operation".to_owned(), operation.into())]);
    request.extend(
        payload.iter().filter(|(name, _)| *name != "operation").map(|(name, value)| (name.clone(), value.clone())),
    );
    Ok(Value::Object(request))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::util::{Scope, find};

    #[test]
    fn payloads_become_requests() {
        let call = |name: &str, payload| find(name).unwrap()(&mut Scope::default(), &[payload]);
        let body = json!({ "modelId": "m", "body": { "inputText": "x" } });
        assert_eq!(
            call("ai.invokeModel", body).unwrap(),
            json!({ "operation": "InvokeModel", "modelId": "m", "body": { "inputText": "x" } })
        );
        assert_eq!(call("ai.converse", json!({ "modelId": "m" })).unwrap()["operation"], "Converse");
        assert!(call("ai.converse", json!("m")).is_err());
    }
}
