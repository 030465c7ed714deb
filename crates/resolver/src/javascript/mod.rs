//! APPSYNC_JS on QuickJS.
//!
//! A source goes through [`program`] once: parsed and checked ([`dialect`]), types taken out ([`erasure`]), imports and
//! exports turned into a factory function, positions kept. An [`engine`] is one QuickJS runtime with the functions of
//! [`crate::util`] and everything else frozen (`sandbox.js`); it keeps the factory of
//! each program that it has run. Each invocation calls the factory anew, so module-level state never outlives one
//! handler, as on AWS. Engines wait in a [`pool`]; one that hit a cap is thrown away.

mod bindings;
mod dialect;
mod engine;
mod erasure;
mod function_use;
mod inward;
mod outward;
mod pool;
mod position;
mod problems;
mod program;

use std::sync::Arc;

use crate::{
    CompileError, Context, End, Evaluation, EventHandler, EventHandlers, Handler, Handlers, Language, Limits, Problem,
    RaisedError, Source,
    javascript::{
        pool::Pool,
        program::{Form, Program},
    },
};

/// What the code may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Dialect {
    /// What APPSYNC_JS 1.0.0 allows, with its ways: `JSON.parse` of invalid text gives `""`, text patterns of `replace`
    /// are regular expressions.
    #[default]
    Strict,
    /// ECMAScript without `async`, `eval`, modules of others and the host.
    Relaxed,
}

/// APPSYNC_JS. One value serves one API: its resolvers share the engines, and nothing else.
#[derive(Debug)]
pub struct JavaScript {
    pool: Arc<Pool>,
}

impl JavaScript {
    /// A language with these bounds for each handler.
    pub fn new(dialect: Dialect, limits: Limits) -> Self {
        Self { pool: Arc::new(Pool::new(dialect, limits)) }
    }
}

impl Default for JavaScript {
    fn default() -> Self {
        Self::new(Dialect::default(), Limits::default())
    }
}

impl Language for JavaScript {
    fn compile(&self, source: &Source) -> Result<Arc<dyn Handlers>, CompileError> {
        self.loaded(Program::new(source, self.pool.dialect(), self.pool.limits())?)
    }

    fn compile_events(&self, source: &Source) -> Result<EventHandlers, CompileError> {
        let compile = |name| match Program::of_event(source, name, self.pool.dialect(), self.pool.limits())? {
            Some((program, Form::Function)) => self.loaded(program).map(EventHandler::Function).map(Some),
            Some((program, Form::Object)) => self.loaded(program).map(EventHandler::Object).map(Some),
            None => Ok(None),
        };
        let handlers = EventHandlers { on_publish: compile("onPublish")?, on_subscribe: compile("onSubscribe")? };
        if handlers.on_publish.is_none() && handlers.on_subscribe.is_none() {
            let message = "the code must export onPublish or onSubscribe".to_owned();
            return Err(CompileError::new(source.name.clone(), Problem::new(1, 1, message)));
        }
        Ok(handlers)
    }
}

impl JavaScript {
    /// The handlers of a program that an engine has taken.
    fn loaded(&self, program: Program) -> Result<Arc<dyn Handlers>, CompileError> {
        let mut engine = self.pool.checkout().map_err(|message| program.error_at(1, 1, message))?;
        engine.load(&program)?;
        self.pool.give_back(engine);
        Ok(Arc::new(Compiled { program, pool: Arc::clone(&self.pool) }))
    }
}

/// A program and where it runs.
#[derive(Debug)]
struct Compiled {
    program: Program,
    pool: Arc<Pool>,
}

impl Handlers for Compiled {
    fn invoke(&self, handler: Handler, context: &Context) -> Evaluation {
        let mut engine = match self.pool.checkout() {
            Ok(engine) => engine,
            Err(message) => return not_run(message, context),
        };
        let (evaluation, reusable) = engine.run(&self.program, handler, context);
        if reusable {
            self.pool.give_back(engine);
        }
        evaluation
    }
}

/// The evaluation of a handler for which there was no engine.
fn not_run(message: String, context: &Context) -> Evaluation {
    Evaluation {
        end: End::Raised(RaisedError { message, kind: Some(CODE.into()), data: None, info: None }),
        stash: context.stash.clone(),
        changed_arguments: None,
        appended_errors: Vec::new(),
        logs: Vec::new(),
        response_headers: Vec::new(),
        extensions: Vec::new(),
    }
}

/// `errorType` of a fault of the code.
const CODE: &str = "Code";
