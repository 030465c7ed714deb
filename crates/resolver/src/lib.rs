//! Resolver languages: APPSYNC_JS on QuickJS (and, later, VTL), without I/O and inside time, memory and depth limits.
//!
//! [`util`] is implemented once, in Rust, for both languages. The interface is [`Language`], so a faster runtime can
//! replace QuickJS ([`javascript`]).

mod context;
mod evaluation;
pub mod javascript;
mod language;
mod limits;
pub mod util;

pub use context::{Context, ContextError, Info, Request};
pub use evaluation::{End, Evaluation, RaisedError};
pub use language::{CompileError, Handler, Handlers, Language, Source};
pub use limits::Limits;
