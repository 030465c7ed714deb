//! A state machine: the top level, a branch, or an item processor.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::fields::Fields;
use super::{MISSING_TARGET, Parser, SCHEMA};
use crate::definition::{Machine, MachineId, QueryLanguage, StateId};
use crate::state::{State, StateKind, Transition};

/// AWS's limit on the length of a state's name, in characters.
const MAX_NAME: usize = 80;

/// The states that a transition may lead to: those of the same machine.
pub(super) struct Targets<'a> {
    pub(super) machine: MachineId,
    ids: HashMap<&'a str, StateId>,
}

impl Targets<'_> {
    pub(super) fn id_of(&self, name: &str) -> Option<&StateId> {
        self.ids.get(name)
    }
}

impl Parser {
    pub(super) fn machine(
        &mut self,
        fields: &Fields<'_>,
        query_language: QueryLanguage,
        parent: Option<StateId>,
    ) -> MachineId {
        let id = MachineId(u32::try_from(self.machines.len()).expect("a definition of 1 MiB holds fewer machines"));
        self.machines.push(None);
        if !self.require(fields, &["States", "StartAt"]) {
            return id;
        }
        let Some(states) = self.object(fields, "States") else {
            return id;
        };
        if states.members.is_empty() {
            self.report(&states.location, SCHEMA, "Value cannot be empty");
        }
        let targets = Targets { machine: id, ids: self.allocate(&states) };
        for (name, value) in states.members.iter().filter(|(name, _)| is_valid_name(name)) {
            let location = states.at(name);
            match value.as_object() {
                Some(members) => {
                    let fields = Fields::new(members, location, query_language);
                    let state = self.state(name, &fields, &targets);
                    self.states[targets.ids[name.as_str()].0 as usize] = state;
                }
                None => drop(self.expected::<()>(&location, "object")),
            }
        }
        let start_at = self.target(fields, "StartAt", &targets);
        if let Some(start_at) = start_at {
            let ids: Vec<StateId> = states.members.keys().map(|name| targets.ids[name.as_str()]).collect();
            self.reachability(start_at, &ids, &states);
            self.machines[id.0 as usize] = Some(Machine { start_at, states: ids, parent });
        }
        id
    }

    /// A branch or an item processor, whose states speak the language of the whole definition unless it or they say
    /// otherwise: that of the state which holds it does not count (recorded on AWS).
    pub(super) fn nested_machine(&mut self, fields: &Fields<'_>, parent: StateId) -> MachineId {
        let outer = self.machine_language;
        let query_language = self.query_language(fields, outer);
        self.machine_language = query_language;
        let id = self.machine(fields, query_language, Some(parent));
        self.machine_language = outer;
        id
    }

    /// Gives each state its id and checks its name.
    fn allocate<'a>(&mut self, states: &Fields<'a>) -> HashMap<&'a str, StateId> {
        let mut ids = HashMap::new();
        for name in states.members.keys() {
            let id = StateId(u32::try_from(self.states.len()).expect("a definition of 1 MiB holds fewer states"));
            self.states.push(None);
            ids.insert(name.as_str(), id);
            if !is_valid_name(name) {
                let message = format!("State name must have between 1 and {MAX_NAME} characters");
                self.report(&states.at(name), SCHEMA, message);
            }
            if !self.names.insert(Arc::from(name.as_str())) {
                self.report(&states.at(name), "DUPLICATE_STATE_NAME", format!("Duplicate state name: {name}"));
            }
        }
        ids
    }

    /// The state that a field names.
    pub(super) fn target(&mut self, fields: &Fields<'_>, name: &str, targets: &Targets<'_>) -> Option<StateId> {
        let target = self.string(fields, name)?;
        let id = targets.ids.get(target).copied();
        if id.is_none() {
            self.report(&fields.at(name), MISSING_TARGET, format!("Missing '{name}' target: {target}"));
        }
        id
    }

    /// Reports the states that no transition leads to.
    fn reachability(&mut self, start_at: StateId, ids: &[StateId], states: &Fields<'_>) {
        let mut reached = HashSet::new();
        let mut pending = vec![start_at];
        while let Some(id) = pending.pop() {
            if !reached.insert(id) {
                continue;
            }
            match &self.states[id.0 as usize] {
                Some(state) => successors(state, &mut pending),
                // A state with findings of its own may lead anywhere.
                None => return,
            }
        }
        for (id, name) in ids.iter().zip(states.members.keys()) {
            if !reached.contains(id) {
                self.report(&states.at(name), MISSING_TARGET, format!("State \"{name}\" is not reachable."));
            }
        }
    }
}

fn is_valid_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.chars().count())
}

fn successors(state: &State, found: &mut Vec<StateId>) {
    if let Some(Transition::Next(next)) = state.transition {
        found.push(next);
    }
    found.extend(state.catch.iter().map(|catcher| catcher.next));
    if let StateKind::Choice(choice) = &state.kind {
        found.extend(choice.rules.iter().map(|rule| rule.next));
        found.extend(choice.default);
    }
}
