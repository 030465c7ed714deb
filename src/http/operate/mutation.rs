//! What an operator can do.

use async_graphql::{Context, Json, Object, Result};
use serde_json::{Value, json};

use super::{Operator, execution::Execution, query::describe};

/// The mutation root.
pub(crate) struct Mutation;

#[Object]
impl Mutation {
    /// Starts an execution of a state machine (name or ARN); the input defaults to `{}`, the name to a UUID.
    async fn start_execution(
        &self,
        context: &Context<'_>,
        state_machine: String,
        name: Option<String>,
        input: Option<Json<Value>>,
    ) -> Result<Execution> {
        let operator = context.data::<Operator>()?;
        let mut request = json!({ "stateMachineArn": operator.state_machine_arn(&state_machine) });
        if let Some(name) = name {
            request["name"] = name.into();
        }
        if let Some(Json(input)) = input {
            request["input"] = input.to_string().into();
        }
        let started = operator.states("StartExecution", request).await?;
        describe(operator, started["executionArn"].as_str().unwrap_or_default()).await
    }

    /// Goes back to a state of an execution, running or ended: starts a new execution there, which runs the definition
    /// that the other ran, or that of now. Without an input the state gets what it was entered with last.
    async fn fork_execution(
        &self,
        context: &Context<'_>,
        execution_arn: String,
        state: String,
        input: Option<Json<Value>>,
        name: Option<String>,
        #[graphql(default)] current_definition: bool,
    ) -> Result<Execution> {
        let input = input.map(|Json(input)| input.to_string());
        let fork = states::Fork { execution_arn, state, input, name, current_definition };
        super::fork::fork(context.data::<Operator>()?, fork).await
    }

    /// Stops an execution: it becomes ABORTED.
    async fn stop_execution(
        &self,
        context: &Context<'_>,
        arn: String,
        error: Option<String>,
        cause: Option<String>,
    ) -> Result<Execution> {
        let operator = context.data::<Operator>()?;
        let request = without_nulls(json!({ "executionArn": arn, "error": error, "cause": cause }));
        operator.states("StopExecution", request).await?;
        describe(operator, &arn).await
    }

    /// Completes the task that waits for this token; the output defaults to `{}`.
    async fn approve(&self, context: &Context<'_>, task_token: String, output: Option<Json<Value>>) -> Result<bool> {
        let output = output.map_or_else(|| json!({}), |Json(output)| output);
        let request = json!({ "taskToken": task_token, "output": output.to_string() });
        context.data::<Operator>()?.states("SendTaskSuccess", request).await?;
        Ok(true)
    }

    /// Fails the task that waits for this token.
    async fn reject(
        &self,
        context: &Context<'_>,
        task_token: String,
        error: Option<String>,
        cause: Option<String>,
    ) -> Result<bool> {
        let request = without_nulls(json!({ "taskToken": task_token, "error": error, "cause": cause }));
        context.data::<Operator>()?.states("SendTaskFailure", request).await?;
        Ok(true)
    }
}

fn without_nulls(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}
