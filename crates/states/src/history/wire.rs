//! Events as GetExecutionHistory answers them: `type`, and at most one `...EventDetails` object.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value, json};

use super::{EventDetails, Failure, HistoryEvent, ResourceName};

/// Where an event's details go: the key of the details object and its members, both absent for events without any.
type WireDetails = Option<(&'static str, Members)>;

impl HistoryEvent {
    /// The event as AWS JSON. `timestamp` is epoch seconds with a millisecond fraction.
    ///
    /// Without `include_execution_data` (`includeExecutionData: false`) inputs, outputs and assigned variables are left out.
    pub fn to_wire(&self, include_execution_data: bool) -> Value {
        let mut event = Map::new();
        event.insert("timestamp".into(), json!(self.timestamp.epoch_seconds()));
        event.insert("type".into(), Value::from(self.details.type_name()));
        event.insert("id".into(), Value::from(self.id));
        event.insert("previousEventId".into(), Value::from(self.previous_event_id));
        if let Some((key, members)) = self.details.wire(include_execution_data) {
            event.insert(key.into(), Value::Object(members.object));
        }
        Value::Object(event)
    }
}

impl EventDetails {
    /// `type` of the event, a member of the API's HistoryEventType.
    pub fn type_name(&self) -> String {
        let fixed = match self {
            Self::StateEntered { state, .. } => return format!("{}StateEntered", state.name()),
            Self::StateExited { state, .. } => return format!("{}StateExited", state.name()),
            Self::StateAborted { state } => return format!("{}StateAborted", state.name()),
            Self::ExecutionStarted { .. } => "ExecutionStarted",
            Self::ExecutionSucceeded { .. } => "ExecutionSucceeded",
            Self::ExecutionFailed(_) => "ExecutionFailed",
            Self::ExecutionAborted(_) => "ExecutionAborted",
            Self::ExecutionTimedOut(_) => "ExecutionTimedOut",
            Self::ExecutionRedriven { .. } => "ExecutionRedriven",
            Self::TaskScheduled { .. } => "TaskScheduled",
            Self::TaskStarted { .. } => "TaskStarted",
            Self::TaskSubmitted { .. } => "TaskSubmitted",
            Self::TaskSucceeded { .. } => "TaskSucceeded",
            Self::TaskFailed { .. } => "TaskFailed",
            Self::TaskTimedOut { .. } => "TaskTimedOut",
            Self::ActivityScheduled { .. } => "ActivityScheduled",
            Self::ActivityStarted { .. } => "ActivityStarted",
            Self::ActivitySucceeded { .. } => "ActivitySucceeded",
            Self::ActivityFailed(_) => "ActivityFailed",
            Self::ActivityTimedOut(_) => "ActivityTimedOut",
            Self::LambdaFunctionScheduled { .. } => "LambdaFunctionScheduled",
            Self::LambdaFunctionStarted => "LambdaFunctionStarted",
            Self::LambdaFunctionSucceeded { .. } => "LambdaFunctionSucceeded",
            Self::LambdaFunctionFailed(_) => "LambdaFunctionFailed",
            Self::LambdaFunctionTimedOut(_) => "LambdaFunctionTimedOut",
            Self::MapStateStarted { .. } => "MapStateStarted",
            Self::MapStateSucceeded => "MapStateSucceeded",
            Self::MapStateFailed => "MapStateFailed",
            Self::MapIterationStarted { .. } => "MapIterationStarted",
            Self::MapIterationSucceeded { .. } => "MapIterationSucceeded",
            Self::MapIterationFailed { .. } => "MapIterationFailed",
            Self::MapIterationAborted { .. } => "MapIterationAborted",
            Self::MapRunStarted { .. } => "MapRunStarted",
            Self::MapRunSucceeded => "MapRunSucceeded",
            Self::MapRunFailed(_) => "MapRunFailed",
            Self::MapRunAborted => "MapRunAborted",
            Self::MapRunRedriven { .. } => "MapRunRedriven",
            Self::ParallelStateStarted => "ParallelStateStarted",
            Self::ParallelStateSucceeded => "ParallelStateSucceeded",
            Self::ParallelStateFailed => "ParallelStateFailed",
            Self::EvaluationFailed { .. } => "EvaluationFailed",
        };
        fixed.to_owned()
    }

    /// The details object: one arm for each type of event.
    fn wire(&self, data: bool) -> WireDetails {
        let new = || Members { object: Map::new(), data };
        let details = match self {
            Self::ExecutionStarted { input, role_arn, state_machine_alias_arn, state_machine_version_arn, .. } => (
                "executionStartedEventDetails",
                new()
                    .payload("input", input)
                    .text("roleArn", role_arn)
                    .maybe("stateMachineAliasArn", state_machine_alias_arn.as_deref())
                    .maybe("stateMachineVersionArn", state_machine_version_arn.as_deref()),
            ),
            Self::ExecutionSucceeded { output } => ("executionSucceededEventDetails", new().payload("output", output)),
            Self::ExecutionFailed(failure) => ("executionFailedEventDetails", new().failure(failure)),
            Self::ExecutionAborted(failure) => ("executionAbortedEventDetails", new().failure(failure)),
            Self::ExecutionTimedOut(failure) => ("executionTimedOutEventDetails", new().failure(failure)),
            Self::ExecutionRedriven { redrive_count } => {
                ("executionRedrivenEventDetails", new().number("redriveCount", Some(*redrive_count)))
            }
            Self::StateEntered { name, input, .. } => {
                ("stateEnteredEventDetails", new().text("name", name).payload("input", input))
            }
            Self::StateExited { name, output, assigned_variables, .. } => (
                "stateExitedEventDetails",
                new().text("name", name).payload("output", output).assigned(assigned_variables),
            ),
            Self::TaskScheduled {
                resource,
                region,
                parameters,
                timeout_in_seconds,
                heartbeat_in_seconds,
                credentials_role_arn,
            } => (
                "taskScheduledEventDetails",
                new()
                    .resource(resource)
                    .text("region", region)
                    .text("parameters", parameters)
                    .number("timeoutInSeconds", *timeout_in_seconds)
                    .number("heartbeatInSeconds", *heartbeat_in_seconds)
                    .credentials(credentials_role_arn.as_deref()),
            ),
            Self::TaskStarted { resource } => ("taskStartedEventDetails", new().resource(resource)),
            Self::TaskSubmitted { resource, output } => {
                ("taskSubmittedEventDetails", new().resource(resource).payload("output", output))
            }
            Self::TaskSucceeded { resource, output } => {
                ("taskSucceededEventDetails", new().resource(resource).payload("output", output))
            }
            Self::TaskFailed { resource, failure } => {
                ("taskFailedEventDetails", new().resource(resource).failure(failure))
            }
            Self::TaskTimedOut { resource, failure } => {
                ("taskTimedOutEventDetails", new().resource(resource).failure(failure))
            }
            Self::ActivityScheduled { resource, input, timeout_in_seconds, heartbeat_in_seconds } => (
                "activityScheduledEventDetails",
                new()
                    .text("resource", resource)
                    .payload("input", input)
                    .number("timeoutInSeconds", *timeout_in_seconds)
                    .number("heartbeatInSeconds", *heartbeat_in_seconds),
            ),
            Self::ActivityStarted { worker_name } => {
                ("activityStartedEventDetails", new().maybe("workerName", worker_name.as_deref()))
            }
            Self::ActivitySucceeded { output } => ("activitySucceededEventDetails", new().payload("output", output)),
            Self::ActivityFailed(failure) => ("activityFailedEventDetails", new().failure(failure)),
            Self::ActivityTimedOut(failure) => ("activityTimedOutEventDetails", new().failure(failure)),
            Self::LambdaFunctionScheduled { resource, input, timeout_in_seconds, credentials_role_arn } => (
                "lambdaFunctionScheduledEventDetails",
                new()
                    .text("resource", resource)
                    .payload("input", input)
                    .number("timeoutInSeconds", *timeout_in_seconds)
                    .credentials(credentials_role_arn.as_deref()),
            ),
            Self::LambdaFunctionSucceeded { output } => {
                ("lambdaFunctionSucceededEventDetails", new().payload("output", output))
            }
            Self::LambdaFunctionFailed(failure) => ("lambdaFunctionFailedEventDetails", new().failure(failure)),
            Self::LambdaFunctionTimedOut(failure) => ("lambdaFunctionTimedOutEventDetails", new().failure(failure)),
            Self::MapStateStarted { length } => {
                ("mapStateStartedEventDetails", new().number("length", Some(*length as u64)))
            }
            Self::MapIterationStarted { name, index } => {
                ("mapIterationStartedEventDetails", new().iteration(name, *index))
            }
            Self::MapIterationSucceeded { name, index } => {
                ("mapIterationSucceededEventDetails", new().iteration(name, *index))
            }
            Self::MapIterationFailed { name, index } => {
                ("mapIterationFailedEventDetails", new().iteration(name, *index))
            }
            Self::MapIterationAborted { name, index } => {
                ("mapIterationAbortedEventDetails", new().iteration(name, *index))
            }
            Self::MapRunStarted { map_run_arn } => ("mapRunStartedEventDetails", new().text("mapRunArn", map_run_arn)),
            Self::MapRunRedriven { map_run_arn, redrive_count } => (
                "mapRunRedrivenEventDetails",
                new().text("mapRunArn", map_run_arn).number("redriveCount", Some(*redrive_count)),
            ),
            Self::MapRunFailed(failure) => ("mapRunFailedEventDetails", new().failure(failure)),
            Self::EvaluationFailed { failure, state, location } => (
                "evaluationFailedEventDetails",
                new().failure(failure).maybe("location", location.as_deref()).text("state", state),
            ),
            Self::StateAborted { .. }
            | Self::LambdaFunctionStarted
            | Self::MapStateSucceeded
            | Self::MapStateFailed
            | Self::MapRunSucceeded
            | Self::MapRunAborted
            | Self::ParallelStateStarted
            | Self::ParallelStateSucceeded
            | Self::ParallelStateFailed => return None,
        };
        Some(details)
    }
}

/// Builds a details object, member by member.
struct Members {
    object: Map<String, Value>,
    /// Whether payloads are wanted.
    data: bool,
}

impl Members {
    fn text(mut self, key: &str, value: &str) -> Self {
        self.object.insert(key.into(), Value::from(value));
        self
    }

    fn maybe(self, key: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    fn number(mut self, key: &str, value: Option<u64>) -> Self {
        if let Some(value) = value {
            self.object.insert(key.into(), Value::from(value));
        }
        self
    }

    /// `input` with `inputDetails`, `output` with `outputDetails`.
    fn payload(mut self, key: &str, value: &str) -> Self {
        if self.data {
            self.object.insert(key.into(), Value::from(value));
            self.object.insert(format!("{key}Details"), json!({ "truncated": false }));
        }
        self
    }

    fn failure(self, failure: &Failure) -> Self {
        self.maybe("error", failure.error.as_deref()).maybe("cause", failure.cause.as_deref())
    }

    fn resource(self, resource: &ResourceName) -> Self {
        self.text("resourceType", &resource.resource_type).text("resource", &resource.resource)
    }

    fn iteration(self, name: &str, index: usize) -> Self {
        self.text("name", name).number("index", Some(index as u64))
    }

    fn credentials(mut self, role_arn: Option<&str>) -> Self {
        if let Some(role_arn) = role_arn {
            self.object.insert("taskCredentials".into(), json!({ "roleArn": role_arn }));
        }
        self
    }

    fn assigned(mut self, variables: &BTreeMap<Arc<str>, Arc<str>>) -> Self {
        if self.data && !variables.is_empty() {
            let values = variables.iter().map(|(name, text)| (name.to_string(), Value::from(text.as_ref())));
            self.object.insert("assignedVariables".into(), Value::Object(values.collect()));
            self.object.insert("assignedVariablesDetails".into(), json!({ "truncated": false }));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use clock::Timestamp;

    use super::*;
    use crate::history::StateType;

    fn event(details: EventDetails) -> HistoryEvent {
        HistoryEvent { id: 3, previous_event_id: 2, timestamp: Timestamp(1_704_067_200_250), details }
    }

    #[test]
    fn payloads_come_with_their_details_and_only_when_wanted() {
        let exited = event(EventDetails::StateExited {
            state: StateType::Pass,
            name: "Mark".into(),
            output: "[1,  2]".into(),
            assigned_variables: BTreeMap::from([("x".into(), "42".into())]),
        });
        let head = json!({ "timestamp": 1_704_067_200.25, "type": "PassStateExited", "id": 3, "previousEventId": 2 });
        let with = |details: Value| {
            let mut event = head.clone();
            event["stateExitedEventDetails"] = details;
            event
        };
        let all = json!({
            "name": "Mark",
            "output": "[1,  2]",
            "outputDetails": { "truncated": false },
            "assignedVariables": { "x": "42" },
            "assignedVariablesDetails": { "truncated": false },
        });
        assert_eq!(exited.to_wire(true), with(all));
        assert_eq!(exited.to_wire(false), with(json!({ "name": "Mark" })));
    }

    #[test]
    fn failures_may_lack_everything_and_bare_events_have_no_details() {
        let failed = event(EventDetails::ExecutionFailed(Failure::default())).to_wire(true);
        assert_eq!(failed["executionFailedEventDetails"], json!({}));
        let aborted = event(EventDetails::StateAborted { state: StateType::Task }).to_wire(true);
        assert_eq!(aborted["type"], "TaskStateAborted");
        assert_eq!(aborted.as_object().map(Map::len), Some(4));
    }

    #[test]
    fn credentials_are_an_object() {
        let scheduled = event(EventDetails::LambdaFunctionScheduled {
            resource: "arn".into(),
            input: "{}".into(),
            timeout_in_seconds: Some(5),
            credentials_role_arn: Some("role".into()),
        });
        let details = &scheduled.to_wire(true)["lambdaFunctionScheduledEventDetails"];
        assert_eq!(details["taskCredentials"], json!({ "roleArn": "role" }));
        assert_eq!(details["timeoutInSeconds"], 5);
    }
}
