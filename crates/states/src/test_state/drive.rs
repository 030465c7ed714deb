//! Leading a trial from its start to its end: the mock or the service stands in where the interpreter wants a task done,
//! and the clock where it waits.

use std::sync::Arc;

use asl::Definition;
use futures::future::{BoxFuture, FutureExt, ready};

use crate::{
    Error,
    engine::Shared,
    history::Failure,
    integrations::{self, Resource, TaskCall},
    interpreter::{
        Command, Ending, Execution, ExecutionIdentity, ExecutionKind, Mock, Setting, Step, Stimulus, TaskRequest,
        decide,
    },
};

/// What is tried.
pub(crate) struct Trial {
    pub(crate) definition: Arc<Definition>,
    pub(crate) setting: Setting,
    /// JSON text.
    pub(crate) input: Arc<str>,
    /// Empty where the caller gave none.
    pub(crate) role_arn: Arc<str>,
}

/// Tries the state; answers the execution at its end.
///
/// # Errors
/// The engine shuts down meanwhile.
pub(crate) async fn run(shared: &Arc<Shared>, trial: Trial) -> Result<(Execution, Ending), Error> {
    let mut stopping = shared.stopping.subscribe();
    let identity = identity(shared, &trial);
    let mut execution = Execution::trial(trial.definition, identity, trial.setting);
    let ending = tokio::select! {
        ending = drive(shared, &mut execution) => ending,
        _ = stopping.wait_for(|stopping| *stopping) => return Err(Error::ShutDown),
    };
    Ok((execution, ending))
}

/// A trial is an Express execution of a machine of its own (recorded on AWS). So it ends after five minutes.
fn identity(shared: &Shared, trial: &Trial) -> ExecutionIdentity {
    let (machine, name) = (shared.clock.uuid(), shared.clock.uuid());
    ExecutionIdentity {
        arn: shared.partition.arn("states", &format!("express:{machine}:{name}")).into(),
        name: name.into(),
        state_machine_arn: shared.partition.arn("states", &format!("stateMachine:{machine}")).into(),
        state_machine_name: machine.into(),
        state_machine_version_arn: None,
        state_machine_alias_arn: None,
        role_arn: trial.role_arn.clone(),
        start_time: shared.clock.now(),
        input: trial.input.clone(),
        kind: ExecutionKind::Express,
        map_state: None,
    }
}

/// Every turn either ends the trial or takes one of the few things it waits for.
async fn drive(shared: &Arc<Shared>, execution: &mut Execution) -> Ending {
    let mut stimulus = Stimulus::Started;
    let mut task: Option<BoxFuture<'_, Stimulus>> = None;
    loop {
        let step =
            Step { at: shared.clock.now(), seed: shared.clock.random(), stimulus, absent_activities: Vec::new() };
        let decision = decide(execution, &step);
        if let Some(ending) = execution.ending() {
            return ending;
        }
        for command in decision.commands {
            if let Command::Task(request) = command {
                task = Some(perform(shared, execution, request));
            }
        }
        let timers = execution.pending_timers();
        let (timer, due) = timers.min_by_key(|(_, due)| *due).expect("an Express execution has a time-out");
        let answer = async {
            match &mut task {
                Some(task) => task.await,
                None => std::future::pending().await,
            }
        };
        stimulus = tokio::select! {
            biased;
            stimulus = answer => stimulus,
            () = shared.clock.sleep_until(due) => Stimulus::TimerFired { timer },
        };
        if !matches!(stimulus, Stimulus::TimerFired { .. }) {
            task = None;
        }
    }
}

/// Does a task: the mock gives its result, or the service is called.
fn perform<'a>(shared: &'a Arc<Shared>, execution: &Execution, request: TaskRequest) -> BoxFuture<'a, Stimulus> {
    let task = request.task;
    match execution.mock() {
        Some(Mock::Result(result)) => ready(Stimulus::TaskSucceeded { task, output: result.text() }).boxed(),
        Some(Mock::Failure(Failure { error, cause })) => {
            let text = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
            ready(Stimulus::TaskFailed { task, error: text(error), cause: text(cause) }).boxed()
        }
        None => call(shared, execution, request).boxed(),
    }
}

/// Calls the service of a task.
fn call(
    shared: &Arc<Shared>,
    execution: &Execution,
    request: TaskRequest,
) -> impl Future<Output = Stimulus> + Send + 'static {
    let (shared, identity) = (shared.clone(), execution.identity());
    let call = TaskCall {
        resource: Resource::parse(&request.resource),
        resource_arn: request.resource,
        parameters: request.parameters,
        task: request.task,
        execution_arn: identity.arn.clone(),
        machine_arn: identity.state_machine_arn.clone(),
        role_arn: identity.role_arn.clone(),
        credentials_role_arn: request.credentials_role_arn,
        started: identity.start_time,
        durable: false,
        again: false,
        submitted: false,
    };
    async move {
        let task = call.task;
        match shared.perform_task(&call).await {
            Ok(stimulus) => stimulus,
            Err(integrations::Failure { error, cause }) => {
                Stimulus::TaskFailed { task, error: Some(error), cause: Some(cause) }
            }
        }
    }
}
