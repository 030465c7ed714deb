//! Amazon States Language, pure: no I/O, no clock, no randomness (seeds and times are arguments).
//!
//! [`Definition::parse`] turns a definition text into a typed tree in which every path, payload template, intrinsic
//! function call and choice rule is already compiled. An interpreter walks that tree and evaluates its fields against a
//! [`Scope`]; every evaluation is total and answers an [`EvaluationError`] that carries the text AWS prints.
//!
//! The language: <https://states-language.net/spec.html>, and the Step Functions developer guide for what AWS adds.

mod choice;
mod data;
mod data_flow;
mod definition;
mod diagnostic;
mod error;
pub mod graph;
mod intrinsic;
mod jsonata;
mod map;
mod number;
mod parse;
mod path;
mod resource;
mod retry;
mod scope;
mod state;
mod template;
mod timestamp;
mod wait;

pub use choice::{Choice, Chosen, Rule};
pub use data::{Data, DataError, MAX_DEPTH};
pub use data_flow::{PathField, ResultPath};
pub use definition::{Definition, Machine, MachineId, QueryLanguage, StateId};
pub use diagnostic::{Diagnostic, Severity};
pub use error::EvaluationError;
pub use map::{ItemBatcher, ItemReader, Map, ProcessorMode, ResultWriter};
pub use number::NumberField;
pub use path::{Path, PathSyntaxError, ReferencePath};
pub use retry::{Catcher, Jitter, Retrier};
pub use scope::{Context, Random, Scope, Variables};
pub use state::{Credentials, FailText, State, StateKind, Task, Transition};
pub use template::Template;
pub use wait::{Pause, Wait};
