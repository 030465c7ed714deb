//! The jsonata-core library as a [`QueryEngine`].

use indexmap::IndexMap;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorOptions};
use jsonata_core::parser;
use jsonata_core::value::JValue;

use super::{Failure, QueryEngine, functions};
use crate::data::Data;
use crate::scope::Scope;

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
        parser::parse(source).map(drop).map_err(|error| error.to_string())
    }

    fn evaluate(source: &str, scope: &Scope<'_>) -> Result<Data, Failure> {
        let ast = parser::parse(source).map_err(|error| Failure::Threw(error.to_string()))?;
        let options = EvaluatorOptions {
            timeout_ms: Some(TIMEOUT_MS),
            cancel: None,
            max_stack_depth: Some(MAX_STACK_DEPTH),
            max_sequence_length: Some(MAX_SEQUENCE_LENGTH),
        };
        let mut evaluator = Evaluator::with_options(bindings(scope)?, options);
        functions::register(&mut evaluator, scope).map_err(|error| Failure::Threw(error.message().to_owned()))?;
        // AWS differs: it refuses `$` and `$$` at the top level of an expression; here they are undefined.
        let result = evaluator.evaluate(&ast, &JValue::Undefined);
        to_data(&result.map_err(|error| Failure::Threw(spoken(error.message()).to_owned()))?)
    }
}

fn bindings(scope: &Scope<'_>) -> Result<Context, Failure> {
    let mut context = Context::new();
    let mut states = IndexMap::new();
    let reserved = [
        ("input", Some(scope.input)),
        ("context", Some(scope.context)),
        ("result", scope.result),
        ("errorOutput", scope.error_output),
    ];
    for (name, data) in reserved {
        if let Some(data) = data {
            states.insert(name.to_owned(), from_data(data)?);
        }
    }
    context.bind("states".to_owned(), JValue::object(states));
    for (name, data) in scope.variables {
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
