//! What `aws-sdk:s3:ACTION` does in its own way: bodies, and the names and texts of exceptions.

use aws_protocol::ServiceError;
use serde_json::Value;

use super::Failure;

/// The exceptions that have a class of their own in the AWS SDK for Java; every other is an `S3Exception`.
const NAMED: [&str; 13] = [
    "BucketAlreadyExists",
    "BucketAlreadyOwnedByYou",
    "EncryptionTypeMismatch",
    "IdempotencyParameterMismatch",
    "InvalidObjectState",
    "InvalidRequest",
    "InvalidWriteOffset",
    "NoSuchBucket",
    "NoSuchKey",
    "NoSuchUpload",
    "ObjectAlreadyInActiveTierError",
    "ObjectNotInActiveTierError",
    "TooManyParts",
];

/// An object's body is bytes: a text is taken as it is, anything else as its JSON.
pub(super) fn body_to_text(input: &mut Value) {
    if let Some(body) = input.get_mut("Body").filter(|body| !body.is_string() && !body.is_null()) {
        *body = body.to_string().into();
    }
}

/// An exception in the words of the second AWS SDK for Java, as recorded on AWS.
pub(super) fn failure(error: &ServiceError, request_id: &str) -> Failure {
    let ServiceError { code, message, status, .. } = error;
    let name = if NAMED.contains(&&**code) { code } else { "S3" };
    let cause = format!(
        "{message} (Service: S3, Status Code: {status}, Request ID: {request_id}, Extended Request ID: {request_id}) (SDK \
         Attempt Count: 1)"
    );
    Failure::new(format!("S3.{name}Exception"), cause)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bodies_become_texts() {
        for (body, text) in [(json!("x"), "x"), (json!({ "a": [1] }), r#"{"a":[1]}"#), (json!(1.5), "1.5")] {
            let mut input = json!({ "Body": body });
            body_to_text(&mut input);
            assert_eq!(input["Body"], text);
        }
    }

    #[test]
    fn exceptions_read_as_recorded_on_aws() {
        let error = |code: &'static str| ServiceError::new(code, "The specified key does not exist.").with_status(404);
        let failed = failure(&error("NoSuchKey"), "R1");
        assert_eq!(failed.error, "S3.NoSuchKeyException");
        let expected = "The specified key does not exist. (Service: S3, Status Code: 404, Request ID: R1, Extended Request \
                        ID: R1) (SDK Attempt Count: 1)";
        assert_eq!(failed.cause, expected);
        assert_eq!(failure(&error("AccessDenied"), "R1").error, "S3.S3Exception");
    }
}
