//! Resolvers at work: request handler, data source, response handler; and functions in a row between two handlers.

use std::{collections::HashMap, sync::Arc};

use clock::Clock;
use resolver::{Context, ContextError, End, Evaluation, Handler, Handlers, Info, RaisedError, Runtime};
use serde_json::{Map, Value};

use crate::{
    ConflictHandler, LambdaOptions,
    batch::{Gatherer, Seat},
    data_source::{self, DataSource, Failure, lambda},
    trace::{Recorder, ResolverKind, Steps},
};

/// The resolvers of an API by type and field.
#[derive(Default)]
pub(crate) struct Resolvers(HashMap<String, HashMap<String, Arc<Resolver>>>);

/// A compiled resolver.
pub(crate) enum Resolver {
    Unit(Step),
    Pipeline { handlers: Arc<dyn Handlers>, functions: Vec<Step> },
}

/// Handlers around a data source: a unit resolver, or a function of a pipeline.
#[derive(Clone)]
pub(crate) struct Step {
    /// The function's name; `Type.field` in a unit resolver.
    pub(crate) name: Arc<str>,
    /// `None` for a direct Lambda resolver.
    pub(crate) handlers: Option<Arc<dyn Handlers>>,
    pub(crate) source: Arc<DataSource>,
    pub(crate) lambda: LambdaOptions,
    /// What it does about conflicts on a versioned data source.
    pub(crate) conflict_handler: Option<Arc<ConflictHandler>>,
}

/// What stays the same for every field of a request.
pub(crate) struct Shared {
    pub(crate) identity: Arc<Value>,
    pub(crate) request: Arc<resolver::Request>,
    pub(crate) environment: Arc<Map<String, Value>>,
    pub(crate) auth_type: &'static str,
    pub(crate) clock: Arc<dyn Clock>,
    /// The calls that wait for company.
    pub(crate) gatherer: Gatherer,
    pub(crate) recorder: Arc<Recorder>,
}

/// One run of a resolver.
pub(crate) struct Run<'a> {
    shared: &'a Shared,
    field: Invocation,
    seat: Seat<'a>,
    stash: Map<String, Value>,
    effects: Effects,
    trace: Steps,
}

/// What differs from field to field.
#[derive(Clone)]
pub(crate) struct Invocation {
    pub(crate) arguments: Arc<Map<String, Value>>,
    pub(crate) source: Arc<Value>,
    pub(crate) info: Arc<Info>,
    /// Whether its run is a part of the request's trace.
    pub(crate) traced: bool,
}

/// What a run leaves beside its result.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    pub(crate) appended: Vec<RaisedError>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) extensions: Vec<(String, Vec<Value>)>,
}

/// How a resolver fails.
#[derive(Debug)]
pub(crate) enum Raised {
    Error(Box<RaisedError>),
    /// `util.unauthorized()`.
    Unauthorized,
}

/// What a handler ended with, other than an error.
enum Returned {
    Value(Value),
    Early { value: Value, to_end: bool },
}

/// Where a [`Step`] stands.
enum Place {
    Unit,
    /// In a pipeline: which function, and what those before it gave.
    Function(usize, Arc<Value>),
}

/// The `version` of a unit resolver's request document. Functions have a version of their own, which is always the
/// newer one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    /// The response template does not run on a null result; an error of the data source is raised with what the
    /// template makes of it as `data`.
    V2017_02_28,
    V2018_05_29,
}

/// The `prev.result`, `result` and `error` of a context.
#[derive(Default)]
struct Slots {
    prev: Option<Arc<Value>>,
    result: Option<Arc<Value>>,
    error: Option<ContextError>,
}

impl Version {
    /// AWS differs: a document without a version counts as one of the newer version.
    fn of(request: &Value) -> Result<Self, Raised> {
        match request.get("version").unwrap_or(&Value::Null) {
            Value::Null => Ok(Self::V2018_05_29),
            Value::String(version) if version == "2018-05-29" => Ok(Self::V2018_05_29),
            Value::String(version) if version == "2017-02-28" => Ok(Self::V2017_02_28),
            other => Err(raised(format!("Unsupported template version {other}."), "MappingTemplate", Value::Null)),
        }
    }
}

impl Resolvers {
    pub(crate) fn insert(&mut self, ty: &str, field: &str, resolver: Resolver) {
        self.0.entry(ty.to_owned()).or_default().insert(field.to_owned(), Arc::new(resolver));
    }

    pub(crate) fn get(&self, ty: &str, field: &str) -> Option<&Arc<Resolver>> {
        self.0.get(ty)?.get(field)
    }
}

impl Resolver {
    /// How many data sources it calls, at most.
    pub(crate) fn steps(&self) -> usize {
        match self {
            Self::Unit(_) => 1,
            Self::Pipeline { functions, .. } => functions.len(),
        }
    }

    /// Resolves a field.
    pub(crate) async fn run(
        &self,
        shared: &Shared,
        field: Invocation,
        seat: Seat<'_>,
    ) -> (Result<Value, Raised>, Effects, Steps) {
        let trace = Steps::begin(&shared.recorder, field.traced);
        let mut run = Run { shared, field, seat, stash: Map::new(), effects: Effects::default(), trace };
        let result = match self {
            Self::Unit(step) => run.step(step, Place::Unit).await.map(|returned| match returned {
                Returned::Value(value) | Returned::Early { value, .. } => value,
            }),
            Self::Pipeline { handlers, functions } => run.pipeline(&**handlers, functions).await,
        };
        (result, run.effects, run.trace)
    }

    /// Its kind, for traces.
    pub(crate) fn kind(&self) -> ResolverKind {
        match self {
            Self::Unit(_) => ResolverKind::Unit,
            Self::Pipeline { .. } => ResolverKind::Pipeline,
        }
    }
}

impl Run<'_> {
    async fn pipeline(&mut self, handlers: &dyn Handlers, functions: &[Step]) -> Result<Value, Raised> {
        let previous = match self.invoke(handlers, Handler::Request, Slots::default())? {
            Returned::Value(value) => {
                let mut previous = Arc::new(value);
                for (index, function) in functions.iter().enumerate() {
                    match self.step(function, Place::Function(index, previous)).await? {
                        Returned::Value(value) => previous = Arc::new(value),
                        Returned::Early { value, to_end } => {
                            previous = Arc::new(value);
                            if to_end {
                                break;
                            }
                        }
                    }
                }
                previous
            }
            // `#return` ends the resolver (developer guide, "Resolver mapping template programming guide"); an early
            // return of APPSYNC_JS goes on to the response handler.
            Returned::Early { value, .. } if handlers.runtime() == Runtime::Templates => return Ok(value),
            Returned::Early { value, .. } => Arc::new(value),
        };
        let slots = Slots { prev: Some(previous.clone()), result: Some(previous), error: None };
        match self.invoke(handlers, Handler::Response, slots)? {
            Returned::Value(value) | Returned::Early { value, .. } => Ok(value),
        }
    }

    async fn step(&mut self, step: &Step, place: Place) -> Result<Returned, Raised> {
        self.trace.enter(&step.name, step.source.label());
        let returned = self.handlers_and_source(step, place).await;
        self.trace.leave();
        returned
    }

    /// Request handler, data source, response handler. A failing data source does not end the run: the response
    /// handler finds the failure in `ctx.error`. Unit resolvers of version 2017-02-28 differ (see [`Version`]).
    async fn handlers_and_source(&mut self, step: &Step, place: Place) -> Result<Returned, Raised> {
        let (index, prev) = match place {
            Place::Unit => (0, None),
            Place::Function(index, prev) => (index, Some(prev)),
        };
        let request = match self.request(step, prev.clone())? {
            Returned::Value(request) => request,
            early => return Ok(early),
        };
        let version = match &step.handlers {
            Some(handlers) if handlers.runtime() == Runtime::Templates && prev.is_none() => Version::of(&request)?,
            _ => Version::V2018_05_29,
        };
        let old = version == Version::V2017_02_28;
        if old && step.source.needs_new_templates(&request) {
            let message = "This operation is not available in templates of version 2017-02-28.".to_owned();
            return Err(raised(message, "MappingTemplate", Value::Null));
        }
        let batched = request.get("operation").is_some_and(|operation| operation == "BatchInvoke");
        self.trace.call(&request);
        let answer = step.source.invoke(&self.call(step, index), request).await;
        self.trace.called(&answer, old || step.lambda.plain_response);
        let (result, error) = match answer {
            Ok(Value::Null) if old => return Ok(Returned::Value(Value::Null)),
            Ok(result) => (result, None),
            Err(Failure::Reported { message, kind, result }) => (result, Some(ContextError { message, kind })),
            Err(Failure::Document(message)) => return Err(raised(message, "MappingTemplate", Value::Null)),
        };
        let handlers = match &step.handlers {
            Some(handlers) if !step.lambda.plain_response => handlers,
            _ => return lambda::plain_response(result, error, batched).map(Returned::Value).map_err(plainly),
        };
        let slots = Slots { prev, result: Some(Arc::new(result)), error: error.clone() };
        let returned = self.invoke(&**handlers, Handler::Response, slots)?;
        match (error.filter(|_| old), returned) {
            (Some(error), Returned::Value(data) | Returned::Early { value: data, .. }) => {
                Err(raised(error.message, &error.kind, data))
            }
            (None, returned) => Ok(returned),
        }
    }

    /// What the data source is asked: the request handler says it, or it is the whole context.
    fn request(&mut self, step: &Step, prev: Option<Arc<Value>>) -> Result<Returned, Raised> {
        let slots = Slots { prev, ..Slots::default() };
        match &step.handlers {
            Some(handlers) if !step.lambda.whole_context => self.invoke(&**handlers, Handler::Request, slots),
            _ => {
                let context = self.context(slots);
                let request = lambda::whole_context(&context, step.lambda);
                self.stash = context.stash;
                Ok(Returned::Value(request))
            }
        }
    }

    fn invoke(&mut self, handlers: &dyn Handlers, handler: Handler, slots: Slots) -> Result<Returned, Raised> {
        let context = self.context(slots);
        self.trace.handler(handler, &context);
        let mut evaluation = handlers.invoke(handler, &context);
        self.trace.handled(handler, &mut evaluation);
        let Evaluation { end, stash, changed_arguments, appended_errors, logs: _, response_headers, extensions } =
            evaluation;
        self.stash = stash;
        if let Some(arguments) = changed_arguments {
            self.field.arguments = Arc::new(arguments);
        }
        self.effects.appended.extend(appended_errors);
        self.effects.headers.extend(response_headers);
        self.effects.extensions.extend(extensions);
        match end {
            End::Returned(value) => Ok(Returned::Value(value.unwrap_or_default())),
            End::EarlyReturn { value, skip_to_end } => {
                Ok(Returned::Early { value: value.unwrap_or_default(), to_end: skip_to_end })
            }
            End::Raised(error) => Err(Raised::Error(Box::new(error))),
            End::Unauthorized => Err(Raised::Unauthorized),
        }
    }

    fn context(&mut self, slots: Slots) -> Context {
        let Invocation { arguments, source, info, traced: _ } = self.field.clone();
        Context {
            arguments,
            source,
            info,
            identity: self.shared.identity.clone(),
            stash: std::mem::take(&mut self.stash),
            prev_result: slots.prev,
            result: slots.result,
            error: slots.error,
            request: self.shared.request.clone(),
            env: self.shared.environment.clone(),
            auth_type: self.shared.auth_type,
            now_millis: self.shared.clock.now().0,
            seed: self.shared.clock.random(),
            event: None,
        }
    }

    fn call<'a>(&'a self, step: &'a Step, index: usize) -> data_source::Call<'a> {
        data_source::Call {
            parent_type: &self.field.info.parent_type_name,
            field: &self.field.info.field_name,
            output_type: &self.field.info.output_type,
            arguments: &self.field.arguments,
            identity: &self.shared.identity,
            conflict_handler: step.conflict_handler.as_deref(),
            clock: &*self.shared.clock,
            spot: self.seat.at(index),
            lambda: step.lambda,
            notes: &self.trace.notes,
        }
    }
}

/// The error of a field whose resolver has no response template.
fn plainly((message, kind, data): lambda::PlainError) -> Raised {
    Raised::Error(Box::new(RaisedError { message, kind, data: Some(data), info: None }))
}

fn raised(message: String, kind: &str, data: Value) -> Raised {
    Raised::Error(Box::new(RaisedError { message, kind: Some(kind.to_owned()), data: Some(data), info: None }))
}
