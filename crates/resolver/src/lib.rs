//! Resolver languages: APPSYNC_JS on QuickJS and VTL mapping templates, without I/O and inside time, memory and depth
//! limits.
//!
//! [`util`] is implemented once, in Rust, for both languages. What compiles gives [`Handlers`]. The interface of
//! JavaScript is [`Language`], so a faster runtime can replace QuickJS ([`javascript`]); templates are [`vtl`].

mod context;
mod deadline;
mod evaluation;
pub mod javascript;
mod language;
mod limits;
pub mod util;
pub mod vtl;

pub use context::{Context, ContextError, EventContext, Info, Request};
pub use evaluation::{End, Evaluation, RaisedError};
pub use language::{
    Code, CompileError, EventHandler, EventHandlers, Handler, Handlers, Language, Problem, ProblemKind, Runtime,
    Source, Templates,
};
pub use limits::Limits;
