//! States: the fields that all types share, and what each type adds.

use std::sync::Arc;

use crate::choice::Choice;
use crate::data::Data;
use crate::data_flow::{PathField, ResultPath};
use crate::definition::{MachineId, QueryLanguage, StateId};
use crate::error::EvaluationError;
use crate::map::Map;
use crate::number::NumberField;
use crate::retry::{Catcher, Retrier};
use crate::scope::Scope;
use crate::template::{Node, Template};
use crate::wait::Wait;

/// One state. Fields that its type or query language does not have hold their defaults, so one pipeline serves all.
#[derive(Debug, Clone)]
pub struct State {
    /// Its own id.
    pub id: StateId,
    /// The machine it belongs to.
    pub machine: MachineId,
    /// Unique over the definition, at most 80 characters.
    pub name: Arc<str>,
    /// `Comment`.
    pub comment: Option<String>,
    /// Its own `QueryLanguage` or the machine's.
    pub query_language: QueryLanguage,
    /// `Next` or `End`; `None` for Choice, Succeed and Fail.
    pub transition: Option<Transition>,
    /// `InputPath`: default `$`.
    pub input_path: PathField,
    /// `OutputPath`: default `$`.
    pub output_path: PathField,
    /// `Parameters` (Pass, Task, Parallel) or JSONata's `Arguments`. A Map's are in [`Map::item_selector`].
    pub arguments: Option<Template>,
    /// `ResultSelector`.
    pub result_selector: Option<Template>,
    /// `ResultPath`: default replaces the input.
    pub result_path: ResultPath,
    /// JSONata's `Output`.
    pub output: Option<Template>,
    /// `Assign`: always an object.
    pub assign: Option<Template>,
    /// `Retry`, in the order of the text.
    pub retry: Vec<Retrier>,
    /// `Catch`, in the order of the text.
    pub catch: Vec<Catcher>,
    /// What its type adds.
    pub kind: StateKind,
    pub(crate) variables: Vec<Arc<str>>,
}

/// Where a state leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// `Next`: a state of the same machine.
    Next(StateId),
    /// `"End": true`.
    End,
}

/// `Type`, with the fields of that type alone.
#[derive(Debug, Clone)]
pub enum StateKind {
    /// Pass, with its `Result`.
    Pass {
        /// `Result`: beats `Parameters`.
        result: Option<Data>,
    },
    /// Task.
    Task(Task),
    /// Choice.
    Choice(Choice),
    /// Wait.
    Wait(Wait),
    /// Parallel.
    Parallel {
        /// `Branches`: at least one.
        branches: Vec<MachineId>,
    },
    /// Map.
    Map(Box<Map>),
    /// Succeed.
    Succeed,
    /// Fail.
    Fail {
        /// `Error` or `ErrorPath`.
        error: Option<FailText>,
        /// `Cause` or `CausePath`.
        cause: Option<FailText>,
    },
}

impl StateKind {
    /// `Type` as written.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Pass { .. } => "Pass",
            Self::Task(_) => "Task",
            Self::Choice(_) => "Choice",
            Self::Wait(_) => "Wait",
            Self::Parallel { .. } => "Parallel",
            Self::Map(_) => "Map",
            Self::Succeed => "Succeed",
            Self::Fail { .. } => "Fail",
        }
    }
}

/// What a Task adds.
#[derive(Debug, Clone)]
pub struct Task {
    /// `Resource`, an ARN.
    pub resource: Arc<str>,
    /// `TimeoutSeconds` or `TimeoutSecondsPath`.
    pub timeout_seconds: Option<NumberField>,
    /// `HeartbeatSeconds` or `HeartbeatSecondsPath`.
    pub heartbeat_seconds: Option<NumberField>,
    /// `Credentials`.
    pub credentials: Option<Credentials>,
}

/// `Credentials`: an object with `RoleArn`.
#[derive(Debug, Clone)]
pub struct Credentials(pub(crate) Template);

/// `Error`/`ErrorPath` and `Cause`/`CausePath` of Fail.
#[derive(Debug, Clone)]
pub struct FailText(pub(crate) Node);

impl Credentials {
    /// The role's ARN.
    pub fn role_arn(&self, scope: &Scope<'_>) -> Result<String, EvaluationError> {
        let credentials = self.0.evaluate(scope)?;
        Ok(credentials.value()["RoleArn"].as_str().unwrap_or_default().to_owned())
    }
}

impl FailText {
    /// The text. A path may lead to a value that is not text: its JSON then.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<String, EvaluationError> {
        if let Node::Expression(expression) = &self.0 {
            return expression.string(scope);
        }
        let data = self.0.evaluate(scope)?;
        Ok(data.value().as_str().map_or_else(|| data.text().to_string(), str::to_owned))
    }
}
