//! The whole definition: one flat list of states and one flat list of state machines.
//!
//! Parallel branches and item processors are state machines of their own. All states of all of them lie in one list, so
//! a [`StateId`] alone says where an execution stands: it is small, copyable and stable for one definition text.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::state::State;

/// The language of a state's fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum QueryLanguage {
    /// Paths and intrinsic functions; the default.
    #[default]
    JSONPath,
    /// `{% expressions %}`.
    JSONata,
}

/// A state machine within a definition: the top level is the first, each branch and item processor has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MachineId(pub u32);

/// A state within a definition, nested ones included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StateId(pub u32);

/// A parsed and validated state machine definition.
#[derive(Debug, Clone)]
pub struct Definition {
    /// `Comment`.
    pub comment: Option<String>,
    /// `QueryLanguage` of the top level.
    pub query_language: QueryLanguage,
    /// `TimeoutSeconds` of the top level.
    pub timeout_seconds: Option<u64>,
    pub(crate) machines: Vec<Machine>,
    pub(crate) states: Vec<State>,
}

/// The top level, a Parallel branch or an item processor.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Where it begins.
    pub start_at: StateId,
    /// Its own states in the order of the text; states nested deeper are not among them.
    pub states: Vec<StateId>,
    /// The Parallel or Map state that holds it; `None` at the top level.
    pub parent: Option<StateId>,
}

impl Definition {
    /// Parses and validates a definition text; the errors are in the order AWS reports them.
    pub fn parse(text: &str) -> Result<Self, Vec<Diagnostic>> {
        crate::parse::parse(text)
    }

    /// Parses one state alone, as TestState takes it. It becomes the start of a machine; the states it leads to are not
    /// checked and end that machine.
    pub fn parse_state(text: &str) -> Result<Self, Vec<Diagnostic>> {
        crate::parse::parse_state(text)
    }

    /// The top level.
    pub fn top(&self) -> MachineId {
        MachineId(0)
    }

    /// A machine of this definition. Panics on an id of another definition.
    pub fn machine(&self, id: MachineId) -> &Machine {
        &self.machines[id.0 as usize]
    }

    /// All machines, in the order of the text: each after the one that holds it.
    pub fn machines(&self) -> impl ExactSizeIterator<Item = MachineId> + use<> {
        // Their number was a u32 when they were given their ids.
        (0..self.machines.len()).map(|index| MachineId(index as u32))
    }

    /// A state of this definition. Panics on an id of another definition.
    pub fn state(&self, id: StateId) -> &State {
        &self.states[id.0 as usize]
    }

    /// Every state, nested ones included: the states of a machine lie together, those of nested machines after them.
    pub fn states(&self) -> impl Iterator<Item = &State> {
        self.states.iter()
    }

    /// The state with this name; names are unique over the whole definition.
    pub fn state_named(&self, name: &str) -> Option<&State> {
        self.states.iter().find(|state| &*state.name == name)
    }

    /// The names of the variables that each state reads, sorted, without the states that read none: the
    /// `variableReferences` of DescribeStateMachine.
    pub fn variable_references(&self) -> BTreeMap<Arc<str>, Vec<Arc<str>>> {
        let reading = self.states.iter().filter(|state| !state.variables.is_empty());
        reading.map(|state| (state.name.clone(), state.variables.clone())).collect()
    }

    /// The first state of an execution.
    pub fn start(&self) -> &State {
        self.state(self.machine(self.top()).start_at)
    }
}

impl State {
    /// `Type` as written in the definition, also the stem of the history events' names.
    pub fn type_name(&self) -> &'static str {
        self.kind.type_name()
    }

    /// The name, cheap to clone.
    pub fn name(&self) -> Arc<str> {
        self.name.clone()
    }
}
