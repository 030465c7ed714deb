//! The service `bedrock-runtime`: `InvokeModel` and `Converse`, on AWS or at an endpoint that speaks its protocol.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html>

use std::sync::Arc;

use aws_protocol::{BoxFuture, Caller, Service, ServiceError};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::signed::{Answer, Endpoint, Signed};

/// What the path of a model leaves as it is (RFC 3986, section 2.3).
const MODEL_ID: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The host's first part; requests are signed for `bedrock`.
const HOST: &str = "bedrock-runtime";
/// Members of `InvokeModel` that are headers.
const HEADERS: [(&str, &str); 3] = [
    ("guardrailIdentifier", "x-amzn-bedrock-guardrailidentifier"),
    ("guardrailVersion", "x-amzn-bedrock-guardrailversion"),
    ("guardrailTrace", "x-amzn-bedrock-trace"),
];

/// See the module's header.
pub(crate) struct Bedrock {
    pub(crate) client: Arc<Signed>,
    pub(crate) endpoint: Endpoint,
}

impl Bedrock {
    /// Bedrock in this region, or at `endpoint_url`.
    pub(crate) fn new(client: Arc<Signed>, region: &str, endpoint_url: Option<&str>) -> Self {
        let Endpoint { region, url, .. } = Endpoint::new(HOST, region, endpoint_url);
        Self { client, endpoint: Endpoint { service: "bedrock".to_owned(), region, url } }
    }

    /// `{modelId, body, guardrailIdentifier?, ...}`; the answer is the model's.
    async fn invoke_model(&self, mut input: Map<String, Value>) -> Result<Value, ServiceError> {
        let path = path(&mut input, "invoke")?;
        let mut headers = vec![("accept", "application/json".to_owned())];
        for (member, header) in HEADERS {
            headers.extend(input.get(member).and_then(Value::as_str).map(|value| (header, value.to_owned())));
        }
        // A body that is text is JSON already.
        let body = input.remove("body").unwrap_or_default();
        let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        self.post(&path, headers, body).await
    }

    /// `{modelId, messages, ...}`.
    async fn converse(&self, mut input: Map<String, Value>) -> Result<Value, ServiceError> {
        let path = path(&mut input, "converse")?;
        self.post(&path, Vec::new(), Value::Object(input).to_string()).await
    }

    async fn post(
        &self,
        path: &str,
        mut headers: Vec<(&'static str, String)>,
        body: String,
    ) -> Result<Value, ServiceError> {
        headers.push(("content-type", "application/json".to_owned()));
        json(&self.client.post(&self.endpoint, path, &headers, body.into()).await?)
    }
}

fn path(input: &mut Map<String, Value>, verb: &str) -> Result<String, ServiceError> {
    let model = input.remove("modelId");
    let model = model.as_ref().and_then(Value::as_str);
    let model = model.ok_or_else(|| ServiceError::new("ValidationException", "The request has no modelId."))?;
    Ok(format!("/model/{}/{verb}", utf8_percent_encode(model, MODEL_ID)))
}

fn json(answer: &Answer) -> Result<Value, ServiceError> {
    if !(200..300).contains(&answer.status) {
        return Err(answer.exception());
    }
    serde_json::from_slice(&answer.body).map_err(ServiceError::internal)
}

impl Service for Bedrock {
    fn name(&self) -> &'static str {
        HOST
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(async move {
            let Value::Object(input) = input else {
                return Err(ServiceError::new("ValidationException", "The request has to be an object."));
            };
            match operation {
                "InvokeModel" => self.invoke_model(input).await,
                "Converse" => self.converse(input).await,
                other => Err(ServiceError::unknown_operation(HOST, other)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use clock::RealClock;
    use serde_json::json;

    use super::{
        super::listener::{Listener, keys},
        *,
    };

    #[tokio::test]
    async fn requests_are_those_of_bedrock() {
        let throttled = (429, vec![("x-amzn-errortype", "ThrottlingException:http://x/")], r#"{"message":"slow"}"#);
        let answers = vec![(200, vec![], r#"{"results":[1]}"#), (200, vec![], r#"{"output":{}}"#), throttled];
        let listener = Listener::start(answers).await;
        let client = Arc::new(Signed::with_own(keys(), Arc::new(RealClock)).expect("a client"));
        let bedrock = Bedrock::new(client, "eu-west-1", Some(&listener.url));
        let ask = async |operation: &str, input| bedrock.call(operation, input, &Caller::anonymous()).await;
        let input = json!({ "modelId": "a.m-v1:0", "body": { "inputText": "x" }, "guardrailVersion": "1" });
        assert_eq!(ask("InvokeModel", input).await, Ok(json!({ "results": [1] })));
        let input = || json!({ "modelId": "a", "messages": [{ "role": "user" }] });
        assert_eq!(ask("Converse", input()).await, Ok(json!({ "output": {} })));
        let error = ask("Converse", input()).await.expect_err("throttled");
        assert_eq!((&*error.code, &*error.message), ("ThrottlingException", "slow"));

        let heard = listener.heard();
        assert_eq!(heard[0].uri.path(), "/model/a.m-v1%3A0/invoke");
        assert_eq!(heard[0].header("x-amzn-bedrock-guardrailversion"), Some("1"));
        assert_eq!(&heard[0].body[..], br#"{"inputText":"x"}"#);
        assert!(heard[0].is_signed_for("bedrock", "eu-west-1"));
        assert_eq!(heard[1].uri.path(), "/model/a/converse");
        assert_eq!(&heard[1].body[..], br#"{"messages":[{"role":"user"}]}"#);
    }
}
