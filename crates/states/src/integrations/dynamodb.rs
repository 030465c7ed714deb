//! `dynamodb:getItem`, `putItem`, `updateItem` and `deleteItem`: parameters and result are those of DynamoDB's API.

use aws_protocol::ServiceError;
use serde_json::Value;

use super::{Failure, TaskCall, metadata};
use crate::engine::Shared;

/// Exceptions that the SDK of the optimised integration knows by name; all others appear under one name.
const NAMED: [&str; 9] = [
    "ConditionalCheckFailedException",
    "InternalServerErrorException",
    "ItemCollectionSizeLimitExceededException",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceededException",
    "ResourceInUseException",
    "ResourceNotFoundException",
    "TransactionConflictException",
];
const UNNAMED: &str = "AmazonDynamoDBException";

/// Calls DynamoDB and answers the task's result.
pub(super) async fn call(shared: &Shared, call: &TaskCall, action: &str) -> Result<String, Failure> {
    let operation = match action {
        "getItem" => "GetItem",
        "putItem" => "PutItem",
        "updateItem" => "UpdateItem",
        "deleteItem" => "DeleteItem",
        _ => return Err(Failure::unsupported(&call.resource_arn)),
    };
    let input: Value = serde_json::from_str(&call.parameters).map_err(Failure::parameters)?;
    let request_id = request_id(shared);
    let answer = shared.call_other(call, "dynamodb", operation, input).await;
    let mut output = answer.map_err(|error| failure(&error, &request_id))?;
    let http = metadata::Http {
        connection: "Connection",
        server: Some("Server"),
        content_type: "application/x-amz-json-1.0",
        content_length: output.to_string().len(),
        request_id: &request_id,
        date: shared.clock.now(),
        more: &[],
    };
    metadata::add(&mut output, &http);
    Ok(output.to_string())
}

fn failure(error: &ServiceError, request_id: &str) -> Failure {
    let name = NAMED.iter().find(|named| **named == error.code).unwrap_or(&UNNAMED);
    Failure::optimised("DynamoDB", name, "AmazonDynamoDBv2", error, request_id)
}

/// DynamoDB's request ids are 52 letters and digits, not UUIDs.
fn request_id(shared: &Shared) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    let mut bits = 0_u64;
    let letters = (0..52).map(|at| {
        if at % 12 == 0 {
            bits = shared.clock.random();
        }
        let letter = LETTERS[(bits & 31) as usize];
        bits >>= 5;
        char::from(letter)
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_read_as_recorded_on_aws() {
        let missing = ServiceError::new("ResourceNotFoundException", "Requested resource not found");
        let expected = Failure::new(
            "DynamoDB.ResourceNotFoundException",
            "Requested resource not found (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: \
             ResourceNotFoundException; Request ID: R1; Proxy: null)",
        );
        assert_eq!(failure(&missing, "R1"), expected);
        let invalid = ServiceError::new("ValidationException", "no");
        assert_eq!(failure(&invalid, "R1").error, "DynamoDB.AmazonDynamoDBException");
    }
}
