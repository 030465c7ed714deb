//! Task states that call other services: from a `Resource` ARN and its parameters to one call of a
//! [`Service`](aws_protocol::Service), and from its answer to the result or error of the task.
//!
//! Optimised integrations (`lambda`, `dynamodb`, `states`, `events`, `messages` for SQS and SNS, `http`) have a file each;
//! `aws_sdk` serves every operation of a service generically. Formats are as recorded on AWS; [Step Functions developer guide, "Integrating services"]
//! (https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html).

mod aws_sdk;
mod case;
mod credentials;
mod dynamodb;
mod events;
mod failure;
mod http;
mod lambda;
mod messages;
mod metadata;
mod resource;
mod s3;
mod start_execution;

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_protocol::{Caller, ServiceError};
use clock::Timestamp;
use serde_json::Value;

pub(crate) use failure::Failure;
pub(crate) use resource::{Pattern, Resource};

use crate::{
    engine::Shared,
    interpreter::{Stimulus, TaskId},
};

/// How often a call is made while its service fails (HTTP 5xx).
const ATTEMPTS: u32 = 3;
/// The pause after the first attempt, milliseconds; it doubles with each.
const FIRST_PAUSE_MILLIS: i64 = 100;

/// A task to perform.
pub(crate) struct TaskCall {
    pub(crate) resource: Resource,
    /// The state's `Resource`, for messages.
    pub(crate) resource_arn: Arc<str>,
    /// Effective input (JSON text).
    pub(crate) parameters: Arc<str>,
    pub(crate) task: TaskId,
    pub(crate) execution_arn: Arc<str>,
    pub(crate) machine_arn: Arc<str>,
    pub(crate) role_arn: Arc<str>,
    /// The role of the state's `Credentials`.
    pub(crate) credentials_role_arn: Option<Arc<str>>,
    /// When the execution started.
    pub(crate) started: Timestamp,
    /// The execution outlives a crash, so the call may be made again.
    pub(crate) durable: bool,
    /// The call may have been made before: after a crash, or after a commit in doubt.
    pub(crate) again: bool,
    /// The call was answered before, and the end of what it began is awaited (`.sync`).
    pub(crate) submitted: bool,
}

impl TaskCall {
    /// The caller that the other service sees: the role of the task, or else of its machine.
    fn caller(&self) -> Caller {
        self.credentials_role_arn.as_ref().map_or_else(|| self.machine_caller(), |role| role_caller(role))
    }

    /// The machine's role.
    fn machine_caller(&self) -> Caller {
        role_caller(&self.role_arn)
    }

    /// What stands for this very attempt of the task at other services: the same when the call is made again after a
    /// crash, another for every retry and for an execution that later has the same name.
    fn token(&self) -> String {
        let text = format!("{} {} {}", self.execution_arn, self.started.0, self.task.0);
        digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn role_caller(role_arn: &str) -> Caller {
    Caller::internal(role_arn.split(':').nth(4).unwrap_or_default(), role_arn)
}

impl Shared {
    /// Performs a task, from its call to its result, telling the execution of each.
    pub(crate) async fn run_task(self: Arc<Self>, call: TaskCall) {
        let (arn, task) = (call.execution_arn.clone(), call.task);
        let stimulus = match self.perform_task(&call).await {
            Ok(stimulus) => stimulus,
            Err(Failure { error, cause }) => Stimulus::TaskFailed { task, error: Some(error), cause: Some(cause) },
        };
        self.stimulate(&arn, stimulus).await;
    }

    /// Performs a task and answers what its execution is to be told.
    pub(crate) async fn perform_task(self: &Arc<Self>, call: &TaskCall) -> Result<Stimulus, Failure> {
        let task = call.task;
        self.check_credentials(call).await?;
        match call.resource.pattern() {
            Pattern::RequestResponse => {
                let output = self.call_service(call).await?.into();
                Ok(Stimulus::TaskSucceeded { task, output })
            }
            Pattern::WaitForTaskToken => {
                let output = self.call_service(call).await?.into();
                Ok(Stimulus::TaskSubmitted { task, output })
            }
            Pattern::Sync | Pattern::Sync2 => {
                let output = self.run_child(call).await?.into();
                Ok(Stimulus::TaskSucceeded { task, output })
            }
        }
    }

    /// Calls the service and answers its result (JSON text).
    async fn call_service(&self, call: &TaskCall) -> Result<String, Failure> {
        let _permit = if call.resource.waits_elsewhere() {
            None
        } else {
            Some(self.call_permits.acquire().await.expect("the semaphore is never closed"))
        };
        match &call.resource {
            Resource::Service { service, action, .. } => match (&**service, &**action) {
                ("dynamodb", _) => dynamodb::call(self, call, action).await,
                ("states", "startExecution") => start_execution::call(self, call).await,
                ("events", "putEvents") => events::put_events(self, call).await,
                ("lambda", "invoke") => lambda::invoke(self, call).await,
                ("sqs", "sendMessage") => messages::SQS.send(self, call).await,
                ("sns", "publish") => messages::SNS.send(self, call).await,
                ("http", "invoke") => http::invoke(self, call).await,
                _ => Err(Failure::unsupported(&call.resource_arn)),
            },
            Resource::AwsSdk { service, action, .. } => aws_sdk::call(self, call, service, action).await,
            Resource::Lambda => lambda::invoke_named(self, call).await,
            Resource::Activity => Err(Failure::unsupported(&call.resource_arn)),
        }
    }

    /// Calls `operation` of another service in the name of the machine's role, again where the service itself failed, as
    /// AWS SDKs do it. A durable task's call takes effect once where the service can see to it.
    async fn call_other(
        &self,
        call: &TaskCall,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, ServiceError> {
        for attempt in 1..ATTEMPTS {
            match self.call_directory(call, service, operation, input.clone()).await {
                Err(error) if error.status >= 500 || error.code == "ThrottlingException" => {
                    let internal = error.internal.as_deref().unwrap_or_default();
                    tracing::warn!(service, operation, attempt, execution = %call.execution_arn, %error, internal, "a task's call failed");
                }
                answer => return answer,
            }
            let pause = FIRST_PAUSE_MILLIS << (attempt - 1);
            self.clock.sleep_until(self.clock.now().plus_millis(pause)).await;
        }
        self.call_directory(call, service, operation, input).await
    }

    async fn call_directory(
        &self,
        call: &TaskCall,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, ServiceError> {
        if self.services.get(service).is_none() {
            return Err(not_configured(service));
        }
        let caller = call.caller();
        if call.durable {
            self.services.call_once(service, operation, input, &caller, &call.token()).await
        } else {
            self.services.call(service, operation, input, &caller).await
        }
    }
    /// Calls a service that is part of this process, once.
    async fn call_internal(
        &self,
        call: &TaskCall,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, ServiceError> {
        self.services.call(service, operation, input, &call.caller()).await
    }
}

/// The error of a call to a service that nothing here serves: what to do about it.
fn not_configured(service: &str) -> ServiceError {
    let message = format!(
        "stepwell does not have the service {service}: say where it is in stepwell.toml, under [services.{service}], with \
         endpoint_url = \"http://...\" or service = \"aws\""
    );
    ServiceError::new(failure::NOT_CONFIGURED, message)
}
