//! Choice states: rules in order, the first that holds wins.

mod condition;
mod glob;

use crate::definition::StateId;
use crate::error::EvaluationError;
use crate::scope::Scope;
use crate::template::Template;

pub(crate) use condition::{Comparison, Condition, Is, Kind, Operand, Test};
pub(crate) use glob::Glob;

/// What a Choice state adds.
#[derive(Debug, Clone)]
pub struct Choice {
    /// `Choices`: at least one.
    pub rules: Vec<Rule>,
    /// `Default`.
    pub default: Option<StateId>,
}

/// A top-level rule of `Choices`.
#[derive(Debug, Clone)]
pub struct Rule {
    /// `Next`.
    pub next: StateId,
    /// `Assign` of this rule: runs instead of the state's when the rule is chosen.
    pub assign: Option<Template>,
    /// JSONata's `Output` of this rule.
    pub output: Option<Template>,
    pub(crate) condition: Condition,
}

/// The outcome of a Choice.
#[derive(Debug, Clone, Copy)]
pub struct Chosen<'a> {
    /// Where to go.
    pub next: StateId,
    /// The rule that held; `None` when `Default` was taken.
    pub rule: Option<&'a Rule>,
}

impl Choice {
    /// The first rule that holds, or `Default`; [`EvaluationError::NoChoiceMatched`] without one. `scope.input` is the
    /// effective input.
    pub fn choose(&self, scope: &Scope<'_>) -> Result<Chosen<'_>, EvaluationError> {
        for rule in &self.rules {
            if rule.holds(scope)? {
                return Ok(Chosen { next: rule.next, rule: Some(rule) });
            }
        }
        let next = self.default.ok_or(EvaluationError::NoChoiceMatched)?;
        Ok(Chosen { next, rule: None })
    }
}

impl Rule {
    /// Whether this rule holds.
    pub fn holds(&self, scope: &Scope<'_>) -> Result<bool, EvaluationError> {
        self.condition.holds(scope)
    }
}
