//! Signed calls of the wire API, as the AWS SDKs make them.

use aws_protocol::sigv4;
use clock::{Clock, RealClock};
use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use super::Server;

impl Server {
    /// Calls an operation by its `x-amz-target`; answers the status and the body.
    pub(crate) async fn try_wire(&self, target: &str, input: &Value) -> reqwest::Result<(u16, Value)> {
        self.try_wire_text(target, input.to_string()).await
    }

    /// The same, signed with this secret.
    pub(crate) async fn try_wire_with(
        &self,
        target: &str,
        input: &Value,
        secret: &str,
    ) -> reqwest::Result<(u16, Value)> {
        self.send_signed(target, input.to_string(), secret).await
    }

    /// The same with a body that may be anything.
    pub(crate) async fn try_wire_text(&self, target: &str, body: String) -> reqwest::Result<(u16, Value)> {
        let secret = self.secrets["secretAccessKeys"]["default"].as_str().expect("a secret").to_owned();
        self.send_signed(target, body, &secret).await
    }

    async fn send_signed(&self, target: &str, body: String, secret: &str) -> reqwest::Result<(u16, Value)> {
        let headers = self.signed(target, &body, secret);
        let response = self.client.post(&self.http).headers(headers).body(body).send().await?;
        Ok((response.status().as_u16(), response.json().await?))
    }

    /// A signed request that reads from AppSync's management API, with the key of `user`; answers the status, the exception
    /// and the body.
    pub(crate) async fn manage(&self, user: &str, path: &str) -> (u16, Option<String>, Value) {
        self.send_managing(user, "GET", path, "").await
    }

    /// A signed request that changes something through AppSync's management API and succeeds; answers the body.
    pub(crate) async fn post_managing(&self, path: &str, input: &Value) -> Value {
        let (status, exception, answer) = self.send_managing("default", "POST", path, &input.to_string()).await;
        assert_eq!((status, exception), (200, None), "{path}: {answer}");
        answer
    }

    async fn send_managing(&self, user: &str, method: &str, path: &str, body: &str) -> (u16, Option<String>, Value) {
        let mut headers = HeaderMap::new();
        let host = self.http.trim_start_matches("http://");
        headers.insert("host", HeaderValue::from_str(host).expect("printable text"));
        let text = |of: &str| self.secrets[of][user].as_str().expect("a key").to_owned();
        let credentials = sigv4::Credentials {
            access_key_id: text("accessKeyIds"),
            secret_access_key: text("secretAccessKeys"),
            session_token: None,
        };
        let payload = sigv4::Payload::Bytes(body.as_bytes());
        let request = sigv4::Request { method, path, query: "", headers: &headers, payload };
        let scope = sigv4::Scope { region: "us-east-1", service: "appsync" };
        headers.extend(sigv4::sign(&request, &credentials, scope, RealClock.now().0 / 1000));
        let method = method.parse().expect("a method");
        let request = self.client.request(method, format!("{}{path}", self.http));
        let sent = request.headers(headers).body(body.to_owned()).send().await;
        let answer = sent.expect("an answer");
        let exception = answer.headers().get("x-amzn-errortype");
        let exception = exception.map(|code| code.to_str().expect("printable text").to_owned());
        (answer.status().as_u16(), exception, answer.json().await.expect("JSON"))
    }

    fn signed(&self, target: &str, body: &str, secret: &str) -> HeaderMap {
        let service = match target.split('.').next() {
            Some("AWSStepFunctions") => "states",
            Some("DynamoDB_20120810") => "dynamodb",
            Some("AWSCognitoIdentityProviderService") => "cognito-idp",
            _ => "events",
        };
        let mut headers = HeaderMap::new();
        let host = self.http.trim_start_matches("http://");
        for (name, value) in [("host", host), ("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target)]
        {
            headers.insert(name, HeaderValue::from_str(value).expect("printable text"));
        }
        let credentials = sigv4::Credentials {
            access_key_id: self.secrets["accessKeyIds"]["default"].as_str().expect("a key id").to_owned(),
            secret_access_key: secret.to_owned(),
            session_token: None,
        };
        let payload = sigv4::Payload::Bytes(body.as_bytes());
        let request = sigv4::Request { method: "POST", path: "/", query: "", headers: &headers, payload };
        let scope = sigv4::Scope { region: "us-east-1", service };
        headers.extend(sigv4::sign(&request, &credentials, scope, RealClock.now().0 / 1000));
        headers
    }
}
