//! The `HTTP` data source. Every answer is a result, whatever its status; only the network can fail.
//!
//! A signed request for a service that runs here, such as Step Functions, does not leave the process.

use std::sync::Arc;

use aws_protocol::{BoxFuture, ServiceError};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{Call, Failure, Remote};
use crate::{config::Signing, limits};

/// Sends HTTP requests; the process edge implements it.
pub trait HttpClient: Send + Sync + 'static {
    /// Sends `request`, signed where it says so, and reads the whole answer.
    ///
    /// # Errors
    /// A text for the log and the resolver: the peer could not be reached or broke off.
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, String>>;
}

/// A request of an HTTP data source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// Absolute, query included.
    pub url: String,
    /// In order, names as the resolver wrote them.
    pub headers: Vec<(String, String)>,
    /// Empty where there is none.
    pub body: Bytes,
    /// Sign with Signature Version 4 for this region and service.
    pub signing: Option<Signing>,
}

/// An answer to an [`HttpRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// In order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Decompressed.
    pub body: Bytes,
}

/// Headers that resolvers cannot set (developer guide, "JavaScript resolver function reference for HTTP").
const FIXED_HEADERS: [&str; 6] =
    ["host", "connection", "user-agent", "expectation", "transfer_encoding", "content_length"];

pub(super) struct Http {
    pub(super) remote: Remote,
    pub(super) client: Arc<dyn HttpClient>,
    pub(super) endpoint: String,
    pub(super) signing: Option<Signing>,
}

impl Http {
    pub(super) async fn invoke(&self, call: &Call<'_>, request: Value) -> Result<Value, Failure> {
        let request = self.request(&request)?;
        let answer = call.within(limits::HTTP_MILLIS, self.send(request)).await;
        answer.unwrap_or_else(|| {
            Err(Failure::of_kind("Http:ExecutionTimeoutException", "execution timed out.".to_owned()))
        })
    }

    async fn send(&self, request: HttpRequest) -> Result<Value, Failure> {
        if let Some(local) = self.local(&request) {
            return Ok(local.await);
        }
        match self.client.send(request).await {
            Ok(HttpResponse { status, headers, body }) => Ok(result(status, headers, &String::from_utf8_lossy(&body))),
            Err(message) => {
                Err(Failure::Reported { message, kind: "Http:HttpException".to_owned(), result: Value::Null })
            }
        }
    }

    /// The answer of a service in this process, if the request is signed for one and names an operation.
    fn local<'a>(&'a self, request: &HttpRequest) -> Option<impl Future<Output = Value> + use<'a>> {
        let header = |name: &str| {
            let found = request.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.clone())
        };
        let service = self.remote.services.get(&self.signing.as_ref()?.service)?;
        let target = header("x-amz-target")?;
        let content_type = header("content-type").unwrap_or_else(|| "application/x-amz-json-1.0".to_owned());
        let input: Result<Value, _> = serde_json::from_slice(&request.body);
        Some(async move {
            let operation = target.rsplit('.').next().unwrap_or_default();
            let answer = match input {
                Ok(input) => service.call(operation, input, &self.remote.caller).await,
                Err(error) => Err(ServiceError::new("SerializationException", error.to_string())),
            };
            let (status, body) = match answer {
                Ok(body) => (200, body),
                Err(error) => (error.status, error_body(error)),
            };
            result(status, vec![("content-type".to_owned(), content_type)], &body.to_string())
        })
    }

    fn request(&self, request: &Value) -> Result<HttpRequest, Failure> {
        let text = |name: &str| request.get(name).and_then(Value::as_str).ok_or_else(|| Failure::missing(name));
        let method = text("method")?;
        if !matches!(method, "GET" | "POST" | "PUT" | "PATCH" | "DELETE") {
            return Err(Failure::invalid("method"));
        }
        let path = text("resourcePath")?;
        if !path.starts_with('/') {
            return Err(Failure::invalid("resourcePath"));
        }
        let params = request.get("params");
        let param = |name: &str| params.and_then(|params| params.get(name)).filter(|value| !value.is_null());
        let url = format!("{}{path}{}", self.endpoint, query(param("query")));
        let body = match param("body") {
            None => Bytes::new(),
            Some(Value::String(text)) => text.clone().into(),
            Some(other) => other.to_string().into(),
        };
        Ok(HttpRequest {
            method: method.to_owned(),
            url,
            headers: headers(param("headers")),
            body,
            signing: self.signing.clone(),
        })
    }
}

pub(super) fn headers(headers: Option<&Value>) -> Vec<(String, String)> {
    let all = headers.and_then(Value::as_object).into_iter().flatten();
    all.filter(|(name, _)| !FIXED_HEADERS.contains(&name.to_ascii_lowercase().as_str()))
        .map(|(name, value)| (name.clone(), plain(value)))
        .collect()
}

pub(super) fn query(parameters: Option<&Value>) -> String {
    let mut text = String::new();
    for (name, value) in parameters.and_then(Value::as_object).into_iter().flatten() {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for value in values {
            text.push(if text.is_empty() { '?' } else { '&' });
            text.push_str(&format!("{}={}", encode(name), encode(&plain(value))));
        }
    }
    text
}

/// Percent-encodes everything but unreserved characters (RFC 3986, section 2.3).
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn error_body(error: ServiceError) -> Value {
    let mut body = Map::new();
    body.insert("__type".into(), error.code.into());
    body.insert("message".into(), error.message.into());
    body.extend(error.members);
    Value::Object(body)
}

fn result(status: u16, headers: Vec<(String, String)>, body: &str) -> Value {
    let headers: Map<_, _> = headers.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
    json!({ "statusCode": status, "headers": headers, "body": body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_percent_encoded() {
        let parameters = json!({"q": "a b&c", "n": 1, "l": ["x", "y"]});
        assert_eq!(query(Some(&parameters)), "?q=a%20b%26c&n=1&l=x&l=y");
        assert_eq!(query(None), "");
    }

    #[test]
    fn some_headers_are_not_for_resolvers() {
        let given = json!({"Host": "evil", "content-type": "application/json", "x-n": 5});
        let expected = [("content-type", "application/json"), ("x-n", "5")];
        assert_eq!(headers(Some(&given)), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
