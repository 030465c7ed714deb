//! Forks: executions that begin in a later state than their definition does, with the input and the variables that another
//! execution had there.

use std::sync::Arc;

use asl::{Data, Definition, StateId, StateKind, Variables};

use super::{Execution, ExecutionIdentity};
use crate::history::ForkPoint;

/// Where a fork begins, and with what.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Where it comes from; its ExecutionStarted event says so.
    pub from: ForkPoint,
    /// A state of the top level.
    pub state: StateId,
    /// The input of that state. The identity holds the execution's own.
    pub input: Data,
    /// The variables that the state may read.
    pub variables: Variables,
}

impl Execution {
    /// A fork. [`Stimulus::Started`](super::Stimulus::Started) begins it, and from there it is an execution like any other.
    pub fn forked(definition: Arc<Definition>, identity: ExecutionIdentity, origin: Origin) -> Self {
        let mut execution = Self::new(definition, identity);
        execution.origin = Some(Arc::new(origin));
        execution
    }

    /// Where it was forked from.
    pub(super) fn forked_from(&self) -> Option<ForkPoint> {
        self.origin.as_ref().map(|origin| origin.from.clone())
    }

    /// The state that comes first, and the variables it may read.
    pub(super) fn first(&self) -> (StateId, Variables) {
        match (&self.trial, &self.origin) {
            (Some(trial), _) => (trial.setting.state, trial.setting.variables.clone()),
            (None, Some(origin)) => (origin.state, origin.variables.clone()),
            (None, None) => (self.start(), Variables::new()),
        }
    }

    /// Where it begins: in a child of a distributed Map, at the start of the Map's `ItemProcessor`.
    fn start(&self) -> StateId {
        let map = self.identity.map_state.as_deref().and_then(|name| self.definition.state_named(name));
        match map.map(|state| &state.kind) {
            Some(StateKind::Map(map)) => self.definition.machine(map.processor).start_at,
            _ => self.definition.start().id,
        }
    }

    /// What the first state is entered with, or why the execution's input is no data.
    pub(super) fn first_input(&self) -> Result<Data, String> {
        match &self.origin {
            Some(origin) => Ok(origin.input.clone()),
            None => self.input.clone(),
        }
    }
}
