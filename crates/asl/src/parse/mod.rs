//! From a definition text to a [`Definition`], collecting every finding on the way.

mod choice;
mod fields;
mod kinds;
mod machine;
mod map;
mod position;
mod retry;
mod single_state;
mod state;
mod syntax;
mod template;

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use crate::definition::{Definition, Machine, QueryLanguage};
use crate::diagnostic::{Diagnostic, Severity};
use crate::state::State;
use fields::Fields;

pub(crate) use syntax::describe as describe_syntax_error;

/// AWS's limit on the size of a definition.
const MAX_DEFINITION_BYTES: usize = 1024 * 1024;

/// AWS lists at most 100 findings; one more tells that there are more.
const MAX_DIAGNOSTICS: usize = 101;

const SCHEMA: &str = "SCHEMA_VALIDATION_FAILED";
const MISSING_TARGET: &str = "MISSING_TRANSITION_TARGET";

pub(crate) fn parse(text: &str) -> Result<Definition, Vec<Diagnostic>> {
    let value = read(text).map_err(|diagnostic| vec![diagnostic])?;
    build(text, &value)
}

/// A state alone, as TestState takes it: see [`single_state`].
pub(crate) fn parse_state(text: &str) -> Result<Definition, Vec<Diagnostic>> {
    let state = read(text).map_err(|diagnostic| vec![diagnostic])?;
    build(text, &single_state::machine_around(state))
}

fn build(text: &str, value: &Value) -> Result<Definition, Vec<Diagnostic>> {
    let mut parser = Parser::default();
    let definition = parser.definition(value);
    if let (Some(definition), true) = (definition, parser.diagnostics.is_empty()) {
        return Ok(definition);
    }
    for diagnostic in &mut parser.diagnostics {
        let pointer = diagnostic.location.as_deref().unwrap_or("/");
        (diagnostic.line, diagnostic.column) = position::find(text, pointer);
    }
    Err(parser.diagnostics)
}

/// The JSON object of the text, within the bounds of size and depth.
fn read(text: &str) -> Result<Value, Diagnostic> {
    if text.len() > MAX_DEFINITION_BYTES {
        return Err(whole(SCHEMA, format!("Definition must not be larger than {MAX_DEFINITION_BYTES} bytes")));
    }
    if text.trim().is_empty() {
        return Err(whole(SCHEMA, "Definition must be a valid JSON object".to_owned()));
    }
    let value: Value = serde_json::from_str(text).map_err(|error| syntax::diagnostic(text, &error))?;
    match value.is_object() {
        true => Ok(value),
        false => Err(whole(SCHEMA, "Definition must be a valid JSON object".to_owned())),
    }
}

fn whole(code: &'static str, message: String) -> Diagnostic {
    Diagnostic { severity: Severity::Error, code, message, location: None, line: 1, column: 1 }
}

/// What is known so far.
#[derive(Default)]
struct Parser {
    diagnostics: Vec<Diagnostic>,
    /// A machine is put in its place when its states are parsed; its id is given before.
    machines: Vec<Option<Machine>>,
    states: Vec<Option<State>>,
    names: HashSet<Arc<str>>,
    /// Labels of Maps.
    labels: HashSet<Arc<str>>,
    /// The language of the machine that is being parsed.
    machine_language: QueryLanguage,
    /// Variables read by the state that is being parsed.
    variables: Vec<Arc<str>>,
}

impl Parser {
    fn definition(&mut self, value: &Value) -> Option<Definition> {
        let fields = Fields::new(value.as_object()?, String::new(), QueryLanguage::JSONPath);
        let query_language = self.query_language(&fields, QueryLanguage::JSONPath);
        let timeout_seconds = self.integer(&fields, "TimeoutSeconds", 1..=99_999_999);
        let comment = self.string(&fields, "Comment").map(str::to_owned);
        self.machine_language = query_language;
        self.machine(&fields, query_language, None);
        let machines = std::mem::take(&mut self.machines).into_iter().collect::<Option<_>>()?;
        let states = std::mem::take(&mut self.states).into_iter().collect::<Option<_>>()?;
        Some(Definition { comment, query_language, timeout_seconds, machines, states })
    }

    fn report(&mut self, location: &str, code: &'static str, message: impl Into<String>) {
        if self.diagnostics.len() >= MAX_DIAGNOSTICS {
            return;
        }
        let location = Some(if location.is_empty() { "/".to_owned() } else { location.to_owned() });
        let message = message.into();
        self.diagnostics.push(Diagnostic { severity: Severity::Error, code, message, location, line: 1, column: 1 });
    }
}
