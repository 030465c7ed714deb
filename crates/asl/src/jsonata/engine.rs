//! The jsonata-core library as a [`QueryEngine`], for expressions that cannot produce much; the others go into the
//! [`sandbox`].

use indexmap::IndexMap;
use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorOptions};
use jsonata_core::parser;
use jsonata_core::value::JValue;

use super::{Failure, Query, QueryEngine, cost, functions, sandbox};
use crate::data::Data;

/// How long one expression may run.
// AWS differs: its own bound is not documented.
const TIMEOUT_MS: u64 = 1_000;
/// How deep an expression may recurse.
const MAX_STACK_DEPTH: usize = 1_000;
/// How long a sequence may grow.
const MAX_SEQUENCE_LENGTH: usize = 1_000_000;

/// jsonata-core.
pub(super) struct JsonataCore;

impl QueryEngine for JsonataCore {
    fn check(source: &str) -> Result<(), String> {
        parse(source).map(drop)
    }

    fn evaluate(query: &Query<'_>) -> Result<Data, Failure> {
        let ast = parse(query.source).map_err(Failure::Threw)?;
        if cost::is_small(&ast, query) { evaluate(&ast, query) } else { sandbox::evaluate(query) }
    }
}

/// The message of a syntax error begins with its JSONata code, which the library puts behind words of its own, or leaves out.
fn parse(source: &str) -> Result<AstNode, String> {
    parser::parse(source).map_err(|error| match error.to_string() {
        text if text == "Unclosed comment" => "S0106: Comment has no closing tag".to_owned(),
        text => match text.split_once(": ") {
            Some(("Invalid syntax" | "Invalid number", coded)) => coded.to_owned(),
            _ => text,
        },
    })
}

/// Evaluates here, where nothing stops an expression within one step.
fn evaluate(ast: &AstNode, query: &Query<'_>) -> Result<Data, Failure> {
    let options = EvaluatorOptions {
        timeout_ms: Some(TIMEOUT_MS),
        cancel: None,
        max_stack_depth: Some(MAX_STACK_DEPTH),
        max_sequence_length: Some(MAX_SEQUENCE_LENGTH),
    };
    let mut evaluator = Evaluator::with_options(bindings(query)?, options);
    functions::register(&mut evaluator, query.scope).map_err(|error| Failure::Threw(error.message().to_owned()))?;
    // AWS differs: it refuses `$` and `$$` at the top level of an expression; here they are undefined.
    let root = query.root.map_or(Ok(JValue::Undefined), from_data)?;
    let result = evaluator.evaluate(ast, &root);
    to_data(&result.map_err(|error| Failure::Threw(spoken(error.message()).to_owned()))?)
}

fn bindings(query: &Query<'_>) -> Result<Context, Failure> {
    let mut context = Context::new();
    let mut states = IndexMap::new();
    for (name, data) in query.states() {
        states.insert(name.to_owned(), from_data(data)?);
    }
    context.bind("states".to_owned(), JValue::object(states));
    for (name, data) in query.scope.variables {
        context.bind(name.to_string(), from_data(data)?);
    }
    Ok(context)
}

fn from_data(data: &Data) -> Result<JValue, Failure> {
    JValue::from_json_str(&data.text()).map_err(|error| Failure::Threw(error.to_string()))
}

/// Through text, which bounds the depth.
fn to_data(value: &JValue) -> Result<Data, Failure> {
    if value.is_undefined() {
        return Err(Failure::Nothing);
    }
    if value.is_function() || value.is_regex() {
        return Err(Failure::Unsupported);
    }
    let text = value.to_json_string().map_err(|error| Failure::Threw(error.to_string()))?;
    Data::parse(text).map_err(|error| Failure::Threw(error.to_string()))
}

/// The library appends the function's name to this one message, AWS does not (recorded on AWS).
fn spoken(message: &str) -> &str {
    let bare = "T1006: Attempted to invoke a non-function";
    if message.starts_with(bare) { bare } else { message }
}
