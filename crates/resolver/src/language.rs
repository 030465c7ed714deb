//! What resolvers and functions are written in, and what becomes of it: the interface of the languages.

use std::sync::Arc;

use crate::{Context, Evaluation};

/// A JavaScript runtime: compiles a source once, for many invocations.
pub trait Language: Send + Sync + 'static {
    /// Compiles `source`, checking that it has what a resolver or function needs.
    ///
    /// # Errors
    /// What is wrong with the code, with positions.
    fn compile(&self, source: &Source) -> Result<Arc<dyn Handlers>, CompileError>;

    /// Compiles the code of a channel namespace of an Event API.
    ///
    /// # Errors
    /// What is wrong with the code, with positions; that this language has no such handlers.
    fn compile_events(&self, source: &Source) -> Result<EventHandlers, CompileError> {
        let message = "event handlers are not supported by this language".to_owned();
        Err(CompileError::new(source.name.clone(), Problem::new(1, 1, message)))
    }
}

/// The handlers of a channel namespace ("Process real-time events with AWS AppSync event handlers", Events guide).
#[derive(Clone, Default)]
pub struct EventHandlers {
    /// `onPublish`.
    pub on_publish: Option<EventHandler>,
    /// `onSubscribe`.
    pub on_subscribe: Option<EventHandler>,
}

/// One of them. Its contexts have an [`EventContext`](crate::EventContext).
#[derive(Clone)]
pub enum EventHandler {
    /// A function: the [`Handler::Request`] of these, which have no other.
    Function(Arc<dyn Handlers>),
    /// An object with `request` and `response`, for before and after a data source.
    Object(Arc<dyn Handlers>),
}

/// A compiled resolver or function: its `request` and `response` handlers.
pub trait Handlers: Send + Sync + 'static {
    /// Whose rules hold around the handlers.
    fn runtime(&self) -> Runtime {
        Runtime::JavaScript
    }

    /// Runs one handler. Blocks for at most [`Limits::time`](crate::Limits::time).
    fn invoke(&self, handler: Handler, context: &Context) -> Evaluation;
}

/// The code of one resolver or function, in its language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// `APPSYNC_JS`.
    JavaScript(Source),
    /// VTL.
    Templates(Templates),
}

/// Mapping templates: what becomes the request, and what becomes the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates {
    /// `RequestMappingTemplate`; before the functions of a pipeline.
    pub request: Source,
    /// `ResponseMappingTemplate`; after the functions of a pipeline.
    pub response: Source,
}

/// Whose rules hold around handlers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// `APPSYNC_JS`: the response handler always runs, and raises errors itself.
    JavaScript,
    /// Mapping templates: the `version` of the request document decides.
    Templates,
}

impl From<Source> for Code {
    fn from(source: Source) -> Self {
        Self::JavaScript(source)
    }
}

/// A text, and where it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// For messages: the path as the template gives it, for example `../resolvers/Query.order.js`.
    pub name: String,
    /// JavaScript, TypeScript where the name ends in `.ts`, a mapping template, or SDL.
    pub code: String,
}

/// Which of the two handlers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Handler {
    /// Makes the data-source request.
    Request,
    /// Makes the result.
    Response,
}

/// Code that does not compile, or lacks a handler.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}:{first}")]
pub struct CompileError {
    /// [`Source::name`].
    pub name: String,
    /// The first in the order of the source.
    pub first: Problem,
    /// What else is wrong, in the order of the source; with the first at most [`Problem::MOST`].
    pub others: Vec<Problem>,
}

impl CompileError {
    /// One problem alone.
    pub fn new(name: impl Into<String>, first: Problem) -> Self {
        Self { name: name.into(), first, others: Vec::new() }
    }

    /// All that is wrong, in the order of the source.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

/// Something wrong at a place in a source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct Problem {
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
    /// Length of the offending piece, characters, line breaks among them; `None` where only its beginning is known.
    pub span: Option<u32>,
    /// Whether the language has no such construct, or the code is not right otherwise.
    pub kind: ProblemKind,
    /// What is wrong.
    pub message: String,
}

/// What sort of mistake a [`Problem`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// The code cannot be read, or lacks what it must have.
    Code,
    /// Right elsewhere, but not part of the dialect.
    Unsupported,
}

impl Problem {
    /// How many problems of one source are told; what is wrong after that is not reported.
    pub const MOST: usize = 100;

    /// A mistake of which the beginning is known.
    pub fn new(line: u32, column: u32, message: impl Into<String>) -> Self {
        Self { line, column, span: None, kind: ProblemKind::Code, message: message.into() }
    }
}
