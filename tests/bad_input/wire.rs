//! The wire API: DynamoDB, Step Functions, Cognito and EventBridge.

use serde_json::{Value, json};

use crate::support::Server;

/// Signed requests that no service performs.
pub(crate) async fn refused(server: &Server) {
    let condition = json!({ "TableName": "stepwell-stock", "Item": { "sku": { "S": "s" } },
        "ConditionExpression": "(".repeat(4_000) });
    let deep_item = json!({ "TableName": "stepwell-stock", "Item": nested(40) });
    let deeper_item = json!({ "TableName": "stepwell-stock", "Item": nested(100) });
    let definition = json!({ "name": "deep", "definition": "[".repeat(100_000), "roleArn": "arn:aws:iam::1:role/r" });
    let cases = [
        ("DynamoDB_20120810.PutItem", condition.to_string(), "ValidationException"),
        ("DynamoDB_20120810.PutItem", deep_item.to_string(), "ValidationException"),
        ("DynamoDB_20120810.PutItem", deeper_item.to_string(), "SerializationException"),
        ("DynamoDB_20120810.PutItem", "[".repeat(100_000), "SerializationException"),
        ("DynamoDB_20120810.PutItem", "{\"a\":".repeat(100_000), "SerializationException"),
        ("DynamoDB_20120810.PutItem", "[]".to_owned(), "SerializationException"),
        ("DynamoDB_20120810.PutItem", "{\"TableName\": 5}".to_owned(), "Exception"),
        ("DynamoDB_20120810.ExplodeTable", "{}".to_owned(), "UnknownOperationException"),
        ("AWSStepFunctions.StartExecution", "{".to_owned(), "SerializationException"),
        ("AWSStepFunctions.CreateStateMachine", definition.to_string(), "InvalidDefinition"),
        ("AWSStepFunctions.SendTaskSuccess", "{\"taskToken\":\"x\",\"output\":\"1\"}".to_owned(), "InvalidToken"),
        ("AWSStepFunctions.FlyToTheMoon", "{}".to_owned(), "UnknownOperationException"),
        ("AWSCognitoIdentityProviderService.InitiateAuth", "{}".to_owned(), "Exception"),
        ("AWSEvents.PutEvents", "{\"Entries\":5}".to_owned(), "Exception"),
        ("Nobody.Knows", "{}".to_owned(), "UnknownOperationException"),
    ];
    for (target, body, code) in cases {
        let (status, answer) = server.try_wire_text(target, body).await.expect("an answer");
        assert_eq!(status, 400, "{target}: {answer}");
        assert!(answer["__type"].as_str().is_some_and(|found| found.ends_with(code)), "{target}: {answer}");
    }
}

fn nested(depth: usize) -> Value {
    let deep = (0..depth).fold(json!({ "S": "x" }), |value, _| json!({ "L": [value] }));
    json!({ "sku": { "S": "s" }, "deep": deep })
}

/// Requests that are not signed, wrongly signed, or signed by nobody we know.
pub(crate) async fn signatures(server: &Server) {
    let input = json!({});
    let target = "AWSStepFunctions.ListStateMachines";
    let unsigned = server.client.post(&server.http).header("x-amz-target", target).body("{}").send().await;
    let answer: Value = unsigned.expect("an answer").json().await.expect("JSON");
    assert_eq!(answer["__type"], "MissingAuthenticationTokenException", "{answer}");

    let (status, answer) = server.try_wire_with(target, &input, "not the secret").await.expect("an answer");
    assert!((400..=403).contains(&status), "{answer}");
    assert!(answer["__type"].as_str().is_some_and(|code| code.contains("Signature")), "{answer}");

    for header in ["AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b", "Bearer x", &"A".repeat(50_000)] {
        let request = server.client.post(&server.http).header("x-amz-target", target).header("authorization", header);
        let response = request.body("{}").send().await.expect("an answer");
        assert!(response.status().is_client_error(), "{header}");
    }
    let (status, _) = server.try_wire(target, &input).await.expect("an answer");
    assert_eq!(status, 200, "a request that is signed well is let in");
}
