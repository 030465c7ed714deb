//! Running handlers of Node.js and Python code: small programs of our own that load the handler and speak the Runtime
//! API, in the place of AWS's runtimes.

use std::{env, path::PathBuf};

use crate::Command;

/// What runs the code of a managed runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpreter {
    /// `nodejs20.x` ...
    Node,
    /// `python3.12` ...
    Python,
}

const NODE: &str = include_str!("node.mjs");
const PYTHON: &str = include_str!("python.py");

impl Interpreter {
    /// That of a runtime by AWS's identifier; `None` for runtimes that are not interpreted.
    pub fn of_runtime(runtime: &str) -> Option<Self> {
        match runtime {
            _ if runtime.starts_with("nodejs") => Some(Self::Node),
            _ if runtime.starts_with("python3") => Some(Self::Python),
            _ => None,
        }
    }

    /// The program's name on `PATH`.
    pub fn program(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Python => "python3",
        }
    }
}

/// The command that runs a handler with `interpreter`; `None` when it is not on `PATH`.
pub fn bootstrap(interpreter: Interpreter) -> Option<Command> {
    let program = on_path(interpreter.program())?;
    let arguments = match interpreter {
        Interpreter::Node => vec!["--enable-source-maps", "--input-type=module", "--eval", NODE],
        Interpreter::Python => vec!["-u", "-c", PYTHON],
    };
    Some(Command {
        program: program.to_string_lossy().into_owned(),
        arguments: arguments.into_iter().map(str::to_owned).collect(),
    })
}

fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}
