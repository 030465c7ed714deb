//! One QuickJS runtime: long-lived, frozen, inside caps of time, memory and stack.

use std::{cell::RefCell, collections::HashMap, mem, sync::Arc, time::Duration};

use rquickjs::{
    Context as JsContext, Ctx, Error, Exception, Function, Object, Runtime, Value,
    context::{EvalOptions, intrinsic},
};

use super::{
    CODE, Dialect,
    bindings::{self, Shared},
    outward::Reader,
    position::first_frame,
    program::{FILE, LINES_BEFORE, Program},
};
use crate::{CompileError, Context, End, Evaluation, Handler, Limits, RaisedError, deadline::Deadline, util::Scope};

/// How many programs an engine keeps loaded.
const PROGRAMS: usize = 1_000;

/// Time for the making of an engine.
const SETUP_TIME: Duration = Duration::from_secs(60);

const SANDBOX: &str = include_str!("sandbox.js");

/// What contexts have: no `Promise`, `Proxy`, typed arrays or weak references.
type Intrinsics = (
    intrinsic::Date,
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::MapSet,
);

/// The factories of loaded programs.
type Factories<'js> = RefCell<HashMap<u64, Function<'js>>>;

/// A runtime with its one context. Used by one thread at a time.
pub(super) struct Engine {
    context: JsContext,
    shared: Shared,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// Makes a runtime and freezes it: milliseconds of work.
    ///
    /// # Errors
    /// The caps leave no room for the runtime itself.
    pub(super) fn new(dialect: Dialect, limits: Limits) -> Result<Self, String> {
        let failed = |error: Error| format!("failed to start a JavaScript runtime: {error}");
        let runtime = Runtime::new().map_err(failed)?;
        runtime.set_memory_limit(limits.memory_bytes);
        runtime.set_max_stack_size(limits.stack_bytes);
        let deadline = Arc::new(Deadline::new());
        deadline.start(SETUP_TIME);
        let watched = Arc::clone(&deadline);
        runtime.set_interrupt_handler(Some(Box::new(move || watched.check())));
        let context = JsContext::custom::<Intrinsics>(&runtime).map_err(failed)?;
        let engine = Self { context, shared: Shared { call: Arc::default(), deadline, limits } };
        engine
            .context
            .with(|ctx| engine.install(&ctx, dialect).map_err(|error| Thrown::take(&ctx, error).to_string()))?;
        Ok(engine)
    }

    fn install(&self, ctx: &Ctx<'_>, dialect: Dialect) -> Result<(), Error> {
        let mut options = EvalOptions::default();
        options.filename = Some("sandbox.js".into());
        let install: Function<'_> = ctx.eval_with_options(SANDBOX, options)?;
        let natives = bindings::natives(ctx, &self.shared)?;
        let modules = bindings::modules(ctx, &self.shared)?;
        let sandbox: Object<'_> = install.call((natives, modules, dialect == Dialect::Strict))?;
        ctx.store_userdata(sandbox).map_err(|_| Error::Unknown)?;
        ctx.store_userdata(Factories::default()).map_err(|_| Error::Unknown)?;
        Ok(())
    }

    /// Compiles a program, so that errors show before the first invocation.
    pub(super) fn load(&mut self, program: &Program) -> Result<(), CompileError> {
        self.shared.deadline.start(self.shared.limits.time);
        self.context.with(|ctx| {
            factory(&ctx, program).map(|_| ()).map_err(|error| {
                let thrown = Thrown::take(&ctx, error);
                let (line, column) = thrown.place.unwrap_or((1, 1));
                program.error_at(line, column, thrown.text)
            })
        })
    }

    /// Runs a handler; also says whether the engine may run another.
    pub(super) fn run(&mut self, program: &Program, handler: Handler, context: &Context) -> (Evaluation, bool) {
        *self.shared.call.lock() = bindings::Call {
            scope: Scope::new(context.now_millis, context.seed, context.auth_type, handler == Handler::Request),
            context: context.clone(),
            end: None,
            stash_read: false,
        };
        self.shared.deadline.start(self.shared.limits.time);
        let (end, changed_stash, reusable) = self.context.with(|ctx| self.run_inside(&ctx, program, handler));
        let call = mem::take(&mut *self.shared.call.lock());
        let evaluation = Evaluation {
            end,
            stash: changed_stash.unwrap_or(call.context.stash),
            changed_arguments: None,
            appended_errors: call.scope.appended_errors,
            logs: call.scope.logs,
            response_headers: call.scope.response_headers,
            extensions: call.scope.extensions,
        };
        (evaluation, reusable)
    }

    fn run_inside(&self, ctx: &Ctx<'_>, program: &Program, handler: Handler) -> (End, Option<Stash>, bool) {
        let mut stash = None;
        let outcome = self.call_handler(ctx, program, handler, &mut stash);
        let (end, reusable) = match outcome {
            Ok(end) => (end, true),
            Err(error) => self.failure(Thrown::take(ctx, error), program),
        };
        (end, stash, reusable && !self.shared.deadline.passed())
    }

    fn call_handler<'js>(
        &self,
        ctx: &Ctx<'js>,
        program: &Program,
        handler: Handler,
        stash: &mut Option<Stash>,
    ) -> Result<End, Error> {
        let sandbox = ctx.userdata::<Object<'js>>().ok_or(Error::Unknown)?.clone();
        let modules: Value<'js> = sandbox.get("modules")?;
        let handlers: Object<'js> = factory(ctx, program)?.call((modules,))?;
        let name = match handler {
            Handler::Request => "request",
            Handler::Response => "response",
        };
        let function = handlers.get::<_, Value<'js>>(name)?.into_function();
        let function = function.ok_or_else(|| Exception::throw_type(ctx, &format!("{name} is not a function")))?;
        let is_event = self.shared.call.lock().context.event.is_some();
        let make = if is_event { "makeEventContext" } else { "makeContext" };
        let argument: Object<'js> = sandbox.get::<_, Function<'js>>(make)?.call(())?;
        let limits = &self.shared.limits;
        let mut reader = Reader::new(ctx, limits.result_bytes);
        let returned = function.call((argument.clone(),)).and_then(|value| reader.read(value, limits.depth));
        let end = match (returned, self.shared.call.lock().end.take()) {
            (_, Some(end)) => {
                ctx.catch();
                end
            }
            (Ok(value), None) => End::Returned(value),
            (Err(error), None) => return Err(error),
        };
        if self.shared.call.lock().stash_read {
            let value: Value<'js> = argument.get("stash")?;
            if let Some(serde_json::Value::Object(fields)) = reader.read(value, limits.depth)? {
                *stash = Some(fields);
            }
        }
        Ok(end)
    }

    /// What a thrown value means; a cap that was hit makes the engine unfit.
    fn failure(&self, thrown: Thrown, program: &Program) -> (End, bool) {
        let limits = &self.shared.limits;
        if self.shared.deadline.passed() {
            let message = format!("{}: the handler ran longer than {} ms", program.name(), limits.time.as_millis());
            return (code_fault(message), false);
        }
        let text = thrown.text;
        let (message, fit) = if text.is_empty() || is_one_of(&text, OUT_OF_MEMORY) {
            (format!("the handler used more than {} bytes of memory", limits.memory_bytes), false)
        } else if is_one_of(&text, OUT_OF_STACK) {
            (format!("the handler used more than {} bytes of stack", limits.stack_bytes), false)
        } else {
            (text, true)
        };
        let name = program.name();
        let message = match thrown.place {
            Some((line, column)) => format!("{name}:{line}:{column}: {message}"),
            None => format!("{name}: {message}"),
        };
        (code_fault(message), fit)
    }
}

/// What QuickJS throws when the memory cap is hit; nothing where there is not even room for the error.
const OUT_OF_MEMORY: &[&str] = &["InternalError: out of memory", "RangeError: invalid string length"];
/// What QuickJS throws when the stack cap is hit.
const OUT_OF_STACK: &[&str] = &["RangeError: Maximum call stack size exceeded", "InternalError: stack overflow"];

fn is_one_of(text: &str, beginnings: &[&str]) -> bool {
    beginnings.iter().any(|beginning| text.starts_with(beginning))
}

type Stash = serde_json::Map<String, serde_json::Value>;

fn code_fault(message: String) -> End {
    End::Raised(RaisedError { message, kind: Some(CODE.into()), data: None, info: None })
}

/// The factory of a program, compiled where this engine does not have it yet.
fn factory<'js>(ctx: &Ctx<'js>, program: &Program) -> Result<Function<'js>, Error> {
    let factories = ctx.userdata::<Factories<'js>>().ok_or(Error::Unknown)?;
    if let Some(factory) = factories.borrow().get(&program.id()) {
        return Ok(factory.clone());
    }
    let mut options = EvalOptions::default();
    options.filename = Some(FILE.into());
    let factory: Function<'js> = ctx.eval_with_options(program.script(), options)?;
    let mut factories = factories.borrow_mut();
    if factories.len() >= PROGRAMS {
        factories.clear();
    }
    factories.insert(program.id(), factory.clone());
    Ok(factory)
}

/// A thrown value: its text, and its place in the source.
#[derive(Debug)]
struct Thrown {
    text: String,
    place: Option<(u32, u32)>,
}

impl std::fmt::Display for Thrown {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Thrown {
    /// Takes the pending exception, so that it cannot show up in a later call.
    fn take(ctx: &Ctx<'_>, error: Error) -> Self {
        if !error.is_exception() {
            return Self { text: error.to_string(), place: None };
        }
        let value = ctx.catch();
        let thrown = match value.as_object() {
            Some(object) => Self::of_object(object),
            None => Self { text: text_of(&value).unwrap_or_default(), place: None },
        };
        ctx.catch();
        thrown
    }

    fn of_object(object: &Object<'_>) -> Self {
        let text = |name: &str| object.get::<_, Value<'_>>(name).ok().and_then(|value| text_of(&value));
        let message = text("message").unwrap_or_else(|| "an object was thrown".into());
        let kind = text("name").filter(|kind| kind != "Error");
        let place = text("stack").and_then(|stack| first_frame(&stack, FILE));
        Self {
            text: kind.map_or_else(|| message.clone(), |kind| format!("{kind}: {message}")),
            place: place.map(|(line, column)| (line.saturating_sub(LINES_BEFORE).max(1), column)),
        }
    }
}

fn text_of(value: &Value<'_>) -> Option<String> {
    value.as_string().and_then(|text| text.to_string().ok())
}
