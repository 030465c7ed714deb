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
        Err(CompileError { name: source.name.clone(), line: 1, column: 1, message })
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
#[error("{name}:{line}:{column}: {message}")]
pub struct CompileError {
    /// [`Source::name`].
    pub name: String,
    /// 1-based.
    pub line: u32,
    /// 1-based.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}
