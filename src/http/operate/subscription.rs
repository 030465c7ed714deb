//! What an operator can watch.

use async_graphql::{Context, Result, SimpleObject};
use futures::{Stream, StreamExt, stream};
use tokio::sync::{
    broadcast::{Receiver, error::RecvError},
    watch,
};

use super::{
    Operator,
    execution::ExecutionStatus,
    reload::Reload,
    request::{self, Request, RequestFilter},
};
use crate::wiring::reload;

/// The subscription root.
pub(crate) struct Subscription;

/// An execution has got further.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ExecutionChange {
    execution_arn: String,
    state_machine_arn: String,
    name: String,
    status: Option<ExecutionStatus>,
    /// How many events its history has now.
    events: u64,
    /// How many changes were left out before this one because the watcher was too slow.
    missed: u64,
}

#[async_graphql::Subscription]
impl Subscription {
    /// Every step of every execution, or of one execution, or of one state machine's (name or ARN).
    async fn execution_changed(
        &self,
        context: &Context<'_>,
        arn: Option<String>,
        state_machine: Option<String>,
    ) -> Result<impl Stream<Item = ExecutionChange> + 'static> {
        let operator = context.data::<Operator>()?;
        let engine = operator.engine.as_ref().ok_or("Step Functions is not embedded here: its changes are not seen")?;
        let machine = state_machine.map(|name| operator.state_machine_arn(&name));
        let wanted = move |change: &states::ExecutionChange| {
            arn.as_deref().is_none_or(|arn| arn == &*change.execution_arn)
                && machine.as_deref().is_none_or(|machine| machine == &*change.state_machine_arn)
        };
        let changes = stream::unfold((engine.subscribe(), 0), next_change);
        Ok(changes.filter_map(move |(change, missed)| {
            futures::future::ready(wanted(&change).then(|| ExecutionChange::new(&change, missed)))
        }))
    }

    /// Every request to the application's APIs, or those that pass a filter, as they finish.
    async fn request_finished(
        &self,
        context: &Context<'_>,
        filter: Option<RequestFilter>,
    ) -> Result<impl Stream<Item = Request> + 'static> {
        Ok(request::finished(&context.data::<Operator>()?.requests, filter))
    }

    /// What comes of changes of the application's files from now on.
    async fn reloaded(&self, context: &Context<'_>) -> Result<impl Stream<Item = Reload> + 'static> {
        Ok(stream::unfold(context.data::<Operator>()?.reloads.subscribe(), next_reload))
    }
}

/// The next reload that the listener has not seen.
async fn next_reload(mut reloads: Reloads) -> Option<(Reload, Reloads)> {
    reloads.changed().await.ok()?;
    let reload = reloads.borrow_and_update().clone()?;
    Some((reload.into(), reloads))
}

type Reloads = watch::Receiver<Option<reload::Reload>>;

type Changes = (Receiver<states::ExecutionChange>, u64);

/// The next change, with how many were lost before it.
async fn next_change((mut receiver, mut missed): Changes) -> Option<((states::ExecutionChange, u64), Changes)> {
    loop {
        match receiver.recv().await {
            Ok(change) => return Some(((change, missed), (receiver, 0))),
            Err(RecvError::Lagged(lost)) => missed += lost,
            Err(RecvError::Closed) => return None,
        }
    }
}

impl ExecutionChange {
    fn new(change: &states::ExecutionChange, missed: u64) -> Self {
        Self {
            status: ExecutionStatus::from_aws(change.status.as_str()),
            execution_arn: change.execution_arn.to_string(),
            state_machine_arn: change.state_machine_arn.to_string(),
            name: change.name.to_string(),
            events: change.events,
            missed,
        }
    }
}
