//! Mocks: what may stand in for the work of which state, and what a state cannot do without.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_MockInput.html>

use std::sync::Arc;

use asl::{Data, State, StateKind, Task};
use serde_json::Value;

use super::model;
use crate::{
    Error,
    history::Failure,
    integrations::{Pattern, Resource},
    interpreter::Mock,
};

/// `fieldValidationMode`: how closely a mocked result is compared with what the service answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// Members that must be there are there, and all have the right type.
    Strict,
    /// Those that are there have the right type.
    Present,
    /// No look at it.
    None,
}

/// `mock`, as the caller gave it.
#[derive(Debug)]
pub(crate) struct GivenMock<'a> {
    /// JSON text.
    pub(crate) result: Option<&'a str>,
    pub(crate) failure: Option<Failure>,
    pub(crate) strictness: Strictness,
}

impl GivenMock<'_> {
    /// What stands in for the work of `state`.
    ///
    /// # Errors
    /// A mock that does not go with the state.
    pub(crate) fn check(self, state: &State) -> Result<Mock, Error> {
        if !matches!(state.kind, StateKind::Task(_) | StateKind::Map(_) | StateKind::Parallel { .. }) {
            let kind = state.type_name();
            return Err(refused(format!("State type '{kind}' is not supported when a mock is specified")));
        }
        match (self.result, self.failure) {
            (None, Some(failure)) => Ok(Mock::Failure(failure)),
            (Some(text), None) => {
                let result = Data::parse(text).map_err(|_| refused("Mocked result must be valid JSON"))?;
                check_result(state, result.value(), self.strictness)?;
                Ok(Mock::Result(result))
            }
            // Recorded on AWS for both; neither is refused in the same words here.
            _ => Err(refused("A test mock should have only one of the following fields: [result, errorOutput].")),
        }
    }
}

fn check_result(state: &State, result: &Value, strictness: Strictness) -> Result<(), Error> {
    match &state.kind {
        StateKind::Map(map) if map.result_writer.is_some() => match result {
            Value::Object(_) => Ok(()),
            _ => Err(refused("Mocked result must be a JSON object.")),
        },
        StateKind::Map(_) => items(result).map(drop),
        StateKind::Parallel { branches } if items(result)?.len() != branches.len() => {
            Err(refused("Mocked result must contain the same number of items as number of Parallel branches."))
        }
        StateKind::Task(task) => check_answer(task, result, strictness),
        _ => Ok(()),
    }
}

fn items(result: &Value) -> Result<&[Value], Error> {
    match result {
        Value::Array(items) => Ok(items),
        _ => Err(refused("Mocked result must be an array.")),
    }
}

/// Compares the result of a Task with what its service answers. Functions, activities and whoever sends a task token
/// answer what they like.
fn check_answer(task: &Task, result: &Value, strictness: Strictness) -> Result<(), Error> {
    let (Resource::Service { service, action, pattern } | Resource::AwsSdk { service, action, pattern }) =
        Resource::parse(&task.resource)
    else {
        return Ok(());
    };
    let operation = match (&*service, &*action, pattern) {
        (_, _, Pattern::WaitForTaskToken) => return Ok(()),
        // What a `.sync` task gives is the description of what it waited for.
        ("states", "startExecution", Pattern::Sync | Pattern::Sync2) => "DescribeExecution".to_owned(),
        (_, _, Pattern::Sync | Pattern::Sync2) => return Ok(()),
        (_, action, Pattern::RequestResponse) => operation(action),
    };
    if strictness == Strictness::None {
        return Ok(());
    }
    if !result.is_object() {
        return Err(refused("Mocked result must be a JSON object."));
    }
    let result = if pattern == Pattern::Sync2 { &without_payloads(result) } else { result };
    model::check(&service, &operation, result, strictness)
        .map_err(|why| refused(format!("Mock result schema validation error: {why}")))
}

/// `startExecution` is the operation `StartExecution`.
fn operation(action: &str) -> String {
    let mut letters = action.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// The description of an execution without its input and output, which `.sync:2` shows as JSON.
fn without_payloads(description: &Value) -> Value {
    let members = description.as_object().into_iter().flatten();
    let others = members.filter(|(name, _)| *name != "Input" && *name != "Output");
    Value::Object(others.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// Checks that a state can be tried without a mock, in the name of this role.
///
/// # Errors
/// A state that needs a mock, or a role.
pub(crate) fn check_unmocked(state: &State, role_arn: Option<&Arc<str>>) -> Result<(), Error> {
    let StateKind::Task(task) = &state.kind else {
        return match state.kind {
            StateKind::Map(_) | StateKind::Parallel { .. } => Err(Error::UntestableState(
                "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, \
                 Succeed, Fail, Choice]",
            )),
            _ => Ok(()),
        };
    };
    let resource = Resource::parse(&task.resource);
    // The first three texts are ours: no recording shows AWS's.
    match (resource.pattern(), resource) {
        (_, Resource::Activity) => {
            Err(Error::UntestableState("TestState API does not support activities without a mock"))
        }
        (Pattern::Sync | Pattern::Sync2, _) => {
            Err(Error::UntestableState("TestState API does not support '.sync' service integrations without a mock"))
        }
        (Pattern::WaitForTaskToken, _) => Err(Error::UntestableState(
            "TestState API does not support '.waitForTaskToken' service integrations without a mock",
        )),
        (Pattern::RequestResponse, _) if role_arn.is_none() => {
            Err(refused("RoleArn must be specified when testing a Task state"))
        }
        (Pattern::RequestResponse, _) => Ok(()),
    }
}

fn refused(why: impl Into<String>) -> Error {
    Error::Validation(why.into())
}
