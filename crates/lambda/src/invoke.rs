//! `Invoke` in JSON, as services here call it.
//!
//! In: `FunctionName`, `Payload` (any JSON), `InvocationType`, `LogType`, `ClientContext`, `Qualifier`. Out: `StatusCode`,
//! `ExecutedVersion`, `Payload`, `FunctionError`, `LogResult`. On AWS's wire the payload is the body, which keeps its
//! text; who needs that here gives `PayloadText` (JSON text) instead of `Payload` and gets `PayloadText` and `RequestId`.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>

use serde_json::{Map, Value, json};

use crate::{Error, Invocation, InvocationType, Lambda, Outcome, limits::CLIENT_CONTEXT_BYTES};

/// Performs `Invoke`.
pub(crate) async fn call(lambda: &Lambda, input: &Value) -> Result<Value, Error> {
    let as_text = input.get("PayloadText").is_some();
    let outcome = lambda.invoke(invocation(input)?).await?;
    Ok(answer(outcome, as_text))
}

fn invocation(input: &Value) -> Result<Invocation, Error> {
    let payload = match (text(input, "PayloadText")?, input.get("Payload")) {
        (Some(text), _) => text.to_owned(),
        (None, Some(payload)) => payload.to_string(),
        (None, None) => "{}".to_owned(),
    };
    let client_context = text(input, "ClientContext")?.map(str::to_owned);
    if client_context.as_ref().is_some_and(|context| context.len() > CLIENT_CONTEXT_BYTES) {
        return Err(Error::InvalidParameterValue("The client context is too large.".to_owned()));
    }
    Ok(Invocation {
        function_name: text(input, "FunctionName")?.unwrap_or_default().to_owned(),
        qualifier: text(input, "Qualifier")?.map(str::to_owned),
        invocation_type: invocation_type(text(input, "InvocationType")?)?,
        payload,
        log_tail: text(input, "LogType")? == Some("Tail"),
        client_context,
    })
}

fn invocation_type(name: Option<&str>) -> Result<InvocationType, Error> {
    match name {
        None | Some("RequestResponse") => Ok(InvocationType::RequestResponse),
        Some("Event") => Ok(InvocationType::Event),
        Some("DryRun") => Ok(InvocationType::DryRun),
        Some(other) => Err(Error::InvalidParameterValue(format!(
            "1 validation error detected: Value '{other}' at 'invocationType' failed to satisfy constraint: Member must \
             satisfy enum value set: [Event, RequestResponse, DryRun]"
        ))),
    }
}

fn text<'a>(input: &'a Value, member: &str) -> Result<Option<&'a str>, Error> {
    match input.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Error::InvalidParameterValue(format!("{member} must be a string"))),
    }
}

fn answer(outcome: Outcome, as_text: bool) -> Value {
    let mut answer = Map::new();
    let mut put = |name: &str, value: Value| answer.insert(name.to_owned(), value);
    put("StatusCode", outcome.status.into());
    put("ExecutedVersion", outcome.executed_version.into());
    if let Some(error) = outcome.function_error {
        put("FunctionError", error.into());
    }
    if let Some(log) = outcome.log_result {
        put("LogResult", log.into());
    }
    if as_text {
        put("PayloadText", outcome.payload.into());
        put("RequestId", outcome.request_id.into());
    } else {
        match serde_json::from_str(&outcome.payload) {
            Ok(payload) => put("Payload", payload),
            // Nobody waited for it.
            Err(_) if outcome.payload.is_empty() => None,
            // It was read as JSON before, so it can only be too deep.
            Err(error) => {
                put("FunctionError", "Unhandled".into());
                put("Payload", json!({ "errorType": "Runtime.MarshalError", "errorMessage": error.to_string() }))
            }
        };
    }
    Value::Object(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_read_and_wrong_ones_named() {
        let read =
            invocation(&json!({ "FunctionName": "f", "Payload": { "a": 1 }, "LogType": "Tail" })).expect("valid");
        assert_eq!((read.function_name.as_str(), read.payload.as_str(), read.log_tail), ("f", r#"{"a":1}"#, true));
        assert_eq!(invocation(&json!({ "FunctionName": "f" })).expect("valid").payload, "{}");
        for wrong in [json!({ "InvocationType": "Later" }), json!({ "FunctionName": 1 })] {
            assert!(matches!(invocation(&wrong), Err(Error::InvalidParameterValue(_))), "{wrong}");
        }
    }

    #[test]
    fn a_text_is_answered_with_a_text() {
        let outcome = || Outcome { status: 200, payload: r#"{"a": 1.0}"#.to_owned(), ..Outcome::default() };
        assert_eq!(answer(outcome(), true)["PayloadText"], r#"{"a": 1.0}"#);
        assert_eq!(answer(outcome(), false)["Payload"], json!({ "a": 1.0 }));
        let accepted = answer(Outcome { status: 202, ..Outcome::default() }, false);
        assert_eq!(accepted.get("Payload"), None);
        let deep = Outcome { payload: format!("{}{}", "[".repeat(1000), "]".repeat(1000)), ..outcome() };
        assert_eq!(answer(deep, false)["Payload"]["errorType"], "Runtime.MarshalError");
    }
}
