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

#[cfg(test)]
mod tests {
    use clock::RealClock;
    use lambda::InvocationType;

    use super::{
        super::listener::{Listener, keys},
        *,
    };

    fn at(listener: &Listener, remote_name: Option<&str>) -> Functions {
        Functions {
            client: Arc::new(Signed::with_own(keys(), Arc::new(RealClock)).expect("a client")),
            endpoint: Endpoint::new("lambda", "eu-west-1", Some(&listener.url)),
            remote_name: remote_name.map(str::to_owned),
        }
    }

    fn invocation() -> Invocation {
        Invocation {
            function_name: "arn:aws:lambda:eu-west-1:111111111111:function:pay".to_owned(),
            qualifier: Some("live".to_owned()),
            payload: r#"{"n": 1.50}"#.to_owned(),
            log_tail: true,
            client_context: Some("e30=".to_owned()),
            ..Invocation::default()
        }
    }

    #[tokio::test]
    async fn an_invocation_is_a_signed_post_and_its_answer_is_in_body_and_headers() {
        let headers = vec![
            ("x-amz-function-error", "Unhandled"),
            ("x-amz-executed-version", "3"),
            ("x-amz-log-result", "bG9n"),
            ("x-amzn-requestid", "r"),
        ];
        let listener = Listener::start(vec![(200, headers, r#"{"a": 1.0}"#), (202, vec![], "")]).await;
        let outcome = at(&listener, None).invoke(invocation()).await.expect("an outcome");
        let expected = Outcome {
            status: 200,
            function_error: Some("Unhandled".to_owned()),
            payload: r#"{"a": 1.0}"#.to_owned(),
            executed_version: "3".to_owned(),
            log_result: Some("bG9n".to_owned()),
            request_id: "r".to_owned(),
        };
        assert_eq!(outcome, expected);
        let event = Invocation { invocation_type: InvocationType::Event, ..invocation() };
        let accepted = at(&listener, Some("function")).invoke(event).await.expect("an outcome");
        assert_eq!((accepted.status, accepted.payload.as_str()), (202, ""));

        let heard = listener.heard();
        let path = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A111111111111%3Afunction%3Apay/invocations?Qualifier=live";
        assert_eq!(heard[0].uri, path);
        assert_eq!(heard[0].body, r#"{"n": 1.50}"#);
        assert!(heard.iter().all(|heard| heard.is_signed_for("lambda", "eu-west-1")));
        assert_eq!(heard[0].header("x-amz-log-type"), Some("Tail"));
        assert_eq!(heard[1].uri.path(), "/2015-03-31/functions/function/invocations");
        assert_eq!(heard[1].header("x-amz-invocation-type"), Some("Event"));
    }

    #[tokio::test]
    async fn exceptions_and_silence_are_told_apart() {
        let missing = (404, vec![("x-amzn-errortype", "ResourceNotFoundException")], r#"{"Message":"gone"}"#);
        let listener = Listener::start(vec![missing]).await;
        let Err(Error::Elsewhere(error)) = at(&listener, None).invoke(invocation()).await else {
            panic!("an exception")
        };
        assert_eq!(
            (error.code.as_ref(), error.message.as_str(), error.status),
            ("ResourceNotFoundException", "gone", 404)
        );
        let mut nowhere = at(&listener, None);
        nowhere.endpoint.url = "http://127.0.0.1:1".to_owned();
        let Err(Error::Elsewhere(error)) = nowhere.invoke(invocation()).await else { panic!("no answer") };
        assert_eq!(error.status, 503);
        assert!(error.message.contains("lambda at http://127.0.0.1:1 did not answer"), "{error}");
    }
}
