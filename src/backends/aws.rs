//! DynamoDB and Step Functions on AWS, or at any endpoint that speaks their protocol, behind [`Service`].
//!
//! The only file that names the AWS SDK. The SDK does what is hard to do right: credentials and their renewal,
//! endpoints, Signature Version 4, retries with backoff, timeouts, connection pools. What it is not needed for is typing
//! every member of every operation: the JSON that goes in here already is the JSON of the wire. So each call is an
//! operation of the SDK that has no output of its own, whose target and body an interceptor replaces before signing,
//! and whose answer another interceptor keeps as it came.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError};
use aws_protocol::{BoxFuture, Caller, Service, ServiceError, sigv4};
use aws_sdk_dynamodb::config::{
    ConfigBag, Intercept, RuntimeComponents, interceptors::AfterDeserializationInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::Value;
use tokio::sync::OnceCell;

/// DynamoDB through aws-sdk-dynamodb.
pub(crate) struct DynamoDb(aws_sdk_dynamodb::Client);

/// Step Functions through aws-sdk-sfn.
pub(crate) struct StepFunctions(aws_sdk_sfn::Client);

/// Where a backend is and which region it signs for. Credentials come as the SDK finds them: environment, profile,
/// container, instance.
#[derive(Debug, Clone)]
pub(crate) struct Remote {
    pub(crate) region: String,
    pub(crate) endpoint_url: Option<String>,
}

impl Remote {
    async fn sdk_config(&self) -> aws_config::SdkConfig {
        let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::new(self.region.clone()));
        if let Some(url) = &self.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        loader.load().await
    }
}

/// The credentials that the AWS SDK finds: environment, profile, container, instance.
#[derive(Default)]
pub(crate) struct CredentialsChain {
    provider: OnceCell<Option<SharedCredentialsProvider>>,
    /// There are none: looking for them takes seconds where there is no instance to ask.
    none: AtomicBool,
}

impl CredentialsChain {
    /// A chain that finds nothing, whatever the machine has.
    #[cfg(test)]
    pub(crate) fn empty() -> Self {
        Self { provider: OnceCell::new(), none: AtomicBool::new(true) }
    }

    /// Credentials that are good now, if there are any.
    pub(super) async fn find(&self, region: &str) -> Option<sigv4::Credentials> {
        if self.none.load(Ordering::Relaxed) {
            return None;
        }
        let provider = self.provider.get_or_init(|| async {
            let remote = Remote { region: region.to_owned(), endpoint_url: None };
            remote.sdk_config().await.credentials_provider()
        });
        match provider.await.as_ref()?.provide_credentials().await {
            Ok(found) => Some(sigv4::Credentials {
                access_key_id: found.access_key_id().to_owned(),
                secret_access_key: found.secret_access_key().to_owned(),
                session_token: found.session_token().map(str::to_owned),
            }),
            Err(error) => {
                tracing::debug!(%error, "the AWS SDK finds no credentials");
                let nowhere = matches!(error, CredentialsError::CredentialsNotLoaded(_));
                self.none.fetch_or(nowhere, Ordering::Relaxed);
                None
            }
        }
    }
}

impl DynamoDb {
    pub(crate) async fn connect(remote: &Remote) -> Self {
        Self(aws_sdk_dynamodb::Client::new(&remote.sdk_config().await))
    }
}

impl StepFunctions {
    pub(crate) async fn connect(remote: &Remote) -> Self {
        Self(aws_sdk_sfn::Client::new(&remote.sdk_config().await))
    }
}

impl Service for DynamoDb {
    fn name(&self) -> &'static str {
        "dynamodb"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(async move {
            let answer = Answer::default();
            let raw = RawRequest::new("DynamoDB_20120810", operation, &input);
            let sent = self.0.list_tables().customize().interceptor(answer.clone()).mutate_request(raw.apply()).send();
            let error = sent.await.err().map(|error| aws_sdk_dynamodb::error::DisplayErrorContext(error).to_string());
            answer.into_result(error)
        })
    }
}

impl Service for StepFunctions {
    fn name(&self) -> &'static str {
        "states"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(async move {
            let answer = Answer::default();
            let raw = RawRequest::new("AWSStepFunctions", operation, &input);
            let heartbeat = self.0.send_task_heartbeat().task_token("replaced");
            let sent = heartbeat.customize().interceptor(answer.clone()).mutate_request(raw.apply()).send();
            let error = sent.await.err().map(|error| aws_sdk_sfn::error::DisplayErrorContext(error).to_string());
            answer.into_result(error)
        })
    }
}

/// What goes over the wire in place of the SDK operation's own request.
struct RawRequest {
    target: String,
    body: Vec<u8>,
}

impl RawRequest {
    fn new(prefix: &str, operation: &str, input: &Value) -> Self {
        Self { target: format!("{prefix}.{operation}"), body: input.to_string().into_bytes() }
    }

    fn apply(self) -> impl Fn(&mut HttpRequest) + Send + Sync + 'static {
        move |request| {
            let headers = request.headers_mut();
            headers.insert("x-amz-target", self.target.clone());
            headers.insert("content-length", self.body.len().to_string());
            *request.body_mut() = self.body.clone().into();
        }
    }
}

/// Keeps the last answer of the service as it came.
#[derive(Debug, Clone, Default)]
struct Answer(Arc<Mutex<Option<StatusAndBody>>>);

type StatusAndBody = (u16, Vec<u8>);

impl Intercept for Answer {
    fn name(&self) -> &'static str {
        "KeepAnswer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), aws_sdk_dynamodb::error::BoxError> {
        let response = context.response();
        let body = response.body().bytes().unwrap_or_default().to_vec();
        *self.0.lock().expect("no panic while the lock is held") = Some((response.status().as_u16(), body));
        Ok(())
    }
}

impl Answer {
    fn into_result(self, sdk_error: Option<String>) -> Result<Value, ServiceError> {
        let Some((status, body)) = self.0.lock().expect("no panic while the lock is held").take() else {
            let cause = sdk_error.unwrap_or_else(|| "the service sent no answer".to_owned());
            let message = "the service did not answer; see the log for the cause";
            return Err(ServiceError {
                internal: Some(cause),
                ..ServiceError::new("ServiceUnavailable", message).with_status(503)
            });
        };
        let value =
            if body.is_empty() { Ok(Value::Object(serde_json::Map::new())) } else { serde_json::from_slice(&body) };
        match value {
            Ok(value) if (200..300).contains(&status) => Ok(value),
            Ok(Value::Object(members)) => Err(exception(status, members)),
            Ok(_) | Err(_) => Err(ServiceError::internal(format!("the service answered {status} without JSON"))),
        }
    }
}

fn exception(status: u16, members: serde_json::Map<String, Value>) -> ServiceError {
    let (mut code, mut message, mut rest) = (String::from("UnknownError"), String::new(), serde_json::Map::new());
    for (name, value) in members {
        match (name.as_str(), value) {
            ("__type", Value::String(kind)) => code = kind.rsplit('#').next().unwrap_or_default().to_owned(),
            ("message" | "Message", Value::String(text)) => message = text,
            (_, value) => _ = rest.insert(name, value),
        }
    }
    ServiceError { members: rest, ..ServiceError::new(code, message).with_status(status) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answered(status: u16, body: &str) -> Result<Value, ServiceError> {
        Answer(Arc::new(Mutex::new(Some((status, body.as_bytes().to_vec()))))).into_result(None)
    }

    #[test]
    fn a_success_is_the_json_that_came() {
        assert_eq!(answered(200, r#"{"Item":{"n":{"N":"1"}}}"#), Ok(json!({ "Item": { "n": { "N": "1" } } })));
        assert_eq!(answered(200, ""), Ok(json!({})));
    }

    #[test]
    fn an_exception_keeps_its_code_text_and_members() {
        let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message":"cancelled","CancellationReasons":[{"Code":"None"}]}"#;
        let error = answered(400, body).expect_err("an exception");
        assert_eq!((error.code.as_ref(), error.message.as_str()), ("TransactionCanceledException", "cancelled"));
        assert_eq!(error.members["CancellationReasons"], json!([{ "Code": "None" }]));
    }

    #[test]
    fn no_answer_and_no_json_are_failures_with_the_cause_for_the_log_only() {
        let error = Answer::default().into_result(Some("connection refused".into())).expect_err("no answer");
        assert_eq!((error.status, error.internal.as_deref()), (503, Some("connection refused")));
        assert!(!error.message.contains("refused"));
        assert_eq!(answered(502, "<html>").expect_err("no JSON").status, 500);
    }
}
