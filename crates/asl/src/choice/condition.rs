//! Conditions of choice rules: comparisons and their combinations, or a JSONata expression.

use std::cmp::Ordering;

use serde_json::Value;

use super::glob::Glob;
use crate::data::Data;
use crate::error::EvaluationError;
use crate::jsonata::Expression;
use crate::number::compare_numbers;
use crate::path::Path;
use crate::scope::Scope;
use crate::timestamp;

#[derive(Debug, Clone)]
pub(crate) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Test { variable: Path, test: Test },
    Expression(Expression),
}

#[derive(Debug, Clone)]
pub(crate) enum Test {
    Compare { kind: Kind, comparison: Comparison, operand: Operand },
    Matches(Glob),
    Is { is: Is, wanted: bool },
}

/// The type that both sides of a comparison must have; otherwise it is false, not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    String,
    Numeric,
    Boolean,
    Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equals,
    LessThan,
    GreaterThan,
    LessThanEquals,
    GreaterThanEquals,
}

#[derive(Debug, Clone)]
pub(crate) enum Operand {
    Literal(Value),
    Path(Path),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Is {
    Null,
    Present,
    Numeric,
    String,
    Boolean,
    Timestamp,
}

impl Condition {
    pub(crate) fn holds(&self, scope: &Scope<'_>) -> Result<bool, EvaluationError> {
        match self {
            Self::And(conditions) => any(conditions, false, scope).map(|found| !found),
            Self::Or(conditions) => any(conditions, true, scope),
            Self::Not(condition) => condition.holds(scope).map(|holds| !holds),
            Self::Test { variable, test } => test.holds(variable, scope),
            Self::Expression(expression) => Ok(expression.expect("boolean", scope)?.value() == &Value::Bool(true)),
        }
    }
}

/// Whether one of the conditions comes out this way; those after it are not evaluated.
fn any(conditions: &[Condition], wanted: bool, scope: &Scope<'_>) -> Result<bool, EvaluationError> {
    for condition in conditions {
        if condition.holds(scope)? == wanted {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Test {
    fn holds(&self, variable: &Path, scope: &Scope<'_>) -> Result<bool, EvaluationError> {
        if let Self::Is { is: Is::Present, wanted } = self {
            return Ok(variable.select(scope).is_ok() == *wanted);
        }
        let data = select(variable, scope)?;
        let value = data.value();
        match self {
            Self::Compare { kind, comparison, operand: Operand::Literal(literal) } => {
                Ok(kind.order(value, literal).is_some_and(|order| comparison.accepts(order)))
            }
            Self::Compare { kind, comparison, operand: Operand::Path(path) } => {
                let operand = select(path, scope)?;
                Ok(kind.order(value, operand.value()).is_some_and(|order| comparison.accepts(order)))
            }
            Self::Matches(glob) => Ok(value.as_str().is_some_and(|text| glob.matches(text))),
            Self::Is { is, wanted } => Ok(is.holds(value) == *wanted),
        }
    }
}

fn select(path: &Path, scope: &Scope<'_>) -> Result<Data, EvaluationError> {
    path.select(scope).map_err(|_| EvaluationError::ChoicePath { path: path.text().to_owned() })
}

impl Kind {
    fn order(self, left: &Value, right: &Value) -> Option<Ordering> {
        match self {
            Self::String => Some(compare_texts(left.as_str()?, right.as_str()?)),
            Self::Numeric => Some(compare_numbers(left.as_number()?, right.as_number()?)),
            Self::Boolean => Some(left.as_bool()?.cmp(&right.as_bool()?)),
            Self::Timestamp => {
                Some(timestamp::parse_nanos(left.as_str()?)?.cmp(&timestamp::parse_nanos(right.as_str()?)?))
            }
        }
    }
}

/// By UTF-16 code unit, as Java compares.
fn compare_texts(left: &str, right: &str) -> Ordering {
    left.encode_utf16().cmp(right.encode_utf16())
}

impl Comparison {
    fn accepts(self, order: Ordering) -> bool {
        match self {
            Self::Equals => order.is_eq(),
            Self::LessThan => order.is_lt(),
            Self::GreaterThan => order.is_gt(),
            Self::LessThanEquals => order.is_le(),
            Self::GreaterThanEquals => order.is_ge(),
        }
    }
}

impl Is {
    fn holds(self, value: &Value) -> bool {
        match self {
            Self::Null => value.is_null(),
            Self::Present => true,
            Self::Numeric => value.is_number(),
            Self::String => value.is_string(),
            Self::Boolean => value.is_boolean(),
            Self::Timestamp => value.as_str().is_some_and(|text| timestamp::parse_nanos(text).is_some()),
        }
    }
}
