//! What an operator can read.

use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};
use serde_json::{Value, json};

use super::{
    Operator,
    execution::{Execution, ExecutionStatus, PendingTask},
    reload::Reload,
    replay::Replay,
    request::{self, Request, RequestFilter},
};

/// The query root.
pub(crate) struct Query;

/// A state machine.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct StateMachine {
    arn: String,
    name: String,
    /// `STANDARD` or `EXPRESS`.
    #[graphql(name = "type")]
    kind: String,
}

#[ComplexObject]
impl StateMachine {
    /// A picture (SVG) of its definition.
    #[graphql(complexity = 500)]
    async fn graph(&self, context: &Context<'_>) -> Result<String> {
        super::graph::of_state_machine(context.data::<Operator>()?, &self.arn).await
    }
}

/// A page of executions, newest first.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Executions {
    nodes: Vec<Execution>,
    /// Pass as `after` for the next page; null at the end.
    next: Option<String>,
}

/// Executions on one page where `first` is not given.
const PAGE: i32 = 50;

#[Object]
impl Query {
    /// Every state machine.
    async fn state_machines(&self, context: &Context<'_>) -> Result<Vec<StateMachine>> {
        let machines = all_state_machines(context.data::<Operator>()?).await?;
        Ok(machines.iter().filter_map(StateMachine::from_aws).collect())
    }

    /// Executions, newest first: of one state machine (name or ARN), or of all when none is given.
    #[graphql(complexity = "usize::try_from(first.unwrap_or(50)).unwrap_or(0) * child_complexity")]
    async fn executions(
        &self,
        context: &Context<'_>,
        state_machine: Option<String>,
        status: Option<ExecutionStatus>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Executions> {
        let operator = context.data::<Operator>()?;
        let first = first.unwrap_or(PAGE);
        match state_machine {
            Some(name) => of_one(operator, &operator.state_machine_arn(&name), status, first, after).await,
            None if after.is_some() => Err("'after' pages the executions of one state machine: name it".into()),
            None => of_all(operator, status, first).await,
        }
    }

    /// One execution by its ARN.
    async fn execution(&self, context: &Context<'_>, arn: String) -> Result<Execution> {
        describe(context.data::<Operator>()?, &arn).await
    }

    /// Replays an execution, ended or as far as it has come, under a definition (its text), or under the definition that its
    /// state machine has now: where would the two part? Nothing is called and nothing is changed.
    #[graphql(complexity = "1000 + child_complexity")]
    async fn replay_execution(
        &self,
        context: &Context<'_>,
        execution_arn: String,
        definition: Option<String>,
    ) -> Result<Replay> {
        super::replay::replay(context.data::<Operator>()?, &execution_arn, definition.as_deref()).await
    }

    /// Finished requests to the application's APIs, newest first, of the last ones that are kept (`trace_requests`);
    /// `before` the one with this id, for the next page.
    #[graphql(complexity = "usize::try_from(first.unwrap_or(50)).unwrap_or(0) * child_complexity")]
    async fn requests(
        &self,
        context: &Context<'_>,
        filter: Option<RequestFilter>,
        first: Option<i32>,
        before: Option<String>,
    ) -> Result<Vec<Request>> {
        Ok(request::newest(&context.data::<Operator>()?.requests, filter, first, before.as_deref()))
    }

    /// One request, by what its client got as `x-amzn-RequestId`; null where it is no longer kept.
    async fn request(&self, context: &Context<'_>, id: String) -> Result<Option<Request>> {
        Ok(request::one(&context.data::<Operator>()?.requests, &id))
    }

    /// What came of the last change of the application's files; null before the first.
    async fn last_reload(&self, context: &Context<'_>) -> Result<Option<Reload>> {
        Ok(context.data::<Operator>()?.reloads.last().map(Reload::from))
    }

    /// Tasks that wait for their token, oldest first, of the newest running executions: what `approve` and `reject`
    /// answer.
    async fn pending_approvals(&self, context: &Context<'_>, first: Option<i32>) -> Result<Vec<PendingTask>> {
        let operator = context.data::<Operator>()?;
        let mut pending = Vec::new();
        for execution in of_all(operator, Some(ExecutionStatus::Running), first.unwrap_or(PAGE)).await?.nodes {
            pending.extend(pending_tasks(operator, &execution.arn).await?);
        }
        pending.sort_by(|a, b| a.since.total_cmp(&b.since));
        Ok(pending)
    }
}

/// DescribeExecution, typed.
pub(super) async fn describe(operator: &Operator, arn: &str) -> Result<Execution> {
    let described = operator.states("DescribeExecution", json!({ "executionArn": arn })).await?;
    Execution::from_aws(&described).ok_or_else(|| "DescribeExecution answered without an execution".into())
}

/// How many executions, the children of distributed Maps among them, are asked for the pending tasks of one.
const MAX_ASKED: usize = 1_000;

/// Tasks of one execution, and of the children of its distributed Maps, that wait for their token, those of each oldest
/// first; none where Step Functions is not embedded.
pub(super) async fn pending_tasks(operator: &Operator, execution_arn: &str) -> Result<Vec<PendingTask>> {
    let Some(engine) = &operator.engine else { return Ok(Vec::new()) };
    let (mut pending, mut open, mut asked) = (Vec::new(), vec![execution_arn.to_owned()], 0);
    while let Some(arn) = open.pop() {
        // An Express child has no tasks with a token.
        if asked == MAX_ASKED || arn.contains(":express:") {
            continue;
        }
        asked += 1;
        pending.extend(engine.pending_tasks(&arn).await?.into_iter().map(|task| PendingTask {
            execution_arn: arn.clone(),
            state: task.state.to_string(),
            since: task.since.0 as f64,
            task_token: task.token.to_string(),
        }));
        open.extend(running_children(operator, &arn).await?);
    }
    Ok(pending)
}

/// The newest running children of the distributed Maps of an execution.
async fn running_children(operator: &Operator, execution_arn: &str) -> Result<Vec<String>> {
    let runs = operator.states("ListMapRuns", json!({ "executionArn": execution_arn, "maxResults": 1000 })).await?;
    let mut children = Vec::new();
    for run in runs["mapRuns"].as_array().into_iter().flatten().filter(|run| run["stopDate"].is_null()) {
        let request = json!({ "mapRunArn": run["mapRunArn"], "statusFilter": "RUNNING", "maxResults": MAX_ASKED });
        let listed = operator.states("ListExecutions", request).await?;
        let arns = listed["executions"].as_array().into_iter().flatten();
        children.extend(arns.filter_map(|child| Some(child["executionArn"].as_str()?.to_owned())));
    }
    Ok(children)
}

async fn all_state_machines(operator: &Operator) -> Result<Vec<Value>> {
    let mut machines = Vec::new();
    let mut request = json!({});
    loop {
        let mut answer = operator.states("ListStateMachines", request).await?;
        if let Value::Array(page) = answer["stateMachines"].take() {
            machines.extend(page);
        }
        match answer["nextToken"].take() {
            Value::String(token) => request = json!({ "nextToken": token }),
            _ => return Ok(machines),
        }
    }
}

async fn of_one(
    operator: &Operator,
    state_machine_arn: &str,
    status: Option<ExecutionStatus>,
    first: i32,
    after: Option<String>,
) -> Result<Executions> {
    let mut request = json!({ "stateMachineArn": state_machine_arn, "maxResults": first });
    if let Some(status) = status {
        request["statusFilter"] = status.to_aws().into();
    }
    if let Some(token) = after {
        request["nextToken"] = token.into();
    }
    let answer = operator.states("ListExecutions", request).await?;
    let nodes = answer["executions"].as_array().into_iter().flatten().filter_map(Execution::from_aws).collect();
    Ok(Executions { nodes, next: answer["nextToken"].as_str().map(str::to_owned) })
}

async fn of_all(operator: &Operator, status: Option<ExecutionStatus>, first: i32) -> Result<Executions> {
    let mut nodes = Vec::new();
    for machine in all_state_machines(operator).await? {
        // An Express state machine keeps no executions to list.
        if let (Some(arn), Some("STANDARD")) = (machine["stateMachineArn"].as_str(), machine["type"].as_str()) {
            nodes.extend(of_one(operator, arn, status, first, None).await?.nodes);
        }
    }
    nodes.sort_by(|a, b| b.start_date.total_cmp(&a.start_date));
    nodes.truncate(usize::try_from(first).unwrap_or_default());
    Ok(Executions { nodes, next: None })
}

impl StateMachine {
    fn from_aws(value: &Value) -> Option<Self> {
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        Some(Self { arn: text("stateMachineArn")?, name: text("name")?, kind: text("type")? })
    }
}
