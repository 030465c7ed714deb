//! TestState: one state of a definition, tried alone.
//!
//! The interpreter does the work, on an [`Execution`](crate::interpreter::Execution) made for one state. Here is what
//! surrounds it:
//!
//! * `mock` checks what stands in for the work of the state, `model` what AWS's services answer;
//! * `context_object` checks a context object that the caller brings;
//! * `drive` leads the trial from its start to its end, by the mock or by calling the service;
//! * `answer` tells the caller what was seen.
//!
//! Nothing of a trial is stored.

mod answer;
mod context_object;
mod drive;
mod mock;
mod model;

pub(crate) use answer::answer;
pub(crate) use context_object::check as check_context;
pub(crate) use drive::{Trial, run};
pub(crate) use mock::{GivenMock, Strictness, check_unmocked};
