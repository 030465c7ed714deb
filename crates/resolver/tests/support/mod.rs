//! Short ways to compile and run code in tests.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::sync::Arc;

use resolver::{
    CompileError, Context, End, Evaluation, Handler, Handlers, Language, Limits, Source,
    javascript::{Dialect, JavaScript},
};
use serde_json::Value;

/// Both handlers, empty.
pub(crate) const EMPTY: &str = "export function request() {}\nexport function response() {}";

pub(crate) fn context() -> Context {
    Context { auth_type: "API Key Authorization", ..Context::default() }
}

pub(crate) fn source(code: &str) -> Source {
    Source { name: "code.js".into(), code: code.into() }
}

pub(crate) fn strict(code: &str) -> Arc<dyn Handlers> {
    JavaScript::default().compile(&source(code)).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn compile_error(code: &str) -> CompileError {
    match JavaScript::default().compile(&source(code)) {
        Ok(_) => panic!("compiled: {code}"),
        Err(error) => error,
    }
}

/// The code of a resolver whose request handler has this body.
pub(crate) fn with_body(body: &str) -> String {
    format!(
        "import {{ util, runtime, extensions }} from '@aws-appsync/utils';
         export function request(ctx) {{ {body} }}
         export function response(ctx) {{ return ctx.result; }}"
    )
}

pub(crate) fn evaluate(body: &str) -> Evaluation {
    evaluate_in(Dialect::Strict, Limits::default(), body, &context())
}

pub(crate) fn evaluate_in(dialect: Dialect, limits: Limits, body: &str, context: &Context) -> Evaluation {
    let language = JavaScript::new(dialect, limits);
    let handlers = language.compile(&source(&with_body(body))).unwrap_or_else(|error| panic!("{error}"));
    handlers.invoke(Handler::Request, context)
}

pub(crate) fn returned(body: &str, context: &Context) -> Value {
    match evaluate_in(Dialect::Strict, Limits::default(), body, context).end {
        End::Returned(Some(value)) => value,
        other => panic!("{body}: {other:?}"),
    }
}

/// `owner: name name` as `owner.name`.
pub(crate) fn paths(text: &str) -> Vec<String> {
    let mut owner = "";
    let mut paths = Vec::new();
    for word in text.split_whitespace() {
        match word.strip_suffix(':') {
            Some(next) => owner = next,
            None => paths.push(format!("{owner}.{word}")),
        }
    }
    paths
}
