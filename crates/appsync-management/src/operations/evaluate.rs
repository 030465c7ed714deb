//! `EvaluateCode` and `EvaluateMappingTemplate`: one handler, once, with the context that the caller makes up.
//!
//! <https://docs.aws.amazon.com/appsync/latest/APIReference/API_EvaluateCode.html>

use std::sync::Arc;

use resolver::{Context, ContextError, End, Evaluation, Handler, Info, RaisedError, Request, Templates, vtl::Vtl};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::handlers;
use crate::{Error, error::CodeError, input, limits, registry::Registry};

#[derive(Deserialize)]
struct CodeRequest {
    #[serde(rename = "runtime")]
    _runtime: Runtime,
    code: String,
    /// JSON.
    context: String,
    /// `request` or `response`.
    function: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Runtime {
    #[serde(rename = "name")]
    _name: RuntimeName,
    #[serde(rename = "runtimeVersion")]
    _runtime_version: String,
}

#[derive(Deserialize)]
enum RuntimeName {
    #[serde(rename = "APPSYNC_JS")]
    AppsyncJs,
}

pub(super) async fn code(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let request: CodeRequest = input::parse(input)?;
    input::check_length(&request.code, "code", limits::CODE_CHARS)?;
    let handler = match request.function.as_deref() {
        None | Some("request") => Handler::Request,
        Some("response") => Handler::Response,
        Some(other) => {
            return Err(Error::constraint(
                other,
                "function",
                "Member must satisfy enum value set: [request, response]",
            ));
        }
    };
    let context = context(registry, &request.context)?;
    Ok(off_the_runtime(registry, move || match handlers::compile(&request.code) {
        Ok(compiled) => evaluated(compiled.invoke(handler, &context)),
        Err(errors) => not_compiled(&errors, &context),
    })
    .await)
}

#[derive(Deserialize)]
struct TemplateRequest {
    template: String,
    /// JSON.
    context: String,
}

pub(super) async fn template(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let request: TemplateRequest = input::parse(input)?;
    input::check_length(&request.template, "template", limits::TEMPLATE_CHARS)?;
    let context = context(registry, &request.context)?;
    // A template is not told apart by its name: with a result it is a response template.
    let handler = if context.result.is_some() { Handler::Response } else { Handler::Request };
    let source = handlers::source("template", &request.template);
    let templates = Templates { request: source.clone(), response: source };
    Ok(off_the_runtime(registry, move || match Vtl::default().compile(&templates) {
        Ok(compiled) => evaluated(compiled.invoke(handler, &context)),
        Err(error) => failed(json!({ "message": error.to_string() }), &context),
    })
    .await)
}

/// Handlers block, for a second at most.
async fn off_the_runtime(registry: &Registry, evaluate: impl FnOnce() -> Value + Send + 'static) -> Value {
    let _permit = registry.evaluations.acquire().await.expect("the semaphore is never closed");
    tokio::task::spawn_blocking(evaluate).await.expect("handlers do not panic")
}

fn not_compiled(errors: &[CodeError], context: &Context) -> Value {
    let errors: Vec<Value> = errors.iter().map(CodeError::to_json).collect();
    failed(json!({ "message": "The code contains one or more errors.", "codeErrors": errors }), context)
}

/// The answer when nothing ran.
fn failed(error: Value, context: &Context) -> Value {
    json!({ "error": error, "logs": [], "stash": Value::Object(context.stash.clone()).to_string(), "outErrors": "[]" })
}

fn evaluated(evaluation: Evaluation) -> Value {
    let Evaluation { end, stash, appended_errors, logs, .. } = evaluation;
    let errors: Value = appended_errors.into_iter().map(raised).collect();
    let mut answer =
        json!({ "logs": logs, "stash": Value::Object(stash).to_string(), "outErrors": errors.to_string() });
    match end {
        End::Returned(value) | End::EarlyReturn { value, .. } => {
            // `undefined` is no JSON, and no member.
            if let Some(value) = value {
                answer["evaluationResult"] = value.to_string().into();
            }
        }
        End::Raised(error) => answer["error"] = json!({ "message": error.message }),
        // Recorded on AWS.
        End::Unauthorized => answer["error"] = json!({ "message": "Unauthorized" }),
    }
    answer
}

fn raised(error: RaisedError) -> Value {
    let RaisedError { message, kind, data, info } = error;
    let members = [("type", kind.map(Value::from)), ("data", data), ("errorInfo", info)];
    let mut answer = json!({ "message": message });
    for (name, value) in members {
        if let Some(value) = value {
            answer[name] = value;
        }
    }
    answer
}

/// `ctx` from its JSON (developer guide, "Resolver context object reference").
fn context(registry: &Registry, text: &str) -> Result<Context, Error> {
    input::check_length(text, "context", limits::CONTEXT_CHARS)?;
    let invalid = |_| Error::bad("The context must be a JSON object.");
    let mut given: Map<String, Value> = serde_json::from_str(text).map_err(invalid)?;
    let mut map = |name: &str| match given.remove(name) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    };
    let (mut arguments, stash, env) = (map("arguments"), map("stash"), map("env"));
    if arguments.is_empty() {
        arguments = map("args");
    }
    let (mut prev, info, mut request) = (map("prev"), map("info"), map("request"));
    let identity = given.remove("identity").unwrap_or_default();
    Ok(Context {
        auth_type: auth_type(&identity),
        arguments: Arc::new(arguments),
        source: Arc::new(given.remove("source").unwrap_or_default()),
        identity: Arc::new(identity),
        stash,
        prev_result: prev.remove("result").map(Arc::new),
        result: given.remove("result").map(Arc::new),
        error: given.remove("error").filter(|error| !error.is_null()).map(|error| context_error(&error)),
        info: Arc::new(self::info(info)),
        request: Arc::new(Request {
            headers: match request.remove("headers") {
                Some(Value::Object(headers)) => headers,
                _ => Map::new(),
            },
            domain_name: request.get("domainName").and_then(Value::as_str).map(str::to_owned),
        }),
        env: Arc::new(env),
        now_millis: registry.clock.now().0,
        seed: registry.clock.random(),
        event: None,
    })
}

fn context_error(error: &Value) -> ContextError {
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    ContextError { message: text("message"), kind: text("type") }
}

fn info(mut info: Map<String, Value>) -> Info {
    let mut text = |name: &str| match info.remove(name) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    let (field_name, parent_type_name) = (text("fieldName"), text("parentTypeName"));
    let selection_set_graphql = text("selectionSetGraphQL");
    let listed = info.get("selectionSetList").and_then(Value::as_array).into_iter().flatten();
    let selection_set_list = listed.filter_map(|field| field.as_str().map(str::to_owned)).collect();
    let variables = match info.remove("variables") {
        Some(Value::Object(variables)) => variables,
        _ => Map::new(),
    };
    let output_type = String::new();
    Info { field_name, parent_type_name, output_type, variables, selection_set_list, selection_set_graphql }
}

/// What `util.authType()` says, told from the identity's form.
fn auth_type(identity: &Value) -> &'static str {
    let has = |name: &str| identity.get(name).is_some();
    match () {
        () if has("resolverContext") => "Lambda Authorization",
        () if has("accountId") || has("userArn") => "IAM Authorization",
        () if has("defaultAuthStrategy") || has("groups") || has("username") => "User Pool Authorization",
        () if has("issuer") || has("claims") => "Open ID Connect Authorization",
        () => "API Key Authorization",
    }
}
