//! Short words for what the picture shows: conditions of Choice rules, names of errors, what a Task calls.

use std::sync::Arc;

use super::metrics;
use crate::{
    choice::{Comparison, Condition, Is, Kind, Operand, Test},
    state::{State, StateKind},
};

/// Characters of a description that are kept at all; the rest cannot be read in a picture.
const LONGEST: usize = 300;

/// A text that stops growing at a bound.
#[derive(Default)]
struct Bounded(String, usize);

impl Bounded {
    fn push(&mut self, text: &str) {
        for character in text.chars().take(LONGEST.saturating_sub(self.1)) {
            self.0.push(if character.is_whitespace() { ' ' } else { character });
            self.1 += 1;
        }
    }

    fn is_full(&self) -> bool {
        self.1 >= LONGEST
    }
}

/// A condition as a person writes it down: `$.amount > 100 and $.paid = true`.
pub(super) fn condition(condition: &Condition) -> String {
    let mut text = Bounded::default();
    write(condition, false, &mut text);
    text.0
}

/// Recursion is bounded by the depth of the definition.
fn write(condition: &Condition, nested: bool, text: &mut Bounded) {
    match condition {
        Condition::And(parts) => join(parts, " and ", nested, text),
        Condition::Or(parts) => join(parts, " or ", nested, text),
        Condition::Not(part) => {
            text.push("not ");
            write(part, true, text);
        }
        Condition::Test { variable, test } => {
            text.push(variable.text());
            text.push(" ");
            self::test(test, text);
        }
        Condition::Expression(expression) => text.push(expression.source()),
    }
}

fn join(parts: &[Condition], word: &str, nested: bool, text: &mut Bounded) {
    let brackets = nested && parts.len() > 1;
    if brackets {
        text.push("(");
    }
    for (index, part) in parts.iter().enumerate() {
        if text.is_full() {
            return;
        }
        if index > 0 {
            text.push(word);
        }
        write(part, true, text);
    }
    if brackets {
        text.push(")");
    }
}

fn test(test: &Test, text: &mut Bounded) {
    match test {
        Test::Compare { kind, comparison, operand } => {
            text.push(match comparison {
                Comparison::Equals => "= ",
                Comparison::LessThan => "< ",
                Comparison::GreaterThan => "> ",
                Comparison::LessThanEquals => "\u{2264} ",
                Comparison::GreaterThanEquals => "\u{2265} ",
            });
            match operand {
                Operand::Path(path) => text.push(path.text()),
                Operand::Literal(serde_json::Value::String(literal)) if *kind == Kind::Timestamp => text.push(literal),
                Operand::Literal(literal) => text.push(&literal.to_string()),
            }
        }
        Test::Matches(glob) => {
            text.push("matches ");
            text.push(&glob.pattern());
        }
        Test::Is { is, wanted } => {
            text.push(if *wanted { "is " } else { "is not " });
            text.push(match is {
                Is::Null => "null",
                Is::Present => "present",
                Is::Numeric => "a number",
                Is::String => "a string",
                Is::Boolean => "a boolean",
                Is::Timestamp => "a timestamp",
            });
        }
    }
}

/// Names of errors without their families: `ConditionalCheckFailed, Timeout`; `None` for `States.ALL`.
pub(super) fn errors(names: &[Arc<str>]) -> Option<String> {
    if names.iter().any(|name| &**name == "States.ALL") {
        return None;
    }
    let short = names.iter().take(10).map(|name| {
        let last = name.rsplit('.').next().unwrap_or(name);
        last.strip_suffix("Exception").filter(|rest| !rest.is_empty()).unwrap_or(last)
    });
    Some(short.collect::<Vec<_>>().join(", "))
}

/// The second line of a state's box: its type, and of a Task what it calls.
pub(super) fn kind(state: &State) -> String {
    let StateKind::Task(task) = &state.kind else { return state.type_name().to_owned() };
    let parts: Vec<&str> = task.resource.splitn(6, ':').collect();
    let [_, _, service, _, _, rest] = parts[..] else { return "Task".to_owned() };
    let call = match (service, rest) {
        ("lambda", function) => format!("lambda {}", function.trim_start_matches("function:")),
        ("states", activity) if activity.starts_with("activity:") => activity.replacen(':', " ", 1),
        (_, integration) => integration.trim_start_matches("aws-sdk:").to_owned(),
    };
    if call.is_empty() { "Task".to_owned() } else { call }
}

/// `text` as a label of at most `most` pixels.
pub(super) fn label(text: &str, most: f64) -> String {
    metrics::fit(text.trim(), super::scene::SMALL, false, most)
}
