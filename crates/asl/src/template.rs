//! Payload templates: `Parameters`, `ItemSelector`, `ResultSelector`, `Assign`, and JSONata's `Arguments` and `Output`.

use std::sync::Arc;

use crate::data::Data;
use crate::error::EvaluationError;
use crate::scope::Scope;

/// A JSON value in which some leaves are paths, intrinsic function calls or JSONata expressions.
#[derive(Debug, Clone)]
pub struct Template {
    pub(crate) root: Node,
}

#[derive(Debug, Clone)]
pub(crate) enum Node {
    Literal(Data),
}

impl Template {
    /// The payload, with every dynamic leaf replaced by its value.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Data, EvaluationError> {
        todo!()
    }

    /// The members of an object template, each evaluated: the variables of `Assign`, in the order of the text.
    pub fn evaluate_members(&self, scope: &Scope<'_>) -> Result<Vec<(Arc<str>, Data)>, EvaluationError> {
        todo!()
    }
}
