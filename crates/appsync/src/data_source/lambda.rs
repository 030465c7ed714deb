//! The `AWS_LAMBDA` data source: a function receives the payload, a list of payloads (`BatchInvoke`), or the whole
//! context where a resolver has no request template.
//!
//! "Resolver mapping template reference for Lambda", AppSync developer guide.

use resolver::{Context, ContextError};
use serde_json::{Value, json};

use super::{Call, Failure, Remote};
use crate::{LambdaOptions, limits};

pub(super) struct Lambda {
    pub(super) remote: Remote,
    pub(super) function_arn: String,
}

/// How an exception of the function is called.
#[derive(Clone, Copy)]
enum Naming {
    /// `Lambda:Unhandled`, whatever it is: where a response handler sees it.
    Unhandled,
    /// By its own name: where it becomes the field's error.
    Own,
}

impl Lambda {
    /// `Invoke` or `BatchInvoke`. The function's event is the payload alone, or a list of payloads, not the whole
    /// request [S: Amplify's simulator and every template of Amplify rely on it; the developer guide says otherwise].
    pub(super) async fn invoke(&self, call: &Call<'_>, request: Value) -> Result<Value, Failure> {
        let payload = request.get("payload").cloned().unwrap_or_default();
        let invocation = match request.get("invocationType").unwrap_or(&Value::Null) {
            Value::Null => "RequestResponse",
            Value::String(kind) if kind == "RequestResponse" => "RequestResponse",
            Value::String(kind) if kind == "Event" => "Event",
            other => return Err(Failure::Document(format!("Unsupported invocationType {other}."))),
        };
        let naming = if call.lambda.plain_response { Naming::Own } else { Naming::Unhandled };
        match request.get("operation").and_then(Value::as_str) {
            Some("Invoke") => {
                call.spot.pass();
                self.send(call, payload, invocation, naming).await
            }
            Some("BatchInvoke") => {
                let limit = match usize::try_from(call.lambda.max_batch_size) {
                    Ok(0) => limits::BATCH_INVOKE_DEFAULT,
                    size => size.unwrap_or(limits::BATCH_INVOKE),
                };
                let kind = call.spot.kind_of_field(invocation);
                call.spot
                    .together(kind, limit, payload, |payloads| self.send_batch(call, payloads, invocation, naming))
                    .await
            }
            Some(other) => Err(Failure::Document(format!("Unsupported operation '{other}'."))),
            None => Err(Failure::missing("operation")),
        }
    }

    /// Asks the function for something of the data source's own: how to resolve a conflict.
    pub(super) async fn ask(&self, call: &Call<'_>, event: Value) -> Result<Value, Failure> {
        self.send(call, event, "RequestResponse", Naming::Unhandled).await
    }

    /// One event for all: the function answers a list, as long and in the same order.
    async fn send_batch(
        &self,
        call: &Call<'_>,
        payloads: Vec<Value>,
        invocation: &str,
        naming: Naming,
    ) -> Vec<Result<Value, Failure>> {
        let number = payloads.len();
        call.notes.batch(number);
        match self.send(call, Value::Array(payloads), invocation, naming).await {
            Ok(_) if invocation == "Event" => vec![Ok(Value::Null); number],
            Ok(Value::Array(results)) if results.len() == number => results.into_iter().map(Ok).collect(),
            Ok(other) => vec![Err(not_the_batch(number, &other)); number],
            Err(failure) => vec![Err(failure); number],
        }
    }

    /// Calls the function; the `lambda` service answers `{"Payload": ..., "FunctionError"?: "Unhandled"}`.
    async fn send(&self, call: &Call<'_>, event: Value, invocation: &str, naming: Naming) -> Result<Value, Failure> {
        let input = json!({ "FunctionName": self.function_arn, "InvocationType": invocation, "Payload": event });
        let answer = call.within(limits::LAMBDA_MILLIS, self.remote.call("lambda", "Invoke", input)).await;
        // The text is recorded on AWS.
        let answer = answer.ok_or_else(|| failure("Execution timed out.", "ExecutionTimeoutException"))?;
        let mut answer = answer.map_err(|error| match &*error.code {
            "TooManyRequestsException" => failure(&error.message, "IllegalArgument"),
            code => failure(&error.message, code),
        })?;
        let payload = answer.get_mut("Payload").map(Value::take).unwrap_or_default();
        match answer.get("FunctionError").and_then(Value::as_str) {
            _ if invocation == "Event" => Ok(Value::Null),
            None => Ok(payload),
            Some(kind) => Err(function_error(&payload, kind, naming)),
        }
    }
}

fn failure(message: &str, kind: &str) -> Failure {
    Failure::Reported { message: message.to_owned(), kind: format!("Lambda:{kind}"), result: Value::Null }
}

/// AWS differs: the type is AWS's, its text is not known [M].
fn not_the_batch(number: usize, answer: &Value) -> Failure {
    let got = match answer {
        Value::Array(results) => format!("a list of {}", results.len()),
        Value::Object(_) => "an object".to_owned(),
        other => other.to_string(),
    };
    let message =
        format!("BatchInvoke needs a list of {number} results, one for each request; the function gave {got}.");
    failure(&message, "IllegalArgument")
}

fn function_error(payload: &Value, kind: &str, naming: Naming) -> Failure {
    let text = |name: &str| payload.get(name).and_then(Value::as_str);
    let message = text("errorMessage").unwrap_or("Unknown error");
    match (naming, text("errorType")) {
        (Naming::Own, Some("UnauthorizedException")) => Failure::Reported {
            message: "You are not authorized to make this call.".to_owned(),
            kind: "UnauthorizedException".to_owned(),
            result: Value::Null,
        },
        (Naming::Own, Some(name)) => {
            Failure::Reported { message: message.to_owned(), kind: name.to_owned(), result: Value::Null }
        }
        _ => failure(message, kind),
    }
}

/// The request where a resolver or function has no request template: the context is the payload
/// (developer guide, "Direct Lambda resolvers").
pub(crate) fn whole_context(context: &Context, options: LambdaOptions) -> Value {
    let info = &context.info;
    let payload = json!({
        "arguments": *context.arguments,
        "identity": *context.identity,
        "source": *context.source,
        "request": { "headers": context.request.headers, "domainName": context.request.domain_name },
        "prev": context.prev_result.as_deref().map(|result| json!({ "result": result })),
        "info": {
            "selectionSetList": info.selection_set_list,
            "selectionSetGraphQL": info.selection_set_graphql,
            "parentTypeName": info.parent_type_name,
            "fieldName": info.field_name,
            "variables": info.variables,
        },
        "stash": context.stash,
    });
    let operation = if options.max_batch_size > 0 { "BatchInvoke" } else { "Invoke" };
    json!({ "operation": operation, "payload": payload })
}

/// An error that a field ends with: message, type and data.
pub(crate) type PlainError = (String, Option<String>, Value);

/// What AppSync makes of a result where there is no response template. `batched`: results are
/// `{"data", "errorMessage", "errorType"}`.
pub(crate) fn plain_response(
    mut result: Value,
    error: Option<ContextError>,
    batched: bool,
) -> Result<Value, PlainError> {
    if let Some(ContextError { message, kind }) = error {
        return Err((message, Some(kind), result));
    }
    if !batched {
        return Ok(result);
    }
    let data = result.get_mut("data").map(Value::take).unwrap_or_default();
    let kind = result.get("errorType").and_then(Value::as_str).map(str::to_owned);
    match result.get("errorMessage") {
        None | Some(Value::Null | Value::Bool(false)) => Ok(data),
        Some(Value::String(message)) => Err((message.clone(), kind, data)),
        Some(other) => Err((other.to_string(), kind, data)),
    }
}
