//! Payload templates: `Parameters`, `ItemSelector`, `ResultSelector`, `Assign`, and JSONata's `Arguments` and `Output`.

use std::sync::Arc;

use serde_json::Value;

use crate::data::{Data, DataError, MAX_PAYLOAD, weight};
use crate::error::EvaluationError;
use crate::intrinsic::Call;
use crate::jsonata::Expression;
use crate::path::Path;
use crate::scope::Scope;

/// A JSON value in which some leaves are paths, intrinsic function calls or JSONata expressions.
#[derive(Debug, Clone)]
pub struct Template {
    pub(crate) root: Node,
}

/// A part of a template. Whatever holds no dynamic leaf is one literal.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Literal(Data),
    Object(Vec<(Arc<str>, Node)>),
    Array(Vec<Node>),
    /// `field` is the key as written, `value.$`.
    Path {
        field: Arc<str>,
        path: Path,
    },
    Call(Call),
    Expression(Expression),
}

impl Template {
    /// The payload, with every dynamic leaf replaced by its value.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Data, EvaluationError> {
        self.root.evaluate(scope)
    }

    /// The members of an object template, each evaluated: the variables of `Assign`, in the order of the text. Other
    /// templates have none.
    pub fn evaluate_members(&self, scope: &Scope<'_>) -> Result<Vec<(Arc<str>, Data)>, EvaluationError> {
        match &self.root {
            Node::Object(members) => {
                members.iter().map(|(name, node)| Ok((name.clone(), node.evaluate(scope)?))).collect()
            }
            Node::Literal(data) => {
                let members = data.value().as_object().into_iter().flatten();
                Ok(members.map(|(name, value)| (name.as_str().into(), Data::from_value(value.clone()))).collect())
            }
            _ => Ok(Vec::new()),
        }
    }
}

impl Node {
    pub(crate) fn evaluate(&self, scope: &Scope<'_>) -> Result<Data, EvaluationError> {
        match self {
            Self::Literal(data) => Ok(data.clone()),
            Self::Object(_) | Self::Array(_) => {
                Data::checked(self.value(scope, &mut { MAX_PAYLOAD })?).map_err(too_deep)
            }
            Self::Path { field, path } => path.select(scope).map_err(|_| EvaluationError::PathNotFound {
                path: path.text().to_owned(),
                field: field.to_string(),
                input: path.root_text(scope),
            }),
            Self::Call(call) => call.evaluate(scope),
            Self::Expression(expression) => expression.evaluate(scope),
        }
    }

    /// Recursion is bounded by the depth of the definition; what the leaves take up is taken from `left`.
    fn value(&self, scope: &Scope<'_>, left: &mut usize) -> Result<Value, EvaluationError> {
        match self {
            Self::Object(members) => {
                let members = members.iter().map(|(name, node)| Ok((name.to_string(), node.value(scope, left)?)));
                members.collect::<Result<_, _>>().map(Value::Object)
            }
            Self::Array(items) => {
                items.iter().map(|node| node.value(scope, left)).collect::<Result<_, _>>().map(Value::Array)
            }
            leaf => {
                let data = leaf.evaluate(scope)?;
                *left = left.checked_sub(weight(data.value())).ok_or_else(too_large)?;
                Ok(data.value().clone())
            }
        }
    }
}

/// Far beyond any payload that a state may have: many leaves may each copy the whole input.
// AWS differs: a payload beyond this fails with States.DataLimitExceeded there as well.
fn too_large() -> EvaluationError {
    EvaluationError::InvalidField { text: format!("The payload is larger than {MAX_PAYLOAD} bytes") }
}

fn too_deep(error: DataError) -> EvaluationError {
    EvaluationError::InvalidField { text: error.to_string() }
}
