//! Signed HTTP requests to AWS services elsewhere: on AWS, or at any endpoint that speaks their protocol.

use std::{sync::Arc, time::Duration};

use aws_protocol::{ServiceError, sigv4};
use bytes::Bytes;
use clock::Clock;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use reqwest::{Client, redirect};
use serde_json::Value;

use super::{aws::CredentialsChain, http_client};

/// As long as the longest-running Lambda function and a little more.
const TIMEOUT: Duration = Duration::from_secs(15 * 60 + 30);
/// The largest answer that is read, bytes: what a Lambda function may answer and a little more.
const ANSWER_BYTES: usize = 7 << 20;

/// Where a service is, and what its requests are signed for.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    /// The signing name.
    pub(crate) service: String,
    pub(crate) region: String,
    /// Without a slash at its end.
    pub(crate) url: String,
}

impl Endpoint {
    /// `endpoint_url`, or AWS's own endpoint of the service in the region.
    pub(crate) fn new(service: &str, region: &str, endpoint_url: Option<&str>) -> Self {
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let url = endpoint_url.map_or_else(|| format!("https://{service}.{region}.{suffix}"), str::to_owned);
        let url = url.trim_end_matches('/').to_owned();
        Self { service: service.to_owned(), region: region.to_owned(), url }
    }
}

/// A pooled client that signs every request with the credentials that the AWS SDK finds, or with stepwell's own where
/// it finds none: an endpoint of one's own seldom asks.
pub(crate) struct Signed {
    client: Client,
    chain: CredentialsChain,
    own: sigv4::Credentials,
    clock: Arc<dyn Clock>,
}

/// What is sent.
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    /// Encoded, with its query.
    pub(crate) path: &'a str,
    pub(crate) headers: &'a [(&'static str, String)],
    pub(crate) body: Bytes,
    /// The largest answer that is read, bytes.
    pub(crate) answer_bytes: usize,
}

/// What a service answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Signed {
    pub(crate) fn new(own: sigv4::Credentials, clock: Arc<dyn Clock>) -> reqwest::Result<Self> {
        // An object that is kept compressed stays so.
        let client = Client::builder().timeout(TIMEOUT).redirect(redirect::Policy::none()).no_gzip().build()?;
        Ok(Self { client, chain: CredentialsChain::default(), own, clock })
    }

    /// The same, signing with `own` whatever the SDK would find.
    #[cfg(test)]
    pub(crate) fn with_own(own: sigv4::Credentials, clock: Arc<dyn Clock>) -> reqwest::Result<Self> {
        Ok(Self { chain: CredentialsChain::empty(), ..Self::new(own, clock)? })
    }

    /// Posts `body` to `path` (encoded, with its query) of the endpoint.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub(crate) async fn post(
        &self,
        endpoint: &Endpoint,
        path: &str,
        headers: &[(&'static str, String)],
        body: Bytes,
    ) -> Result<Answer, ServiceError> {
        let request = Request { method: Method::POST, path, headers, body, answer_bytes: ANSWER_BYTES };
        self.send(endpoint, request).await
    }

    /// Sends a request to the endpoint.
    ///
    /// # Errors
    /// What kept the service from answering, for the log and with a message for the client.
    pub(crate) async fn send(&self, endpoint: &Endpoint, request: Request<'_>) -> Result<Answer, ServiceError> {
        let Request { method, path, headers, body, answer_bytes } = request;
        let unreachable = |cause: String| unavailable(endpoint, cause);
        let url = format!("{}{path}", endpoint.url);
        let url = reqwest::Url::parse(&url).map_err(|error| unreachable(format!("{url}: {error}")))?;
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).map_err(|error| unreachable(error.to_string()))?;
            map.insert(HeaderName::from_static(name), value);
        }
        let host = http_client::authority(&url).and_then(|host| HeaderValue::from_str(&host).ok());
        map.insert(header::HOST, host.ok_or_else(|| unreachable(format!("{url} names no host")))?);
        let request = sigv4::Request {
            method: method.as_str(),
            path: url.path(),
            query: url.query().unwrap_or_default(),
            headers: &map,
            payload: sigv4::Payload::Bytes(&body),
        };
        let credentials = self.chain.find(&endpoint.region).await.unwrap_or_else(|| self.own.clone());
        let scope = sigv4::Scope { region: &endpoint.region, service: &endpoint.service };
        let signature = sigv4::sign(&request, &credentials, scope, self.clock.now().0 / 1000);
        map.extend(signature);
        let sent = self.client.request(method.clone(), url).headers(map).body(body).send().await;
        let mut response = sent.map_err(|error| unreachable(http_client::text(error)))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = http_client::body(&mut response, answer_bytes).await.map_err(unreachable)?;
        Ok(Answer { status, headers, body })
    }
}

fn unavailable(endpoint: &Endpoint, cause: String) -> ServiceError {
    let message =
        format!("the service {} at {} did not answer; see the log for the cause", endpoint.service, endpoint.url);
    ServiceError { internal: Some(cause), ..ServiceError::new("ServiceUnavailable", message).with_status(503) }
}

impl Answer {
    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    }

    /// The exception of an answer that is not a success, from where JSON protocols have its name: the header
    /// `x-amzn-errortype`, or the members `__type` and `code`.
    pub(crate) fn exception(&self) -> ServiceError {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let member = |names: &[&str]| names.iter().find_map(|name| body.get(name)?.as_str()).map(str::to_owned);
        let code = self.header("x-amzn-errortype").or_else(|| member(&["__type", "code", "Code"]));
        let code = code.unwrap_or_else(|| "UnknownError".to_owned());
        // `namespace#Code:http://...`
        let code = code.rsplit('#').next().and_then(|code| code.split(':').next()).unwrap_or_default().to_owned();
        let message = member(&["message", "Message", "errorMessage"]).unwrap_or_default();
        ServiceError::new(code, message).with_status(self.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_found_where_json_protocols_have_them() {
        let answer = |header: Option<&'static str>, body: &'static str| {
            let mut headers = HeaderMap::new();
            headers.extend(
                header.map(|kind| (HeaderName::from_static("x-amzn-errortype"), HeaderValue::from_static(kind))),
            );
            Answer { status: 404, headers, body: Bytes::from_static(body.as_bytes()) }.exception()
        };
        let cases = [
            (Some("ResourceNotFoundException:http://x/"), r#"{"Message":"gone"}"#, "ResourceNotFoundException", "gone"),
            (None, r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"gone"}"#, "QueueDoesNotExist", "gone"),
            (None, "<html>", "UnknownError", ""),
        ];
        for (header, body, code, message) in cases {
            let error = answer(header, body);
            assert_eq!((error.code.as_ref(), error.message.as_str(), error.status), (code, message, 404));
        }
    }

    #[test]
    fn endpoints_are_those_of_aws_unless_given() {
        assert_eq!(Endpoint::new("sns", "eu-west-1", None).url, "https://sns.eu-west-1.amazonaws.com");
        assert_eq!(Endpoint::new("sns", "cn-north-1", None).url, "https://sns.cn-north-1.amazonaws.com.cn");
        assert_eq!(Endpoint::new("sns", "eu-west-1", Some("http://127.0.0.1:1/")).url, "http://127.0.0.1:1");
    }
}
