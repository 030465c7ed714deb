//! Choice states: rules in order, the first that holds wins.

use crate::definition::StateId;
use crate::error::EvaluationError;
use crate::scope::Scope;
use crate::template::Template;

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
    /// The first rule that holds, or `Default`; [`EvaluationError::NoChoiceMatched`] without one.
    pub fn choose(&self, scope: &Scope<'_>) -> Result<Chosen<'_>, EvaluationError> {
        todo!()
    }
}
