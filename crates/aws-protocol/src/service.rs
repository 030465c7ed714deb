//! The one trait through which services meet: an operation's name and JSON in, JSON or a [`ServiceError`] out.
//!
//! The wire front end calls it, data sources call it, Task states call it; embedded services and the AWS
//! backends implement it. So leaving one machine is configuration, and every integration is tested once.

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, RwLock},
};

use serde_json::{Map, Value};

use crate::Caller;

/// A boxed, sendable future, as [`Service`] returns it so that it can be a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An AWS service, embedded or remote.
pub trait Service: Send + Sync + 'static {
    /// Its signing name: `states`, `dynamodb`, `events`, `cognito-idp`, `lambda` ...
    fn name(&self) -> &'static str;

    /// Performs `operation` (AWS's spelling, for example `StartExecution`) on the JSON of its AWS JSON protocol.
    ///
    /// # Errors
    /// The service's own exceptions, and `UnknownOperationException` for an operation it does not have.
    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        caller: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>>;

    /// Performs `operation` so that it takes effect once, however often it is asked for with the same `token`: the
    /// caller asks again when it does not know what came of the first time. Where a service has no way to do that, the
    /// operation is performed each time.
    ///
    /// # Errors
    /// As [`Self::call`].
    fn call_once<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        caller: &'a Caller,
        token: &'a str,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        let _ = token;
        self.call(operation, input, caller)
    }
}

/// An AWS exception: rendered as `{"__type": code, "message": message, ...members}` with `status`.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceError {
    /// The exception's name without a namespace, for example `ResourceNotFoundException`.
    pub code: Cow<'static, str>,
    /// What the client is told.
    pub message: String,
    /// The HTTP status, 400 for nearly all of AWS's exceptions.
    pub status: u16,
    /// Further members of the exception, for example `CancellationReasons`.
    pub members: Map<String, Value>,
    /// What only the log is told.
    pub internal: Option<String>,
}

impl ServiceError {
    /// A client error (HTTP 400) with AWS's code and message.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status: 400, members: Map::new(), internal: None }
    }

    /// `UnknownOperationException`: this service has no such operation (or not yet).
    pub fn unknown_operation(service: &str, operation: &str) -> Self {
        Self::new("UnknownOperationException", format!("The operation {operation} of {service} is not supported."))
    }

    /// A failure of ours (HTTP 500): the client learns only that it happened, the log learns `cause`.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self {
            status: 500,
            internal: Some(cause.to_string()),
            ..Self::new("InternalFailure", "The request processing has failed because of an unknown error.")
        }
    }

    /// The same error with another HTTP status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same error under another name.
    pub fn with_code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.code = code.into();
        self
    }

    /// The same error with one more member beside `__type` and `message`.
    pub fn with_member(mut self, name: impl Into<String>, value: Value) -> Self {
        self.members.insert(name.into(), value);
        self
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for ServiceError {}

/// The services of one stepwell by signing name. Filled once, at start, in the one place where services meet.
#[derive(Clone, Default)]
pub struct Directory {
    services: Arc<RwLock<HashMap<&'static str, Arc<dyn Service>>>>,
}

impl Directory {
    /// Adds `service` under its name, replacing one of the same name.
    pub fn register(&self, service: Arc<dyn Service>) {
        self.services.write().expect("no panic while the lock is held").insert(service.name(), service);
    }

    /// The service with this signing name.
    pub fn get(&self, name: &str) -> Option<Arc<dyn Service>> {
        self.services.read().expect("no panic while the lock is held").get(name).cloned()
    }

    /// Calls `operation` of the service called `name`.
    ///
    /// # Errors
    /// The service's, or `UnknownOperationException` when no such service is registered.
    pub async fn call(
        &self,
        name: &str,
        operation: &str,
        input: Value,
        caller: &Caller,
    ) -> Result<Value, ServiceError> {
        match self.get(name) {
            Some(service) => service.call(operation, input, caller).await,
            None => Err(ServiceError::unknown_operation(name, operation)),
        }
    }

    /// The same through [`Service::call_once`].
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn call_once(
        &self,
        name: &str,
        operation: &str,
        input: Value,
        caller: &Caller,
        token: &str,
    ) -> Result<Value, ServiceError> {
        match self.get(name) {
            Some(service) => service.call_once(operation, input, caller, token).await,
            None => Err(ServiceError::unknown_operation(name, operation)),
        }
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services = self.services.read().expect("no panic while the lock is held");
        f.debug_set().entries(services.keys()).finish()
    }
}
