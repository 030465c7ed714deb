//! The `AMAZON_OPENSEARCH_SERVICE` data source (and `AMAZON_ELASTICSEARCH`): a request to the domain's REST API, whose
//! JSON is the result (developer guide, "JavaScript resolver function reference for OpenSearch").
//!
//! The service `stepwell:opensearch` sends it: it knows where domains are and signs for those on AWS.

use serde_json::{Value, json};

use super::{Call, Failure, Remote, http};
use crate::limits;

pub(super) struct OpenSearch {
    pub(super) remote: Remote,
    pub(super) endpoint: String,
}

impl OpenSearch {
    pub(super) async fn invoke(&self, call: &Call<'_>, request: Value) -> Result<Value, Failure> {
        let input = self.input(&request)?;
        let sent = self.remote.call("stepwell:opensearch", "Send", input);
        match call.within(limits::OPEN_SEARCH_MILLIS, sent).await {
            Some(Ok(answer)) => result(&answer),
            Some(Err(error)) => Err(reported(error.message, &error.code, Value::Null)),
            None => Err(reported("execution timed out.".to_owned(), "ExecutionTimeoutException", Value::Null)),
        }
    }

    fn input(&self, request: &Value) -> Result<Value, Failure> {
        let text = |name: &str| request.get(name).and_then(Value::as_str).ok_or_else(|| Failure::missing(name));
        let method = text("operation")?;
        if !matches!(method, "GET" | "POST" | "PUT" | "HEAD" | "DELETE") {
            return Err(Failure::invalid("operation"));
        }
        let path = text("path")?;
        if !path.starts_with('/') {
            return Err(Failure::invalid("path"));
        }
        let params = request.get("params");
        let param = |name: &str| params.and_then(|params| params.get(name)).filter(|value| !value.is_null());
        let mut headers = http::headers(param("headers"));
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        // Texts are sent as they are: `_bulk` takes lines of JSON.
        let body = param("body").map(|body| body.as_str().map_or_else(|| body.to_string(), str::to_owned));
        Ok(json!({
            "Endpoint": self.endpoint,
            "Method": method,
            "Path": format!("{path}{}", http::query(param("queryString"))),
            "Headers": headers,
            "Body": body.unwrap_or_default(),
        }))
    }
}

/// The domain's JSON. What it says with a status of 400 and more is an error; its type is not recorded on AWS.
fn result(answer: &Value) -> Result<Value, Failure> {
    let status = answer["StatusCode"].as_u64().unwrap_or_default();
    let text = answer["Body"].as_str().unwrap_or_default();
    let body = match text {
        "" => Value::Null,
        text => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
    };
    if status >= 400 {
        return Err(reported(text.to_owned(), &status.to_string(), body));
    }
    Ok(body)
}

fn reported(message: String, kind: &str, result: Value) -> Failure {
    Failure::Reported { message, kind: format!("OpenSearch:{kind}"), result }
}
