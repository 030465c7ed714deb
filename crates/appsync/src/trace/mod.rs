//! What happened in a request: its resolvers with their handlers and data sources, with values and times.
//!
//! [`Traces`] is the one way out: each [`Sink`] gets every finished [`RequestTrace`]. [`Ring`] is a sink that keeps the
//! newest. While a request runs, values are shared or copied within bounds and nothing is formatted; secrets are masked
//! when a trace is read, never before.

mod allowance;
mod capture;
mod ending;
mod executions;
mod mask;
mod mask_text;
mod record;
mod recorder;
mod ring;
mod runs;
mod sinks;
mod steps;

pub use capture::Captured;
pub use record::{
    CallTrace, End, ErrorTrace, FieldTrace, HandlerTrace, Label, Published, RequestTrace, ResolverKind, StepTrace,
};
pub(crate) use recorder::Recorder;
pub use ring::Ring;
pub(crate) use runs::Place;
pub use sinks::{Detail, FieldLogLevel, Sink, Traces};
pub(crate) use steps::{Notes, Steps};
