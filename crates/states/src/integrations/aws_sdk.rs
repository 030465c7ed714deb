//! `aws-sdk:SERVICE:ACTION`: any operation of a service that stepwell has, members in Pascal case.

use std::collections::BTreeMap;

use aws_protocol::ServiceError;
use serde_json::{Map, Value, value::RawValue};

use super::{Failure, TaskCall, case, s3};
use crate::engine::Shared;

/// A service as workflows name it.
struct Sdk {
    /// The signing name, as [`aws_protocol::Directory`] knows it.
    service: String,
    /// The name in errors.
    title: String,
    /// Whether the wire's members begin with a small letter.
    camel: bool,
}

/// Services that workflows call by another name than requests are signed for, or whose name in errors has more than one
/// capital letter, or whose members begin with small letters.
const NAMED: [(&str, &str, &str, bool); 14] = [
    ("cloudwatchlogs", "logs", "CloudWatchLogs", true),
    ("codebuild", "codebuild", "CodeBuild", true),
    ("codepipeline", "codepipeline", "CodePipeline", true),
    ("cognitoidentityprovider", "cognito-idp", "CognitoIdentityProvider", false),
    ("dynamodb", "dynamodb", "DynamoDb", false),
    ("ecr", "ecr", "Ecr", true),
    ("ecs", "ecs", "Ecs", true),
    ("eventbridge", "events", "EventBridge", false),
    ("sagemaker", "sagemaker", "SageMaker", false),
    ("secretsmanager", "secretsmanager", "SecretsManager", false),
    ("servicediscovery", "servicediscovery", "ServiceDiscovery", false),
    ("sfn", "states", "Sfn", true),
    ("cloudformation", "cloudformation", "CloudFormation", false),
    ("autoscaling", "autoscaling", "AutoScaling", false),
];

fn sdk(name: &str) -> Sdk {
    match NAMED.iter().find(|(known, ..)| *known == name) {
        Some((_, service, title, camel)) => {
            Sdk { service: (*service).to_owned(), title: (*title).to_owned(), camel: *camel }
        }
        None => Sdk { service: name.to_owned(), title: operation(name), camel: false },
    }
}

/// Calls `action` of the service that workflows call `name`, and answers the task's result.
pub(super) async fn call(shared: &Shared, call: &TaskCall, name: &str, action: &str) -> Result<String, Failure> {
    let sdk = sdk(name);
    let operation = operation(action);
    let mut input = input(&call.parameters, &sdk)?;
    if sdk.service == "lambda" {
        payload_to_text(&mut input);
    }
    if sdk.service == "s3" {
        s3::body_to_text(&mut input);
    }
    let answer = shared.call_other(call, &sdk.service, &operation, input).await;
    let mut output = answer.map_err(|error| failure(&sdk, &error, &shared.clock.uuid()))?;
    if sdk.service == "lambda" {
        payload_from_text(&mut output);
    }
    let output = if sdk.camel { case::to_pascal(output, case::Dates::Iso8601) } else { output };
    Ok(output.to_string())
}

/// `startExecution` is the operation `StartExecution`.
fn operation(action: &str) -> String {
    let mut letters = action.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// A function's payload is bytes: a text is taken as it is, anything else as its JSON.
fn payload_to_text(input: &mut Value) {
    let Value::Object(members) = input else { return };
    let text = match members.remove("Payload") {
        Some(Value::String(text)) => text,
        Some(payload) => payload.to_string(),
        None => "{}".to_owned(),
    };
    members.insert("PayloadText".to_owned(), text.into());
}

/// And comes back as a text.
fn payload_from_text(output: &mut Value) {
    let Value::Object(members) = output else { return };
    members.remove("RequestId");
    if let Some(text) = members.remove("PayloadText") {
        members.insert("Payload".to_owned(), text);
    }
}

/// Members that the API wants as JSON text and a workflow may write as JSON.
const JSON_TEXT: [&str; 3] = ["Input", "Output", "Definition"];

fn input(parameters: &str, sdk: &Sdk) -> Result<Value, Failure> {
    if !sdk.camel {
        return serde_json::from_str(parameters).map_err(Failure::parameters);
    }
    let parameters: BTreeMap<String, Box<RawValue>> = serde_json::from_str(parameters).map_err(Failure::parameters)?;
    let mut members = Map::new();
    for (name, raw) in parameters {
        let value: Value = serde_json::from_str(raw.get()).map_err(Failure::parameters)?;
        let value = match value {
            Value::Null => continue,
            Value::String(_) => value,
            _ if JSON_TEXT.contains(&name.as_str()) => Value::String(raw.get().to_owned()),
            other => case::to_camel(other),
        };
        members.insert(name, value);
    }
    Ok(case::to_camel(Value::Object(members)))
}

fn failure(sdk: &Sdk, error: &ServiceError, request_id: &str) -> Failure {
    if sdk.service == "s3" {
        return s3::failure(error, request_id);
    }
    let name = match &*error.code {
        // Not in the models of these services (recorded on AWS).
        "ValidationException" if ["dynamodb", "secretsmanager"].contains(&sdk.service.as_str()) => {
            format!("{}Exception", sdk.title)
        }
        "SerializationException" | "InternalFailure" | "UnknownOperationException" | "UnknownError" => {
            format!("{}Exception", sdk.title)
        }
        named if named.ends_with("Exception") => named.to_owned(),
        named => format!("{named}Exception"),
    };
    Failure::sdk(&sdk.title, &name, error, request_id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_take_the_case_of_the_wire_and_json_members_become_text() {
        let sfn = sdk("sfn");
        let parameters = r#"{"StateMachineArn":"a","Input":{"Key":1.50},"Tags":[{"Key":"k","Value":"v"}],"Name":null}"#;
        let expected =
            json!({ "stateMachineArn": "a", "input": "{\"Key\":1.50}", "tags": [{ "key": "k", "value": "v" }] });
        assert_eq!(input(parameters, &sfn).expect("an object"), expected);
    }

    #[test]
    fn exceptions_read_as_recorded_on_aws() {
        let token = ServiceError::new("InvalidToken", "Invalid Token: 'Invalid token'");
        let expected = Failure::new(
            "Sfn.InvalidTokenException",
            "Invalid Token: 'Invalid token' (Service: Sfn, Status Code: 400, Request ID: R1) (SDK Attempt Count: 1)",
        );
        assert_eq!(failure(&sdk("sfn"), &token, "R1"), expected);
        let invalid = ServiceError::new("ValidationException", "no");
        let named = failure(&sdk("dynamodb"), &invalid, "R1");
        assert_eq!(named.error, "DynamoDb.DynamoDbException");
        let secret = failure(&sdk("secretsmanager"), &ServiceError::new("ValidationException", "Invalid name."), "R1");
        assert_eq!(secret.error, "SecretsManager.SecretsManagerException");
        let queue = failure(&sdk("sqs"), &ServiceError::new("QueueDoesNotExist", "no"), "R1");
        assert_eq!(queue.error, "Sqs.QueueDoesNotExistException");
    }
}
