//! Executions as the operator's API shows them: DescribeExecution, ListExecutions and GetExecutionHistory, typed.

use async_graphql::{ComplexObject, Context, Enum, Json, Result, SimpleObject};
use serde_json::{Value, json};

use super::{Operator, fork::ForkedFrom, request::Request};

/// How an execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ExecutionStatus {
    Running,
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
    PendingRedrive,
}

impl ExecutionStatus {
    pub(super) fn from_aws(text: &str) -> Option<Self> {
        async_graphql::resolver_utils::parse_enum(async_graphql::Name::new(text).into()).ok()
    }

    pub(super) fn to_aws(self) -> String {
        match async_graphql::resolver_utils::enum_value(self) {
            async_graphql::Value::Enum(name) => name.to_string(),
            _ => unreachable!("an enum's value is an enum value"),
        }
    }
}

/// One execution of a state machine.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Execution {
    pub(super) arn: String,
    pub(super) name: String,
    /// The ARN of its state machine.
    pub(super) state_machine_arn: String,
    /// The name of its state machine.
    pub(super) state_machine: String,
    pub(super) status: ExecutionStatus,
    /// Milliseconds since 1970.
    pub(super) start_date: f64,
    /// Milliseconds since 1970; null while it runs.
    pub(super) stop_date: Option<f64>,
    pub(super) error: Option<String>,
    pub(super) cause: Option<String>,
}

/// What an execution was given and gave.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ExecutionData {
    input: Option<Json<Value>>,
    output: Option<Json<Value>>,
}

/// One event of a history, as GetExecutionHistory gives it.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct HistoryEvent {
    /// 1-based and dense.
    id: i64,
    previous_event_id: i64,
    /// Milliseconds since 1970.
    timestamp: f64,
    #[graphql(name = "type")]
    pub(super) kind: String,
    /// The event's one `...EventDetails` object.
    pub(super) details: Option<Json<Value>>,
}

/// A page of a history.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct History {
    nodes: Vec<HistoryEvent>,
    /// Pass as `after` for the next page; null at the end.
    next: Option<String>,
}

/// A task that waits for its token.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct PendingTask {
    pub(super) execution_arn: String,
    /// The state that waits.
    pub(super) state: String,
    /// Milliseconds since 1970.
    pub(super) since: f64,
    /// For `approve` and `reject`.
    pub(super) task_token: String,
}

#[ComplexObject]
impl Execution {
    /// Input and output, read when asked for.
    async fn data(&self, context: &Context<'_>) -> Result<ExecutionData> {
        let operator = context.data::<Operator>()?;
        let described = operator.states("DescribeExecution", json!({ "executionArn": self.arn })).await?;
        let json = |member: &str| described[member].as_str().and_then(json_text);
        Ok(ExecutionData { input: json("input"), output: json("output") })
    }

    /// The history, a page at a time; `reverse` begins with the newest event.
    #[graphql(complexity = "usize::try_from(first.unwrap_or(100)).unwrap_or(0) * child_complexity")]
    async fn history(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        #[graphql(default)] reverse: bool,
    ) -> Result<History> {
        let operator = context.data::<Operator>()?;
        let mut request = json!({
            "executionArn": self.arn, "maxResults": first.unwrap_or(100), "reverseOrder": reverse,
            "includeExecutionData": true,
        });
        if let Some(token) = after {
            request["nextToken"] = token.into();
        }
        let mut answer = operator.states("GetExecutionHistory", request).await?;
        let next = answer["nextToken"].as_str().map(str::to_owned);
        let Value::Array(events) = answer["events"].take() else { return Ok(History { nodes: Vec::new(), next }) };
        let mut nodes: Vec<HistoryEvent> = events.into_iter().map(HistoryEvent::from_aws).collect();
        super::fork::note(operator, &self.arn, &mut nodes)?;
        Ok(History { nodes, next })
    }

    /// A picture (SVG) of the state machine with what this execution did in each state.
    #[graphql(complexity = 500)]
    async fn graph(&self, context: &Context<'_>) -> Result<String> {
        super::graph::of_execution(context.data::<Operator>()?, &self.arn).await
    }

    /// Where it was forked from; null if it was started in the usual way.
    async fn forked_from(&self, context: &Context<'_>) -> Result<Option<ForkedFrom>> {
        super::fork::forked_from(context.data::<Operator>()?, &self.arn)
    }

    /// The request to one of the application's APIs that started it, if that is still kept.
    #[graphql(complexity = "100 + child_complexity")]
    async fn request(&self, context: &Context<'_>) -> Result<Option<Request>> {
        Ok(super::request::that_started(&context.data::<Operator>()?.requests, &self.arn))
    }

    /// Tasks of this execution that wait for their token.
    async fn pending_tasks(&self, context: &Context<'_>) -> Result<Vec<PendingTask>> {
        super::query::pending_tasks(context.data::<Operator>()?, &self.arn).await
    }
}

impl Execution {
    /// From DescribeExecution, or an entry of ListExecutions.
    pub(super) fn from_aws(value: &Value) -> Option<Self> {
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let state_machine_arn = text("stateMachineArn")?;
        Some(Self {
            arn: text("executionArn")?,
            name: text("name")?,
            state_machine: state_machine_arn.rsplit(':').next().unwrap_or_default().to_owned(),
            state_machine_arn,
            status: ExecutionStatus::from_aws(value["status"].as_str()?)?,
            start_date: milliseconds(&value["startDate"])?,
            stop_date: milliseconds(&value["stopDate"]),
            error: text("error"),
            cause: text("cause"),
        })
    }
}

impl HistoryEvent {
    pub(super) fn from_aws(mut event: Value) -> Self {
        let details = event.as_object_mut().and_then(|members| {
            let key = members.keys().find(|key| key.ends_with("EventDetails"))?.clone();
            members.shift_remove(&key)
        });
        Self {
            id: event["id"].as_i64().unwrap_or_default(),
            previous_event_id: event["previousEventId"].as_i64().unwrap_or_default(),
            timestamp: milliseconds(&event["timestamp"]).unwrap_or_default(),
            kind: event["type"].as_str().unwrap_or_default().to_owned(),
            details: details.map(Json),
        }
    }
}

/// AWS JSON carries times as seconds with a fraction.
fn milliseconds(seconds: &Value) -> Option<f64> {
    seconds.as_f64().map(|seconds| (seconds * 1000.0).round())
}

/// JSON that AWS carries as text.
pub(super) fn json_text(text: &str) -> Option<Json<Value>> {
    serde_json::from_str(text).ok().map(Json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_spelt_as_aws_spells_them() {
        for text in ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"] {
            assert_eq!(ExecutionStatus::from_aws(text).expect(text).to_aws(), text);
        }
        assert_eq!(ExecutionStatus::from_aws("LOST"), None);
    }

    #[test]
    fn an_event_has_its_details_under_one_name() {
        let event = HistoryEvent::from_aws(json!({
            "id": 2, "previousEventId": 0, "timestamp": 1.5, "type": "PassStateEntered",
            "stateEnteredEventDetails": { "name": "A" },
        }));
        assert_eq!((event.id, event.timestamp, event.kind.as_str()), (2, 1500.0, "PassStateEntered"));
        assert_eq!(event.details.map(|details| details.0), Some(json!({ "name": "A" })));
    }
}
