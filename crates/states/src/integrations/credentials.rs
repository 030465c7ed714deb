//! `Credentials` of a Task state: the role that its call is made with, in the place of the machine's.
//!
//! The service `stepwell:roles`, which no workflow can call, says whether the machine may take the role (`AssumeRole`): it knows the
//! roles of the application. Where nobody knows roles, any role may be taken.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html>

use aws_protocol::Arn;
use serde_json::json;

use super::{Failure, TaskCall};
use crate::engine::Shared;

impl Shared {
    /// Checks that a task's call may be made with the role that its credentials name, if they name one.
    pub(super) async fn check_credentials(&self, call: &TaskCall) -> Result<(), Failure> {
        let Some(role) = &call.credentials_role_arn else { return Ok(()) };
        let is_role = role.parse::<Arn>().is_ok_and(|arn| arn.service == "iam" && arn.resource.starts_with("role/"));
        let input = json!({ "RoleArn": **role, "MachineRoleArn": *call.role_arn, "MachineArn": *call.machine_arn });
        let allowed = match self.services.get("stepwell:roles") {
            Some(roles) => roles.call("AssumeRole", input, &call.machine_caller()).await.is_ok(),
            None => true,
        };
        if is_role && allowed { Ok(()) } else { Err(refused(&call.role_arn, role)) }
    }
}

/// As recorded on AWS.
fn refused(machine: &str, role: &str) -> Failure {
    let cause = format!("The role {machine} is not authorized to assume the task state's role, {role}.");
    Failure::new("States.TaskFailed", cause)
}
