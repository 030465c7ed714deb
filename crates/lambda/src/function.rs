//! A function: its settings, and who runs it.

use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc};

use aws_protocol::BoxFuture;

use crate::{Error, Invocation, Outcome};

/// A function that can be invoked.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its name, unique.
    pub name: String,
    /// Who runs it.
    pub run: Run,
    /// How long one invocation may take, seconds.
    pub timeout_seconds: u32,
    /// What its environment says of its memory, MB. Nothing here enforces it.
    pub memory_megabytes: u32,
    /// `_HANDLER`.
    pub handler: String,
    /// Environment variables of its own, over those that every function has.
    pub environment: BTreeMap<String, String>,
    /// The folder its process runs in, `LAMBDA_TASK_ROOT`.
    pub folder: PathBuf,
    /// Its processes at once; further invocations wait.
    pub concurrency: usize,
}

/// Who runs a function.
#[derive(Clone)]
pub enum Run {
    /// A process that asks for events over the Lambda Runtime API and is kept.
    RuntimeApi(Command),
    /// A process for each event: the event on its standard input, the result on its standard output.
    Stdio(Command),
    /// A Lambda elsewhere.
    Elsewhere(Arc<dyn Elsewhere>),
    /// Nobody: what is missing, for the error of an invocation.
    Nobody(String),
}

/// A program and its arguments.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// Found on `PATH` unless it has a slash.
    pub program: String,
    /// As they are.
    pub arguments: Vec<String>,
}

/// Lambda on AWS, or anything that speaks its Invoke.
pub trait Elsewhere: Send + Sync + 'static {
    /// Invokes the function there.
    ///
    /// # Errors
    /// What it answers, as [`Error::Elsewhere`].
    fn invoke(&self, invocation: Invocation) -> BoxFuture<'_, Result<Outcome, Error>>;
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RuntimeApi(command) => write!(f, "RuntimeApi({})", command.program),
            Self::Stdio(command) => write!(f, "Stdio({})", command.program),
            Self::Elsewhere(_) => f.write_str("Elsewhere"),
            Self::Nobody(why) => write!(f, "Nobody({why})"),
        }
    }
}

impl fmt::Debug for Command {
    /// Without the arguments, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Command").field(&self.program).finish_non_exhaustive()
    }
}
