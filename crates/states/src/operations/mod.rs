//! The operations of the API, one file each, and the one `match` that finds them by name.
//!
//! An operation reads and checks its input, does its work through the catalog and the driver, and answers the members
//! of its output. Shared beside them: reading members (`input`), tags, page tokens and what is shown in several answers.

pub(crate) mod create_activity;
pub(crate) mod create_state_machine;
mod create_state_machine_alias;
mod delete_activity;
mod delete_state_machine;
mod delete_state_machine_alias;
mod delete_state_machine_version;
mod describe_activity;
mod describe_execution;
mod describe_map_run;
mod describe_state_machine;
mod describe_state_machine_alias;
mod describe_state_machine_for_execution;
mod get_activity_task;
mod get_execution_history;
mod input;
pub(crate) mod json_text;
mod list_activities;
mod list_executions;
mod list_map_runs;
mod list_state_machine_aliases;
mod list_state_machine_versions;
mod list_state_machines;
mod list_tags_for_resource;
mod page_token;
mod publish_state_machine_version;
mod redrive_execution;
mod routing;
mod send_task;
mod send_task_failure;
mod send_task_heartbeat;
mod send_task_success;
mod start_execution;
mod start_sync_execution;
mod stop_execution;
mod tag_resource;
mod tags;
mod test_state;
mod untag_resource;
mod update_map_run;
pub(crate) mod update_state_machine;
mod update_state_machine_alias;
mod validate_state_machine_definition;

use std::sync::Arc;

use serde_json::Value;

use crate::{Error, engine::Shared};

/// Performs `operation` on `input`.
pub(crate) async fn call(shared: &Arc<Shared>, operation: &str, input: &Value) -> Result<Value, Error> {
    match operation {
        "CreateActivity" => create_activity::run(shared, input).await,
        "CreateStateMachine" => create_state_machine::run(shared, input).await,
        "CreateStateMachineAlias" => create_state_machine_alias::run(shared, input).await,
        "DeleteActivity" => delete_activity::run(shared, input).await,
        "DeleteStateMachine" => delete_state_machine::run(shared, input).await,
        "DeleteStateMachineAlias" => delete_state_machine_alias::run(shared, input).await,
        "DeleteStateMachineVersion" => delete_state_machine_version::run(shared, input).await,
        "DescribeActivity" => describe_activity::run(shared, input),
        "DescribeExecution" => describe_execution::run(shared, input),
        "DescribeMapRun" => describe_map_run::run(shared, input),
        "DescribeStateMachine" => describe_state_machine::run(shared, input),
        "DescribeStateMachineAlias" => describe_state_machine_alias::run(shared, input),
        "DescribeStateMachineForExecution" => describe_state_machine_for_execution::run(shared, input),
        "GetActivityTask" => get_activity_task::run(shared, input).await,
        "GetExecutionHistory" => get_execution_history::run(shared, input),
        "ListActivities" => list_activities::run(shared, input),
        "ListExecutions" => list_executions::run(shared, input),
        "ListMapRuns" => list_map_runs::run(shared, input),
        "ListStateMachineAliases" => list_state_machine_aliases::run(shared, input),
        "ListStateMachineVersions" => list_state_machine_versions::run(shared, input),
        "ListStateMachines" => list_state_machines::run(shared, input),
        "ListTagsForResource" => list_tags_for_resource::run(shared, input),
        "PublishStateMachineVersion" => publish_state_machine_version::run(shared, input).await,
        "RedriveExecution" => redrive_execution::run(shared, input).await,
        "SendTaskFailure" => send_task_failure::run(shared, input).await,
        "SendTaskHeartbeat" => send_task_heartbeat::run(shared, input).await,
        "SendTaskSuccess" => send_task_success::run(shared, input).await,
        "StartExecution" => start_execution::run(shared, input).await,
        "StartSyncExecution" => start_sync_execution::run(shared, input).await,
        "StopExecution" => stop_execution::run(shared, input).await,
        "TagResource" => tag_resource::run(shared, input).await,
        "TestState" => test_state::run(shared, input).await,
        "UntagResource" => untag_resource::run(shared, input).await,
        "UpdateMapRun" => update_map_run::run(shared, input).await,
        "UpdateStateMachine" => update_state_machine::run(shared, input).await,
        "UpdateStateMachineAlias" => update_state_machine_alias::run(shared, input).await,
        "ValidateStateMachineDefinition" => validate_state_machine_definition::run(shared, input),
        other => Err(Error::UnknownOperation(other.to_owned())),
    }
}
