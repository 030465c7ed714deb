//! Lambda functions elsewhere: on AWS, or at an endpoint that serves Lambda's Invoke (the AWS SAM CLI, the Lambda runtime
//! interface emulator, an emulator of AWS).
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>

use std::sync::Arc;

use aws_protocol::BoxFuture;
use lambda::{Elsewhere, Error, Invocation, Outcome};
use url::form_urlencoded::byte_serialize;

use super::signed::{Answer, Endpoint, Signed};

/// One endpoint, for every function or for one.
pub(crate) struct Functions {
    pub(crate) client: Arc<Signed>,
    pub(crate) endpoint: Endpoint,
    /// What the function is called there, if other than here.
    pub(crate) remote_name: Option<String>,
}

impl Elsewhere for Functions {
    fn invoke(&self, invocation: Invocation) -> BoxFuture<'_, Result<Outcome, Error>> {
        Box::pin(async move {
            let path = self.path(&invocation);
            let headers = headers(&invocation);
            let sent = self.client.post(&self.endpoint, &path, &headers, invocation.payload.into()).await;
            outcome(sent.map_err(Error::Elsewhere)?)
        })
    }
}

impl Functions {
    fn path(&self, invocation: &Invocation) -> String {
        let name = self.remote_name.as_ref().unwrap_or(&invocation.function_name);
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let mut path = format!("/2015-03-31/functions/{}/invocations", encoded(name));
        if let Some(qualifier) = &invocation.qualifier {
            path.push_str(&format!("?Qualifier={}", encoded(qualifier)));
        }
        path
    }
}

fn headers(invocation: &Invocation) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("content-type", "application/json".to_owned()),
        ("x-amz-invocation-type", invocation.invocation_type.name().to_owned()),
    ];
    if invocation.log_tail {
        headers.push(("x-amz-log-type", "Tail".to_owned()));
    }
    headers.extend(invocation.client_context.clone().map(|context| ("x-amz-client-context", context)));
    headers
}

fn outcome(answer: Answer) -> Result<Outcome, Error> {
    if !(200..300).contains(&answer.status) {
        return Err(Error::Elsewhere(answer.exception()));
    }
    let payload = String::from_utf8_lossy(&answer.body).into_owned();
    Ok(Outcome {
        status: answer.status,
        function_error: answer.header("x-amz-function-error"),
        // Who waited for a result and got none was sent `null`.
        payload: if payload.is_empty() && answer.status == 200 { "null".to_owned() } else { payload },
        executed_version: answer.header("x-amz-executed-version").unwrap_or_else(|| "$LATEST".to_owned()),
        log_result: answer.header("x-amz-log-result"),
        request_id: answer.header("x-amzn-requestid").unwrap_or_default(),
    })
}
