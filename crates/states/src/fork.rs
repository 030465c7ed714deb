//! Forks: going back to a state of an execution and trying again from there, as a new execution.
//!
//! Not of AWS: the operator's API and the command line offer it. The answers of AWS's own operations stay as they are; a
//! fork is to them an execution like any other.

use std::sync::Arc;

use clock::Timestamp;

use crate::{Engine, Error, arn, history::ForkPoint, layout, records::ExecutionRow};

/// Which execution to go back to, and how to go on from there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fork {
    /// The execution, running or ended; it stays as it is.
    pub execution_arn: String,
    /// A state of the top level.
    pub state: String,
    /// What the state is entered with (JSON text); what it was entered with last, if absent.
    pub input: Option<String>,
    /// The new execution's name; a UUID if absent.
    pub name: Option<String>,
    /// Run the state machine's definition of now, in the place of the one that the execution ran.
    pub current_definition: bool,
}

/// A fork that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forked {
    /// The new execution.
    pub execution_arn: Arc<str>,
    /// When it started.
    pub started: Timestamp,
}

/// Where a fork comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForkedFrom {
    /// The place in the history of the other execution.
    pub point: ForkPoint,
    /// What the state was entered with in the fork (JSON text).
    pub input: Arc<str>,
}

impl Engine {
    /// Starts a new execution in a state of another one, with that state's input or an edited one; answers once the start is
    /// durable.
    ///
    /// The variables are those that the state had when it was entered last. A state that was never entered needs an input,
    /// and gets the variables of the top level as they were last. The context object is the new execution's, with its own
    /// `Id`, `Name` and `StartTime`; `Execution.Input` is that of the original, save where the fork begins with the state
    /// and the input that the original began with: there it is the edited input.
    ///
    /// # Errors
    /// `StateDoesNotExist`; `ExecutionNotForkable` for a state inside of a Map or Parallel state or an input that is
    /// missing; `ExecutionNotKept` for an Express execution; `InvalidExecutionInput`, `Validation`, `InvalidName`, `InvalidArn`, `ExecutionDoesNotExist`,
    /// `ExecutionAlreadyExists`, `StateMachineDoesNotExist`, `ExecutionLimitExceeded`, or a store that fails.
    pub async fn fork(&self, fork: Fork) -> Result<Forked, Error> {
        let row = self.shared.fork(fork).await?;
        Ok(Forked { execution_arn: row.arn, started: row.started })
    }

    /// Where an execution was forked from; `None` if it began where its definition begins.
    ///
    /// # Errors
    /// `InvalidArn`, `ExecutionDoesNotExist`, or a store that fails.
    pub fn forked_from(&self, execution_arn: &str) -> Result<Option<ForkedFrom>, Error> {
        arn::check_execution(execution_arn)?;
        let store = &*self.shared.store;
        let row: Option<ExecutionRow> = layout::get(store, layout::EXECUTIONS, execution_arn.as_bytes())?;
        let row = row.ok_or_else(|| Error::ExecutionDoesNotExist(execution_arn.to_owned()))?;
        let forked_from = |origin: &crate::records::Origin| {
            let (point, input) = (origin.from.clone(), origin.input.clone());
            ForkedFrom { point, input }
        };
        Ok(row.origin.as_deref().map(forked_from))
    }
}
