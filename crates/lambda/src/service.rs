//! The service's handle: the functions it knows and who runs each.

use std::{collections::HashMap, sync::Arc};

use aws_protocol::{BoxFuture, Caller, Partition, Service, ServiceError};
use clock::Clock;
use serde_json::Value;

use crate::{
    Elsewhere, Error, Function, Invocation, InvocationType, Outcome, Run,
    asynchronous::Events,
    invocation::Ran,
    invoke,
    limits::{ASYNCHRONOUS_PAYLOAD_BYTES, PAYLOAD_BYTES},
    name::{FunctionName, LATEST},
    runtime_api::{Pool, Request},
    stdio,
};

/// What the service is told at start.
#[derive(Clone)]
pub struct Config {
    /// Region and account of the functions' ARNs.
    pub partition: Partition,
    /// Where functions find the other services: `http://127.0.0.1:4000`.
    pub endpoint_url: String,
    /// What functions sign their requests with.
    pub access_key_id: String,
    /// See [`Self::access_key_id`].
    pub secret_access_key: String,
}

/// AWS Lambda. Clones are handles of one service.
#[derive(Clone)]
pub struct Lambda {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    config: Config,
    clock: Arc<dyn Clock>,
    functions: HashMap<String, Arc<Known>>,
    /// Who serves the functions that are not in the list.
    others: Option<Arc<dyn Elsewhere>>,
    pub(crate) events: Events,
}

/// A function and its processes.
pub(crate) struct Known {
    function: Function,
    pool: Arc<Pool>,
}

impl Lambda {
    /// The service with these functions; `others` serves every function that is not among them.
    pub fn new(
        config: Config,
        clock: Arc<dyn Clock>,
        functions: Vec<Function>,
        others: Option<Arc<dyn Elsewhere>>,
    ) -> Self {
        let functions = functions.into_iter().map(|function| {
            let pool = Pool::new(function.concurrency);
            (function.name.clone(), Arc::new(Known { function, pool }))
        });
        let shared = Shared { functions: functions.collect(), config, clock, others, events: Events::default() };
        Self { shared: Arc::new(shared) }
    }

    /// Invokes a function. It runs to its end even when nobody waits for the answer any more.
    ///
    /// # Errors
    /// What keeps the function from being invoked; a function that fails is an [`Outcome`].
    pub async fn invoke(&self, invocation: Invocation) -> Result<Outcome, Error> {
        check(&invocation)?;
        let target = self.shared.target(&invocation)?;
        match invocation.invocation_type {
            InvocationType::DryRun => Ok(Outcome { status: 204, ..self.shared.outcome() }),
            InvocationType::Event if !target.is_elsewhere() => {
                self.shared.clone().accept(target, invocation)?;
                Ok(Outcome { status: 202, ..self.shared.outcome() })
            }
            InvocationType::Event | InvocationType::RequestResponse => {
                let shared = self.shared.clone();
                let id = shared.clock.uuid();
                let running = tokio::spawn(async move { shared.run(&target, invocation, id).await });
                running.await.map_err(|_| Error::ShutDown)?
            }
        }
    }

    /// Ends the processes that wait for events, and lets no invocation begin.
    pub fn shutdown(&self) {
        self.shared.functions.values().for_each(|known| known.pool.close());
        self.shared.events.close();
    }
}

/// Whom an invocation goes to.
#[derive(Clone)]
pub(crate) enum Target {
    Here(FunctionName, Arc<Known>),
    Elsewhere(Arc<dyn Elsewhere>),
}

impl Target {
    fn is_elsewhere(&self) -> bool {
        matches!(self, Self::Elsewhere(_))
    }
}

impl Shared {
    fn target(&self, invocation: &Invocation) -> Result<Target, Error> {
        let home = &self.config.partition;
        let name = FunctionName::parse(&invocation.function_name, invocation.qualifier.as_deref(), home)?;
        let known = if name.is_at_home() { self.functions.get(&name.name) } else { None };
        match known.map(|known| (known, &known.function.run)) {
            Some((_, Run::Elsewhere(elsewhere))) => Ok(Target::Elsewhere(elsewhere.clone())),
            Some((known, Run::Nobody(why))) => {
                Err(Error::InvalidRuntime { function: known.function.name.clone(), why: why.clone() })
            }
            // AWS differs: a version or alias that was not published is not found. Here all are the one that runs.
            Some((known, _)) => Ok(Target::Here(name, known.clone())),
            None => match &self.others {
                Some(others) => Ok(Target::Elsewhere(others.clone())),
                None => Err(Error::ResourceNotFound(name.qualified_arn(home))),
            },
        }
    }

    /// Runs the function on one event, to the end.
    pub(crate) async fn run(&self, target: &Target, invocation: Invocation, id: String) -> Result<Outcome, Error> {
        let (name, known) = match target {
            Target::Here(name, known) => (name, known),
            Target::Elsewhere(elsewhere) => return elsewhere.invoke(invocation).await,
        };
        let ran = self.run_here(name, known, &invocation, &id).await?;
        Ok(Outcome {
            status: 200,
            function_error: ran.failed.then(|| "Unhandled".to_owned()),
            payload: ran.payload,
            log_result: ran.log_result.filter(|_| invocation.log_tail),
            request_id: id,
            ..self.outcome()
        })
    }

    async fn run_here(
        &self,
        name: &FunctionName,
        known: &Known,
        invocation: &Invocation,
        id: &str,
    ) -> Result<Ran, Error> {
        let (function, clock) = (&known.function, &*self.clock);
        match &function.run {
            Run::RuntimeApi(command) => {
                let request = Request {
                    request_id: id,
                    payload: &invocation.payload,
                    function_arn: name.invoked_arn(&self.config.partition),
                    trace_id: self.trace_id(),
                    client_context: invocation.client_context.clone(),
                };
                known.pool.run(&self.config, function, command, clock, request).await
            }
            Run::Stdio(command) => {
                let _turn = known.pool.turn().await?;
                stdio::run(&self.config, function, command, clock, (id, &invocation.payload)).await
            }
            Run::Elsewhere(_) | Run::Nobody(_) => Err(Error::ShutDown),
        }
    }

    /// `Root=1-65a1b2c3-...;Parent=...;Sampled=0`: nothing here traces.
    fn trace_id(&self) -> String {
        let (high, low, parent) = (self.clock.random(), self.clock.random(), self.clock.random());
        let seconds = self.clock.now().0 / 1000;
        format!("Root=1-{seconds:08x}-{:08x}{low:016x};Parent={parent:016x};Sampled=0", high >> 32)
    }

    fn outcome(&self) -> Outcome {
        Outcome { executed_version: LATEST.to_owned(), request_id: self.clock.uuid(), ..Outcome::default() }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }
}

fn check(invocation: &Invocation) -> Result<(), Error> {
    let (size, kind) = (invocation.payload.len(), invocation.invocation_type);
    let limit = if kind == InvocationType::Event { ASYNCHRONOUS_PAYLOAD_BYTES } else { PAYLOAD_BYTES };
    if size > limit {
        return Err(Error::RequestTooLarge(size, kind.name(), limit));
    }
    match serde_json::from_str::<serde::de::IgnoredAny>(&invocation.payload) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::InvalidRequestContent(error.to_string())),
    }
}

impl Service for Lambda {
    fn name(&self) -> &'static str {
        "lambda"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(async move {
            match operation {
                "Invoke" => Ok(invoke::call(self, &input).await?),
                other => Err(Error::UnknownOperation(other.to_owned()).into()),
            }
        })
    }
}
