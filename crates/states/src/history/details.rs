//! The kinds of history events and what each carries.
//!
//! Payloads (`input`, `output`, `parameters`) are JSON texts exactly as they flowed: AWS keeps a caller's blanks.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

/// `Type` of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names of the Amazon States Language")]
pub enum StateType {
    Pass,
    Task,
    Choice,
    Wait,
    Succeed,
    Fail,
    Parallel,
    Map,
}

impl StateType {
    /// The name in the Amazon States Language, the first word of event types such as `PassStateEntered`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "Pass",
            Self::Task => "Task",
            Self::Choice => "Choice",
            Self::Wait => "Wait",
            Self::Succeed => "Succeed",
            Self::Fail => "Fail",
            Self::Parallel => "Parallel",
            Self::Map => "Map",
        }
    }
}

/// An error output: both members are optional everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Failure {
    /// Error name, at most 256 characters.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Arc<str>>,
    /// Error text, at most 32,768 characters.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Arc<str>>,
}

/// How the history names an integrated service: `arn:aws:states:::sqs:sendMessage.waitForTaskToken` is
/// resource type `sqs`, resource `sendMessage.waitForTaskToken`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceName {
    /// Service, `aws-sdk:dynamodb` for an AWS SDK integration.
    #[serde(rename = "t")]
    pub resource_type: Arc<str>,
    /// Action with its suffix.
    #[serde(rename = "r")]
    pub resource: Arc<str>,
}

/// The place in the history of another execution from which a fork goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForkPoint {
    /// The other execution.
    #[serde(rename = "x")]
    pub execution_arn: Arc<str>,
    /// The state that it goes on from.
    #[serde(rename = "s")]
    pub state: Arc<str>,
    /// The StateEntered event there; `None` if the other execution never entered the state.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<u64>,
}

/// What happened, by type of event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "members carry the names of the API reference")]
pub enum EventDetails {
    ExecutionStarted {
        input: Arc<str>,
        role_arn: Arc<str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state_machine_alias_arn: Option<Arc<str>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state_machine_version_arn: Option<Arc<str>>,
        /// Of a fork. The API has no member for it: it is not on the wire.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        forked_from: Option<ForkPoint>,
    },
    ExecutionSucceeded {
        output: Arc<str>,
    },
    ExecutionFailed(Failure),
    ExecutionAborted(Failure),
    ExecutionTimedOut(Failure),
    ExecutionRedriven {
        redrive_count: u64,
    },
    /// `PassStateEntered`, `TaskStateEntered`, ...
    StateEntered {
        state: StateType,
        name: Arc<str>,
        input: Arc<str>,
    },
    /// `PassStateExited`, `TaskStateExited`, ...
    StateExited {
        state: StateType,
        name: Arc<str>,
        output: Arc<str>,
        /// Variable name to JSON text; empty when nothing was assigned.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        assigned_variables: BTreeMap<Arc<str>, Arc<str>>,
    },
    /// `TaskStateAborted`, `WaitStateAborted`, `MapStateAborted`, `ParallelStateAborted`.
    StateAborted {
        state: StateType,
    },
    TaskScheduled {
        resource: ResourceName,
        region: Arc<str>,
        parameters: Arc<str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_in_seconds: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        heartbeat_in_seconds: Option<u64>,
        /// `taskCredentials.roleArn`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credentials_role_arn: Option<Arc<str>>,
    },
    TaskStarted {
        resource: ResourceName,
    },
    TaskSubmitted {
        resource: ResourceName,
        output: Arc<str>,
    },
    TaskSucceeded {
        resource: ResourceName,
        output: Arc<str>,
    },
    TaskFailed {
        resource: ResourceName,
        failure: Failure,
    },
    TaskTimedOut {
        resource: ResourceName,
        failure: Failure,
    },
    ActivityScheduled {
        resource: Arc<str>,
        input: Arc<str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_in_seconds: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        heartbeat_in_seconds: Option<u64>,
    },
    ActivityStarted {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worker_name: Option<Arc<str>>,
    },
    ActivitySucceeded {
        output: Arc<str>,
    },
    ActivityFailed(Failure),
    ActivityTimedOut(Failure),
    LambdaFunctionScheduled {
        resource: Arc<str>,
        input: Arc<str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_in_seconds: Option<u64>,
        /// `taskCredentials.roleArn`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credentials_role_arn: Option<Arc<str>>,
    },
    LambdaFunctionStarted,
    LambdaFunctionSucceeded {
        output: Arc<str>,
    },
    LambdaFunctionFailed(Failure),
    LambdaFunctionTimedOut(Failure),
    MapStateStarted {
        length: usize,
    },
    MapStateSucceeded,
    MapStateFailed,
    MapIterationStarted {
        name: Arc<str>,
        index: usize,
    },
    MapIterationSucceeded {
        name: Arc<str>,
        index: usize,
    },
    MapIterationFailed {
        name: Arc<str>,
        index: usize,
    },
    MapIterationAborted {
        name: Arc<str>,
        index: usize,
    },
    /// A distributed Map has begun its child executions.
    MapRunStarted {
        map_run_arn: Arc<str>,
    },
    MapRunSucceeded,
    MapRunFailed(Failure),
    MapRunAborted,
    /// A redrive goes on with the run of a distributed Map.
    MapRunRedriven {
        map_run_arn: Arc<str>,
        redrive_count: u64,
    },
    ParallelStateStarted,
    ParallelStateSucceeded,
    ParallelStateFailed,
    /// A JSONata expression failed.
    EvaluationFailed {
        failure: Failure,
        state: Arc<str>,
        /// The field, such as `Output/result`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location: Option<Arc<str>>,
    },
}
