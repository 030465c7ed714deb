//! One process of a function, with its Runtime API.

use std::sync::Arc;

use clock::Clock;
use tokio::{
    sync::{mpsc, oneshot},
    task::AbortHandle,
};

use super::{
    Work,
    routes::{self, Exchange, Start},
};
use crate::{
    Command, Config, Error, Function, environment,
    invocation::Ran,
    limits::START_MILLIS,
    process::{self, Process},
};

/// A process that asks for events.
pub(super) struct Worker {
    process: Process,
    work: mpsc::Sender<Work>,
    server: AbortHandle,
}

/// What a caller wants done, without the parts that the worker adds.
pub(crate) struct Request<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) payload: &'a str,
    pub(crate) function_arn: String,
    pub(crate) trace_id: String,
    pub(crate) client_context: Option<String>,
}

/// What became of a start.
pub(super) enum Started {
    Worker(Worker),
    /// The function itself cannot start: an invocation's outcome.
    Failed(Ran),
}

impl Worker {
    /// Starts a process and waits until it asks for its first event.
    ///
    /// # Errors
    /// [`Error::InvalidRuntime`] when the command does not start, [`Error::Process`] when no port is free.
    pub(super) async fn start(
        config: &Config,
        function: &Function,
        command: &Command,
        clock: &dyn Clock,
        request_id: &str,
    ) -> Result<Started, Error> {
        let failed = |cause: String| Error::Process { function: function.name.clone(), cause };
        let listener = routes::bind().await.map_err(|error| failed(error.to_string()))?;
        let address = listener.local_addr().map_err(|error| failed(error.to_string()))?;
        let mut variables = environment::variables(config, function, &clock.uuid());
        variables.insert("AWS_LAMBDA_RUNTIME_API".to_owned(), address.to_string());
        let prepared = process::prepare(command, &function.folder, variables);
        let process = Process::start(prepared, &function.name).map_err(|cause| Error::InvalidRuntime {
            function: function.name.clone(),
            why: format!("its command '{}' does not start: {cause}", command.program),
        })?;
        let (work, events) = mpsc::channel(1);
        let exchange = Arc::new(Exchange::new(events));
        let mut start = exchange.start();
        let server = tokio::spawn(routes::serve(listener, exchange)).abort_handle();
        let worker = Self { process, work, server };
        let deadline = clock.now().plus_millis(START_MILLIS);
        let ready = tokio::select! {
            biased;
            start = start.wait_for(|start| *start != Start::Starting) => {
                start.map_or(Start::Ready, |start| start.clone())
            }
            how = worker.process.ended() => return Ok(Started::Failed(worker.exited(request_id, &how))),
            () = clock.sleep_until(deadline) => {
                let message = format!("RequestId: {request_id} Error: the function did not ask for an event in time");
                return Ok(Started::Failed(Ran::broken("Sandbox.Timedout", message)));
            }
        };
        Ok(match ready {
            Start::Failed(error) => Started::Failed(Ran::failed(error)),
            _ => Started::Worker(worker),
        })
    }

    /// Whether it can take an event.
    pub(super) fn is_alive(&self) -> bool {
        self.process.runs()
    }

    /// Hands it one event; `None` in the second place when it must not be used again.
    pub(super) async fn run(self, request: Request<'_>, seconds: u32, clock: &dyn Clock) -> (Ran, Option<Self>) {
        self.process.log.clear();
        let deadline = clock.now().plus_seconds(seconds.into());
        let (reply, answer) = oneshot::channel();
        let work = Work {
            request_id: request.request_id.to_owned(),
            payload: request.payload.to_owned(),
            deadline_millis: deadline.0,
            function_arn: request.function_arn,
            trace_id: request.trace_id,
            client_context: request.client_context,
            reply,
        };
        // One event at a time: there is room for it.
        let sent = self.work.try_send(work).is_ok();
        let ran = tokio::select! {
            biased;
            ran = answer, if sent => ran.unwrap_or_else(|_| {
                // It asks for another event instead.
                Ran::broken("Runtime.NoResponse", "the function's process did not answer its event")
            }),
            how = self.process.ended() => return (self.exited(request.request_id, &how), None),
            () = clock.sleep_until(deadline) => {
                let ran = Ran::timed_out(request.request_id, seconds);
                return (self.with_log(ran), None);
            }
        };
        (self.with_log(ran), Some(self))
    }

    fn exited(&self, request_id: &str, how: &str) -> Ran {
        self.with_log(Ran::exited(request_id, how))
    }

    fn with_log(&self, ran: Ran) -> Ran {
        Ran { log_result: Some(self.process.log.base64()), ..ran }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.server.abort();
    }
}
