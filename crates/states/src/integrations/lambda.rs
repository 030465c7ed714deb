//! `lambda:invoke`, and functions that are named as the `Resource` itself.
//!
//! A named function gets the task's input as its event and its answer is the result, text for text. `lambda:invoke` has
//! the parameters of Invoke, and its result is what Invoke answers with the payload as JSON, written compactly.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html>

use std::collections::BTreeMap;

use aws_protocol::ServiceError;
use serde_json::{Value, json, value::RawValue};

use super::{Failure, TaskCall, metadata};
use crate::engine::Shared;

/// Calls `lambda:invoke` and answers the task's result.
pub(super) async fn invoke(shared: &Shared, call: &TaskCall) -> Result<String, Failure> {
    let answer = ask(shared, call, request(&call.parameters)?).await?;
    let payload = compact(answer["PayloadText"].as_str().unwrap_or_default());
    if answer.get("FunctionError").is_some() {
        return Err(function_error(payload));
    }
    Ok(output(shared, &answer, payload))
}

/// Calls the function that the state's `Resource` names, and answers what it answers.
pub(super) async fn invoke_named(shared: &Shared, call: &TaskCall) -> Result<String, Failure> {
    let request = json!({ "FunctionName": *call.resource_arn, "PayloadText": *call.parameters });
    let answer = ask(shared, call, request).await?;
    let payload = answer["PayloadText"].as_str().unwrap_or("null").to_owned();
    if answer.get("FunctionError").is_some() { Err(function_error(payload)) } else { Ok(payload) }
}

async fn ask(shared: &Shared, call: &TaskCall, request: Value) -> Result<Value, Failure> {
    let answer = shared.call_other(call, "lambda", "Invoke", request).await;
    answer.map_err(|error| refusal(&error, &shared.clock.uuid()))
}

fn request(parameters: &str) -> Result<Value, Failure> {
    let parameters: BTreeMap<String, Box<RawValue>> = serde_json::from_str(parameters).map_err(Failure::parameters)?;
    let mut request = json!({ "PayloadText": "{}" });
    for (name, raw) in parameters {
        if name == "Payload" {
            request["PayloadText"] = raw.get().into();
        } else {
            request[name] = serde_json::from_str(raw.get()).map_err(Failure::parameters)?;
        }
    }
    Ok(request)
}

fn output(shared: &Shared, answer: &Value, payload: String) -> String {
    let version = answer["ExecutedVersion"].as_str().unwrap_or_default();
    let (high, low) = (shared.clock.random(), shared.clock.random());
    let trace = format!("root=1-{:08x}-{:08x}{low:016x};sampled=0", shared.clock.now().0 / 1000, high >> 32);
    let mut described = json!({});
    let http = metadata::Http {
        connection: "Connection",
        server: None,
        content_type: "application/json",
        content_length: payload.len(),
        request_id: answer["RequestId"].as_str().unwrap_or_default(),
        date: shared.clock.now(),
        more: &[
            ("X-Amz-Executed-Version", version),
            ("x-amzn-Remapped-Content-Length", "0"),
            ("X-Amzn-Trace-Id", &trace),
        ],
    };
    metadata::add(&mut described, &http);
    let mut members = BTreeMap::from([
        ("ExecutedVersion", json!(version).to_string()),
        ("SdkHttpMetadata", described["SdkHttpMetadata"].to_string()),
        ("SdkResponseMetadata", described["SdkResponseMetadata"].to_string()),
        ("StatusCode", answer["StatusCode"].to_string()),
    ]);
    // An event that was only accepted has no payload.
    members.extend((!payload.is_empty()).then_some(("Payload", payload)));
    if let Some(log) = answer.get("LogResult") {
        members.insert("LogResult", log.to_string());
    }
    let members: Vec<_> = members.iter().map(|(name, text)| format!("\"{name}\":{text}")).collect();
    format!("{{{}}}", members.join(","))
}

/// The failure of a function that ran: its own error's name, and its error object as the cause.
fn function_error(payload: String) -> Failure {
    let error: Value = serde_json::from_str(&payload).unwrap_or_default();
    match error.get("errorType").and_then(Value::as_str) {
        Some(name) => Failure::new(name, payload),
        None => Failure::new(
            "Lambda.Unknown",
            format!(
                "The cause could not be determined because Lambda did not return an error type. Returned payload: {payload}"
            ),
        ),
    }
}

/// The failure of a function that was not invoked.
fn refusal(error: &ServiceError, request_id: &str) -> Failure {
    let name = match &*error.code {
        "ServiceUnavailable" | "InternalFailure" => "ServiceException",
        named if named.ends_with("Exception") => named,
        _ => "AWSLambdaException",
    };
    Failure::optimised("Lambda", name, "AWSLambda", error, request_id)
}

/// JSON text without the blanks between its parts; numbers keep their digits.
fn compact(json: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    let kept = json.chars().filter(|letter| {
        let keep = inside || !letter.is_ascii_whitespace();
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = inside,
            '"' => inside = !inside,
            _ => {}
        }
        keep
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_go_and_texts_and_digits_stay() {
        let cases = [
            (r#"{"a": 1.50, "b": [ ]}"#, r#"{"a":1.50,"b":[]}"#),
            (r#"{"a b": "c \" d\\", "e": 1 }"#, r#"{"a b":"c \" d\\","e":1}"#),
            (" null\n", "null"),
            ("", ""),
        ];
        for (given, expected) in cases {
            assert_eq!(compact(given), expected);
        }
    }

    #[test]
    fn a_function_error_has_the_name_that_the_function_gave_it() {
        let named = r#"{"errorMessage": "no", "errorType": "OutOfStock"}"#;
        assert_eq!(function_error(named.to_owned()), Failure::new("OutOfStock", named));
        // [D] Step Functions developer guide, "Handling error conditions": what has no type is Lambda.Unknown.
        assert_eq!(function_error(r#"{"errorMessage":"no"}"#.to_owned()).error, "Lambda.Unknown");
    }

    #[test]
    fn refusals_read_as_recorded_on_aws() {
        let missing = ServiceError::new("ResourceNotFoundException", "Function not found: f:$LATEST").with_status(404);
        let expected = Failure::new(
            "Lambda.ResourceNotFoundException",
            "Function not found: f:$LATEST (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; \
             Request ID: R1; Proxy: null)",
        );
        assert_eq!(refusal(&missing, "R1"), expected);
        assert_eq!(refusal(&ServiceError::internal("x"), "R1").error, "Lambda.ServiceException");
    }

    #[test]
    fn a_payload_keeps_its_text() {
        let asked = request(r#"{"FunctionName":"f","Payload":{"n":1.50}}"#).expect("valid");
        assert_eq!(asked, json!({ "FunctionName": "f", "PayloadText": "{\"n\":1.50}" }));
    }
}
