//! `http:invoke`: a request to any HTTP API, with what an EventBridge connection adds to it.
//!
//! Two services of this process stand behind it, with names that no workflow can call: `stepwell:connections` says what a
//! connection adds (`Retrieve`, secrets included, so none of it goes into a history or a log), and `stepwell:http` sends
//! (`Send`).
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html>

mod form;
mod request;

use aws_protocol::ServiceError;
use serde_json::{Map, Value, json};

use super::{Failure, TaskCall};
use crate::engine::Shared;
use request::Request;

/// The largest answer, bytes: what a task's result may have.
const ANSWER_BYTES: usize = 262_144;
/// Content types whose answers fail the task (developer guide, "Unsupported HTTP Task responses").
const UNSUPPORTED: [&str; 4] = ["application/octet-stream", "image/", "video/", "audio/"];

/// Sends the request of a task and answers its result.
pub(super) async fn invoke(shared: &Shared, call: &TaskCall) -> Result<String, Failure> {
    let request = Request::read(&call.parameters).map_err(Failure::parameters)?;
    let mut answer = send(shared, call, &request, false).await?;
    // A token may end before its time: its issuer gives another one.
    if answer["StatusCode"] == 401 && answer["Renewable"] == true {
        answer = send(shared, call, &request, true).await?;
    }
    result(answer)
}

/// Sends the request with what the connection adds; `renew`: with a new token.
async fn send(shared: &Shared, call: &TaskCall, request: &Request, renew: bool) -> Result<Value, Failure> {
    let asked = json!({ "ConnectionArn": request.connection_arn, "Renew": renew });
    let connection = shared.call_internal(call, "stepwell:connections", "Retrieve", asked).await.map_err(of_service)?;
    let sent = request.with(&connection, shared.partition.region.as_str()).map_err(Failure::parameters)?;
    let mut answer = shared.call_internal(call, "stepwell:http", "Send", sent).await.map_err(of_service)?;
    answer["Renewable"] = connection["Renewable"].clone();
    Ok(answer)
}

/// Both services name their errors as a task shows them.
fn of_service(error: ServiceError) -> Failure {
    if let Some(cause) = &error.internal {
        tracing::warn!(code = %error.code, cause, "an HTTP task failed");
    }
    match &*error.code {
        "UnknownOperationException" => Failure::new("States.TaskFailed", "stepwell sends no HTTP requests here."),
        _ => Failure::new(error.code, error.message),
    }
}

fn result(answer: Value) -> Result<String, Failure> {
    let status = answer["StatusCode"].as_u64().unwrap_or_default();
    let text = |member: &str| answer[member].as_str().unwrap_or_default();
    let content_type = content_type(&answer["Headers"]);
    if !(200..300).contains(&status) {
        let cause = if text("Body").is_empty() { text("StatusText") } else { text("Body") };
        return Err(Failure::new(format!("States.Http.StatusCode.{status}"), cause));
    }
    if answer["Body"].is_null() || UNSUPPORTED.iter().any(|kind| content_type.starts_with(kind)) {
        return Err(Failure::new(
            "States.Runtime",
            format!("The response of content type '{content_type}' is not supported."),
        ));
    }
    if text("Body").len() > ANSWER_BYTES {
        let cause =
            "The state/task 'http' returned a result with a size exceeding the maximum number of bytes service limit.";
        return Err(Failure::new("States.DataLimitExceeded", cause));
    }
    let mut output = Map::new();
    output.insert("Headers".to_owned(), answer["Headers"].clone());
    output.insert("ResponseBody".to_owned(), body(&content_type, text("Body")));
    output.insert("StatusCode".to_owned(), status.into());
    output.insert("StatusText".to_owned(), text("StatusText").into());
    Ok(Value::Object(output).to_string())
}

/// JSON where the answer says that it is JSON, or says nothing and is.
fn body(content_type: &str, text: &str) -> Value {
    let json = content_type.is_empty() || content_type.contains("json");
    let parsed = if json { serde_json::from_str(text).ok() } else { None };
    parsed.unwrap_or_else(|| Value::from(text))
}

fn content_type(headers: &Value) -> String {
    let headers = headers.as_object().into_iter().flatten();
    let found = headers
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .find_map(|(_, values)| values[0].as_str());
    found.unwrap_or_default().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, content_type: &str, body: Value) -> Value {
        json!({ "StatusCode": status, "StatusText": "Text", "Headers": { "content-type": [content_type] }, "Body": body })
    }

    #[test]
    fn an_answer_is_json_where_it_says_so() {
        let output = result(answer(200, "application/json; charset=utf-8", json!("{\"a\": 1}"))).expect("a success");
        let wanted = r#"{"Headers":{"content-type":["application/json; charset=utf-8"]},"ResponseBody":{"a":1},"StatusCode":200,"StatusText":"Text"}"#;
        assert_eq!(output, wanted);
        let output = result(answer(201, "text/plain", json!("{}"))).expect("a success");
        assert!(output.contains(r#""ResponseBody":"{}","StatusCode":201"#), "{output}");
    }

    #[test]
    fn other_statuses_and_binary_answers_fail_the_task() {
        let failed = |answer| result(answer).expect_err("a failure");
        assert_eq!(failed(answer(404, "", json!("gone"))), Failure::new("States.Http.StatusCode.404", "gone"));
        assert_eq!(failed(answer(503, "", json!(""))), Failure::new("States.Http.StatusCode.503", "Text"));
        for binary in [answer(200, "image/png", json!("x")), answer(200, "text/plain", Value::Null)] {
            assert_eq!(failed(binary).error, "States.Runtime");
        }
        let long = "x".repeat(ANSWER_BYTES + 1);
        assert_eq!(failed(answer(200, "text/plain", json!(long))).error, "States.DataLimitExceeded");
    }
}
