//! Handlers at work: code, code around a data source, or a Lambda function alone.
//!
//! "Process real-time events with AWS AppSync event handlers", "Data source integrations for AWS AppSync events" and "Direct
//! data source integrations using Lambda", Events guide.

use std::sync::Arc;

use appsync::{SourceFailure, StandaloneSource};
use clock::Clock;
use resolver::{Context, ContextError, End, EventContext, Handler as Which, Handlers};
use serde_json::{Map, Value, json};

use crate::{Error, InvokeType};

/// A handler that is ready to run.
pub(crate) enum Handler {
    /// A function.
    Function(Arc<dyn Handlers>),
    /// `request` and `response` around a data source.
    Object(Arc<dyn Handlers>, Arc<StandaloneSource>),
    /// A Lambda function.
    Direct(Arc<StandaloneSource>, InvokeType),
}

/// What a handler is run for.
pub(crate) struct Invocation<'a> {
    /// `onPublish` or `onSubscribe`.
    pub(crate) name: &'static str,
    pub(crate) event: Arc<EventContext>,
    pub(crate) identity: Arc<Value>,
    pub(crate) request: Arc<resolver::Request>,
    pub(crate) auth_type: &'static str,
    pub(crate) clock: &'a dyn Clock,
}

/// What it ended with.
pub(crate) enum Returned {
    /// Its value; null for none.
    Value(Value),
    /// Nobody waited: everything goes on as it came.
    Unchanged,
}

impl Handler {
    pub(crate) async fn run(&self, invocation: &Invocation<'_>) -> Result<Returned, Error> {
        match self {
            Self::Function(code) => {
                let (value, _, _) = invocation.call(&**code, Which::Request, Context::default())?;
                Ok(Returned::Value(value))
            }
            Self::Object(code, source) => invocation.around(&**code, source).await.map(Returned::Value),
            Self::Direct(source, invoke_type) => invocation.direct(source, *invoke_type).await,
        }
    }
}

impl Invocation<'_> {
    /// Request handler, data source, response handler; the last finds a failure of the data source in `ctx.error`.
    async fn around(&self, code: &dyn Handlers, source: &StandaloneSource) -> Result<Value, Error> {
        let (request, stash, early) = self.call(code, Which::Request, Context::default())?;
        if early {
            return Ok(request);
        }
        let (result, error) = match source.invoke(&self.identity, self.name, request).await {
            Ok(result) => (result, None),
            Err(SourceFailure::Reported { message, kind, result }) => (result, Some(ContextError { message, kind })),
            Err(SourceFailure::Request(message)) => {
                return Err(Error::Handler { kind: Some("MappingTemplate".to_owned()), message });
            }
        };
        let context = Context { stash, result: Some(Arc::new(result)), error, ..Context::default() };
        self.call(code, Which::Response, context).map(|(value, _, _)| value)
    }

    /// Runs one function of the code: its value, the stash as it left it, and whether it returned early.
    fn call(
        &self,
        code: &dyn Handlers,
        which: Which,
        context: Context,
    ) -> Result<(Value, Map<String, Value>, bool), Error> {
        let context = Context {
            identity: self.identity.clone(),
            request: self.request.clone(),
            event: Some(self.event.clone()),
            auth_type: self.auth_type,
            now_millis: self.clock.now().0,
            seed: self.clock.random(),
            ..context
        };
        let evaluation = code.invoke(which, &context);
        for line in &evaluation.logs {
            tracing::info!(handler = self.name, "{line}");
        }
        match evaluation.end {
            End::Returned(value) => Ok((value.unwrap_or_default(), evaluation.stash, false)),
            End::EarlyReturn { value, .. } => Ok((value.unwrap_or_default(), evaluation.stash, true)),
            End::Raised(error) => Err(Error::Handler { kind: error.kind, message: error.message }),
            End::Unauthorized => Err(Error::Forbidden),
        }
    }

    /// The function gets the whole context, and answers `{"events": [...]}`, `{"error": "..."}` or nothing.
    async fn direct(&self, source: &StandaloneSource, invoke_type: InvokeType) -> Result<Returned, Error> {
        let payload = json!({
            "identity": *self.identity,
            "result": null,
            "request": { "headers": self.request.headers, "domainName": self.request.domain_name },
            "info": self.event.info,
            "error": null,
            "prev": null,
            "stash": {},
            "outErrors": [],
            "events": self.event.events,
        });
        let invocation = match invoke_type {
            InvokeType::RequestResponse => "RequestResponse",
            InvokeType::Event => "Event",
        };
        let request = json!({ "operation": "Invoke", "invocationType": invocation, "payload": payload });
        let answer = source.invoke_directly(&self.identity, self.name, request).await;
        if invoke_type == InvokeType::Event {
            if let Err(failure) = answer {
                tracing::warn!(handler = self.name, ?failure, "the function was not called");
            }
            return Ok(Returned::Unchanged);
        }
        match answer {
            Ok(Value::Object(mut answer)) => match answer.remove("error").unwrap_or_default() {
                Value::Null => Ok(Returned::Value(answer.remove("events").unwrap_or_default())),
                Value::String(message) => Err(Error::Handler { kind: None, message }),
                other => Err(Error::Handler { kind: None, message: other.to_string() }),
            },
            Ok(_) => Ok(Returned::Value(Value::Null)),
            Err(SourceFailure::Reported { kind, .. }) if kind == "UnauthorizedException" => Err(Error::Forbidden),
            Err(SourceFailure::Reported { message, kind, .. }) => Err(Error::Handler { kind: Some(kind), message }),
            Err(SourceFailure::Request(message)) => Err(Error::Handler { kind: None, message }),
        }
    }
}
