//! Calls of the service `s3` in the name of a Map.

use aws_protocol::{Caller, ServiceError};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::listing::Page;
use crate::engine::Shared;

/// How often a call is made while the service fails (HTTP 5xx).
const ATTEMPTS: u32 = 3;
/// The pause after the first attempt, milliseconds; it doubles with each.
const FIRST_PAUSE_MILLIS: i64 = 100;

/// The service `s3` as a Map uses it.
pub(super) struct Objects<'a> {
    pub(super) shared: &'a Shared,
    pub(super) caller: Caller,
}

impl Objects<'_> {
    /// `GetObject`: the bytes. `arguments` are its members.
    pub(super) async fn get(&self, mut arguments: Map<String, Value>) -> Result<Vec<u8>, String> {
        arguments.insert("BodyEncoding".to_owned(), "base64".into());
        let answer = self.call("GetObject", arguments.into()).await?;
        let body = answer.get("Body").and_then(Value::as_str).unwrap_or_default();
        STANDARD.decode(body).map_err(|cause| format!("The object cannot be read: {cause}."))
    }

    /// `ListObjectsV2`: a page. `arguments` are its members.
    pub(super) async fn list(&self, arguments: Map<String, Value>) -> Result<Page, String> {
        let answer = self.call("ListObjectsV2", arguments.into()).await?;
        serde_json::from_value(answer).map_err(|cause| format!("The list of objects cannot be read: {cause}."))
    }

    /// `PutObject` of a text.
    pub(super) async fn put(&self, bucket: &str, key: &str, body: &str) -> Result<(), String> {
        self.call("PutObject", json!({ "Bucket": bucket, "Key": key, "Body": body })).await.map(drop)
    }

    async fn call(&self, operation: &str, input: Value) -> Result<Value, String> {
        let clock = &self.shared.clock;
        let _permit = self.shared.call_permits.acquire().await.expect("the semaphore is never closed");
        for attempt in 1..ATTEMPTS {
            match self.shared.services.call("s3", operation, input.clone(), &self.caller).await {
                Err(error) if error.status >= 500 => {
                    let internal = error.internal.as_deref().unwrap_or_default();
                    tracing::warn!(operation, attempt, %error, internal, "a Map's call of s3 failed");
                }
                answer => return answer.map_err(|error| cause(&error, &clock.uuid())),
            }
            clock.sleep_until(clock.now().plus_millis(FIRST_PAUSE_MILLIS << (attempt - 1))).await;
        }
        let answer = self.shared.services.call("s3", operation, input, &self.caller).await;
        answer.map_err(|error| cause(&error, &clock.uuid()))
    }
}

/// What is said of a refusal, in the words of the first AWS SDK for Java, which optimised integrations speak.
fn cause(error: &ServiceError, request_id: &str) -> String {
    let ServiceError { message, status, code, .. } = error;
    format!(
        "{message} (Service: Amazon S3; Status Code: {status}; Error Code: {code}; Request ID: {request_id}; S3 \
         Extended Request ID: {request_id}; Proxy: null)"
    )
}
