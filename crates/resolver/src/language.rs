//! The interface of a resolver language, so that a faster runtime can replace QuickJS.

use std::sync::Arc;

use crate::{Context, Evaluation};

/// A resolver language: compiles a source once, for many invocations.
pub trait Language: Send + Sync + 'static {
    /// Compiles `source`, checking that it has what a resolver or function needs.
    ///
    /// # Errors
    /// What is wrong with the code, with positions.
    fn compile(&self, source: &Source) -> Result<Arc<dyn Handlers>, CompileError>;
}

/// A compiled resolver or function: its `request` and `response` handlers.
pub trait Handlers: Send + Sync + 'static {
    /// Runs one handler. Blocks for at most [`Limits::time`].
    fn invoke(&self, handler: Handler, context: &Context) -> Evaluation;
}

/// The code of one resolver or function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// For messages: the path as the template gives it, for example `../resolvers/Query.order.js`.
    pub name: String,
    /// JavaScript, or TypeScript where the name ends in `.ts`.
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
