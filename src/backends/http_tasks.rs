//! The service `stepwell:http`, which is not on the wire and cannot be named by a workflow: sends the requests of HTTP
//! tasks.
//!
//! `Send` takes `{Method, Url, Headers: [[NAME, VALUE]], Body}` and answers `{StatusCode, StatusText, Headers: {NAME:
//! [VALUE]}, Body}`; `Body` is null when it is no text. Failures have the name that the task shows.
// AWS differs: only HTTPS endpoints may be called there.

use std::time::Duration;

use aws_protocol::{BoxFuture, Caller, Service, ServiceError};
use http::{HeaderName, HeaderValue, Method};
use reqwest::{Client, Response, redirect};
use serde_json::{Map, Value, json};

use super::http_client;

/// How long a request may take (developer guide, "Quotas related to HTTP Task").
const TIMEOUT: Duration = Duration::from_secs(60);
/// The largest answer that is read, bytes: one more than a task's result may have, so that the task tells.
const ANSWER_BYTES: usize = 1 << 20;

/// See the module's header.
pub(crate) struct HttpTasks {
    client: Client,
}

impl HttpTasks {
    pub(crate) fn new() -> reqwest::Result<Self> {
        let client = Client::builder().timeout(TIMEOUT).redirect(redirect::Policy::none()).build()?;
        Ok(Self { client })
    }

    /// Sends one request.
    ///
    /// # Errors
    /// `States.Runtime` for what is no request, `States.Http.Socket` for what gets no answer.
    pub(crate) async fn send(&self, input: &Value) -> Result<Value, ServiceError> {
        let text = |member: &str| input[member].as_str().unwrap_or_default();
        let method: Method = text("Method").parse().map_err(|_| invalid("Method"))?;
        let url = reqwest::Url::parse(text("Url")).map_err(|_| invalid("ApiEndpoint"))?;
        let mut request = self.client.request(method, url);
        for pair in input["Headers"].as_array().into_iter().flatten() {
            let [name, value] = [&pair[0], &pair[1]].map(|text| text.as_str().unwrap_or_default());
            let header = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value).ok());
            let (name, value) = header.ok_or_else(|| invalid("Headers"))?;
            request = request.header(name, value);
        }
        if let Some(body) = input["Body"].as_str() {
            request = request.body(body.to_owned());
        }
        let mut response = request.send().await.map_err(|error| socket(&error))?;
        let mut answer = described(&response);
        let body = http_client::body(&mut response, ANSWER_BYTES).await;
        let body = body.map_err(|cause| ServiceError::new("States.Http.Socket", cause))?;
        answer["Body"] = std::str::from_utf8(&body).map_or(Value::Null, Value::from);
        Ok(answer)
    }
}

fn described(response: &Response) -> Value {
    let mut headers: Map<String, Value> = Map::new();
    for (name, value) in response.headers() {
        let values = headers.entry(name.as_str()).or_insert_with(|| json!([]));
        if let Value::Array(values) = values {
            values.push(String::from_utf8_lossy(value.as_bytes()).into());
        }
    }
    let status = response.status();
    json!({
        "StatusCode": status.as_u16(),
        "StatusText": status.canonical_reason().unwrap_or_default(),
        "Headers": headers,
    })
}

fn invalid(field: &str) -> ServiceError {
    ServiceError::new("States.Runtime", format!("The value of the field '{field}' has an invalid format"))
}

/// What happened, without the URL: its query may hold a secret of the connection.
fn socket(error: &reqwest::Error) -> ServiceError {
    let what = if error.is_timeout() {
        "The HTTP request timed out.".to_owned()
    } else {
        let mut causes = Vec::new();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        format!("Unable to execute HTTP request: {}", causes.join(": "))
    };
    ServiceError::new("States.Http.Socket", what)
}

impl Service for HttpTasks {
    fn name(&self) -> &'static str {
        "stepwell:http"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(async move {
            match operation {
                "Send" => self.send(&input).await,
                other => Err(ServiceError::unknown_operation("stepwell:http", other)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::listener::Listener, *};

    fn request(url: &str) -> Value {
        json!({ "Method": "POST", "Url": url, "Headers": [["X-One", "1"]], "Body": "b" })
    }

    #[tokio::test]
    async fn a_request_goes_out_as_it_is_and_its_answer_comes_back_whole() {
        let headers = vec![("content-type", "text/plain"), ("set-cookie", "a"), ("set-cookie", "b")];
        let moved = (302, vec![("location", "/elsewhere")], "");
        let listener = Listener::start(vec![(201, headers, "made"), moved]).await;
        let http = HttpTasks::new().expect("a client");
        let answer = http.send(&request(&format!("{}/path?a=b", listener.url))).await.expect("an answer");
        let told = (&answer["StatusCode"], &answer["StatusText"], &answer["Body"]);
        assert_eq!(told, (&json!(201), &json!("Created"), &json!("made")));
        assert_eq!(answer["Headers"]["set-cookie"], json!(["a", "b"]));
        let heard = &listener.heard()[0];
        assert_eq!((heard.method.as_str(), heard.uri.to_string().as_str()), ("POST", "/path?a=b"));
        assert_eq!((heard.header("x-one"), &heard.body[..]), (Some("1"), &b"b"[..]));
        let moved = http.send(&request(&listener.url)).await.expect("an answer");
        assert_eq!(moved["StatusCode"], 302, "no redirect is followed");
    }

    #[tokio::test]
    async fn what_gets_no_answer_is_a_socket_error_that_does_not_show_the_query() {
        let http = HttpTasks::new().expect("a client");
        let error = http.send(&request("http://127.0.0.1:1/?key=hidden")).await.expect_err("nobody listens");
        assert_eq!(error.code, "States.Http.Socket");
        assert!(error.message.contains("refused") && !error.message.contains("hidden"), "{}", error.message);
        let error = http.send(&request("no url")).await.expect_err("no request");
        assert_eq!((error.code.as_ref(), error.message.contains("ApiEndpoint")), ("States.Runtime", true));
    }
}
