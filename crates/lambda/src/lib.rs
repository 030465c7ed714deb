//! AWS Lambda, as far as applications meet it: the operation `Invoke`, and who answers it.
//!
//! ```text
//! Invoke -> name -> function -> runtime_api: a warm process that asks for its events (bootstrap: ours for Node and Python)
//!                               stdio: a process for each event
//!                               Elsewhere: AWS, or an endpoint that speaks Lambda's Invoke
//! ```
//! Functions are told once, at start; nothing is deployed, packed or isolated here. A function's process has the rights
//! of whoever runs stepwell.

mod asynchronous;
mod bootstrap;
mod environment;
mod error;
mod function;
mod invocation;
mod invoke;
mod limits;
mod log_tail;
mod name;
mod process;
mod runtime_api;
mod service;
mod stdio;

pub use bootstrap::{Interpreter, bootstrap};
pub use error::Error;
pub use function::{Command, Elsewhere, Function, Run};
pub use invocation::{Invocation, InvocationType, Outcome};
pub use limits::{ASYNCHRONOUS_PAYLOAD_BYTES, DEFAULT_CONCURRENCY, DEFAULT_TIMEOUT_SECONDS, PAYLOAD_BYTES};
pub use service::{Config, Lambda};
