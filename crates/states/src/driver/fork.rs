//! Forks: a start in the middle. The history of the original says what the state was entered with, and with which
//! variables; both are kept in the row of the fork, which then needs the original no more.
//!
//! A fork goes back to a state of the top level. Inside a Map or Parallel state there is no way on from a single branch:
//! what the whole state gives is made of the outputs of all branches, and those that ran in the original may no longer fit
//! an edited input. So a state in there is refused with the name of the state to fork from. (The branches that failed can
//! be done again alone: that is RedriveExecution.)

use std::{collections::BTreeMap, sync::Arc};

use asl::{Data, Definition, State};

use super::start::{Start, Target};
use crate::{
    Error, Fork,
    arn::{self, Resource},
    engine::Shared,
    history::{EventDetails, ForkPoint, HistoryEvent},
    interpreter, layout,
    operations::json_text,
    records::{ExecutionRow, MachineType, Origin},
};

/// AWS's longest name of an execution, characters.
const MAX_NAME: usize = 80;
/// How alike two names are that may be meant for each other, 0 to 1 (Jaro-Winkler).
const ALIKE: f64 = 0.8;
/// How many names of states an error lists.
const MAX_LISTED: usize = 10;

impl Shared {
    /// Starts a fork; answers its row once the start is durable.
    ///
    /// # Errors
    /// As [`crate::Engine::fork`].
    pub(crate) async fn fork(self: &Arc<Self>, fork: Fork) -> Result<ExecutionRow, Error> {
        if let Some(name) = &fork.name {
            check_name(name)?;
        }
        if let Some(input) = &fork.input {
            json_text::check_size("input", input, self.limits.bounds.payload_bytes)?;
            json_text::check(input).map_err(Error::InvalidExecutionInput)?;
        }
        let original = self.kept_execution(&fork.execution_arn)?;
        if let Some(child) = &original.child {
            let reason = format!("it is a child of a distributed Map: fork its parent {}", child.parent);
            return Err(Error::ExecutionNotForkable(reason));
        }
        let target = self.fork_target(&original, fork.current_definition)?;
        let definition = self.catalog.definition(&target.machine.definition)?;
        top_level(&definition, &target.machine.name, &fork.state)?;
        // Reading and decoding a long history takes a while.
        let (shared, row, state) = (self.clone(), original.clone(), fork.state.clone());
        let found = tokio::task::spawn_blocking(move || shared.find_state(&row, &state)).await;
        let found = found.map_err(|_| Error::ShutDown)??;
        let start = start(original, target, fork, found)?;
        Ok(self.start(start).await?.1)
    }

    /// The execution that an ARN names, whose history is to be read.
    ///
    /// # Errors
    /// `ExecutionNotKept`, `InvalidArn`, `ExecutionDoesNotExist`, or a store that fails.
    pub(crate) fn kept_execution(&self, arn: &str) -> Result<ExecutionRow, Error> {
        if matches!(Resource::parse(arn)?, Resource::Other(kind) if kind == "express") {
            return Err(Error::ExecutionNotKept);
        }
        arn::check_execution(arn)?;
        let row = layout::get(&*self.store, layout::EXECUTIONS, arn.as_bytes())?;
        row.ok_or_else(|| Error::ExecutionDoesNotExist(arn.to_owned()))
    }

    /// What the fork runs: what the original ran, or what its state machine is now.
    fn fork_target(&self, original: &ExecutionRow, current_definition: bool) -> Result<Target, Error> {
        let machine = &original.machine;
        let now = self.catalog.active_machine(&machine.name, &machine.arn)?;
        if now.kind != MachineType::Standard {
            return Err(Error::StateMachineTypeNotSupported);
        }
        if current_definition {
            return Ok(Target { machine: (&*now).into(), version_arn: None, alias_arn: None });
        }
        if now.id != machine.id {
            let reason = "its state machine was deleted and made anew; fork it with the current definition";
            return Err(Error::ExecutionNotForkable(reason.to_owned()));
        }
        let (version_arn, alias_arn) = (original.version_arn.clone(), original.alias_arn.clone());
        Ok(Target { machine: machine.clone(), version_arn, alias_arn })
    }

    /// Searches the original's history for a state of its top level.
    fn find_state(&self, original: &ExecutionRow, state: &str) -> Result<Search, Error> {
        let definition = self.catalog.definition(&original.machine.definition)?;
        let mut search = Search::new(original.origin.as_deref());
        layout::for_each_step(&*self.store, original.id, |_, record| {
            for event in record.events {
                search.see(&definition, state, event);
            }
            Ok(())
        })?;
        Ok(search)
    }
}

/// What a history says of one state of the top level, read event by event.
struct Search {
    variables: Arc<BTreeMap<Arc<str>, Arc<str>>>,
    found: Option<Entry>,
    is_first: bool,
}

/// The last time that the state was entered.
struct Entry {
    event_id: u64,
    input: Arc<str>,
    variables: Arc<BTreeMap<Arc<str>, Arc<str>>>,
    /// Whether the execution began with it.
    is_first: bool,
}

impl Search {
    fn new(origin: Option<&Origin>) -> Self {
        let variables = origin.map(|origin| origin.variables.clone()).unwrap_or_default();
        Self { variables, found: None, is_first: true }
    }

    fn see(&mut self, definition: &Definition, wanted: &str, event: HistoryEvent) {
        let is_top = |name: &str| definition.state_named(name).is_some_and(|state| state.machine == definition.top());
        match event.details {
            EventDetails::StateEntered { name, input, .. } => {
                let is_first = std::mem::take(&mut self.is_first);
                if &*name == wanted && is_top(&name) {
                    let variables = self.variables.clone();
                    self.found = Some(Entry { event_id: event.id, input, variables, is_first });
                }
            }
            // What is assigned in a branch or an iteration is not seen outside of it.
            EventDetails::StateExited { name, assigned_variables, .. }
                if !assigned_variables.is_empty() && is_top(&name) =>
            {
                Arc::make_mut(&mut self.variables).extend(assigned_variables);
            }
            _ => {}
        }
    }
}

/// The fork's start. Its own input, which `$$.Execution.Input` shows, is that of the original, so that states further on
/// find what they found there; only a fork that begins where the original began takes the edited one.
fn start(original: ExecutionRow, target: Target, fork: Fork, search: Search) -> Result<Start, Error> {
    let Fork { state, input: edited, name, .. } = fork;
    let never =
        || format!("the execution never entered '{state}', so there is no input to go back to: give the fork an input");
    let is_first = search.found.as_ref().is_some_and(|entry| entry.is_first) && original.origin.is_none();
    let edited: Option<Arc<str>> = edited.map(Arc::from);
    let own_input = edited.clone().filter(|_| is_first).unwrap_or_else(|| original.input.clone());
    let (event_id, input, variables) = match (search.found, edited) {
        (Some(entry), edited) => (Some(entry.event_id), edited.unwrap_or(entry.input), entry.variables),
        (None, Some(edited)) => (None, edited, search.variables),
        (None, None) => return Err(Error::ExecutionNotForkable(never())),
    };
    let from = ForkPoint { execution_arn: original.arn, state: state.into(), event_id };
    let origin = Some(Arc::new(Origin { from, input, variables }));
    Ok(Start { target, name, input: own_input, trace_header: original.trace_header, origin })
}

/// A stored origin as the interpreter takes it.
///
/// # Errors
/// `Corrupt`: everything in it was checked before it was stored.
pub(super) fn read_origin(
    definition: &Definition,
    row: &ExecutionRow,
    origin: &Origin,
) -> Result<interpreter::Origin, Error> {
    let corrupt = |cause: String| Error::Corrupt { what: format!("the origin of {}", row.arn), cause };
    let data = |text: &Arc<str>| Data::parse(text.clone()).map_err(|error| corrupt(error.to_string()));
    let state = definition.state_named(&origin.from.state).ok_or_else(|| corrupt("no such state".to_owned()))?;
    let variables = origin.variables.iter().map(|(name, text)| Ok((name.clone(), data(text)?)));
    Ok(interpreter::Origin {
        from: origin.from.clone(),
        state: state.id,
        input: data(&origin.input)?,
        variables: variables.collect::<Result<_, Error>>()?,
    })
}

fn check_name(name: &str) -> Result<(), Error> {
    if name.is_empty() || name.chars().count() > MAX_NAME {
        return Err(Error::InvalidName(name.chars().take(MAX_NAME).collect()));
    }
    arn::check_name(name)
}

/// Checks that a state is there and belongs to the top level.
fn top_level(definition: &Definition, machine: &str, name: &str) -> Result<(), Error> {
    let Some(state) = definition.state_named(name) else {
        return Err(Error::StateDoesNotExist(unknown(definition, machine, name)));
    };
    match container(definition, state) {
        None => Ok(()),
        Some(outer) => Err(Error::ExecutionNotForkable(format!(
            "the state '{name}' is inside of the {} state '{}': fork from '{}'",
            outer.type_name(),
            outer.name,
            outer.name
        ))),
    }
}

/// The state of the top level that a state is inside of.
fn container<'a>(definition: &'a Definition, state: &State) -> Option<&'a State> {
    let mut outer = None;
    let mut parent = definition.machine(state.machine).parent;
    while let Some(id) = parent {
        let holder = definition.state(id);
        outer = Some(holder);
        parent = definition.machine(holder.machine).parent;
    }
    outer
}

/// Says that there is no such state, and which ones may be meant.
fn unknown(definition: &Definition, machine: &str, name: &str) -> String {
    let shown: String = name.chars().take(MAX_NAME).collect();
    let wanted = shown.to_lowercase();
    let top: Vec<&str> =
        definition.machine(definition.top()).states.iter().map(|id| &*definition.state(*id).name).collect();
    let mut close: Vec<(f64, &str)> =
        top.iter().map(|known| (strsim::jaro_winkler(&wanted, &known.to_lowercase()), *known)).collect();
    close.retain(|(alike, _)| *alike >= ALIKE);
    close.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let quoted = |names: &[&str]| {
        let quoted: Vec<String> = names.iter().take(MAX_LISTED).map(|name| format!("'{name}'")).collect();
        let more = if names.len() > MAX_LISTED { " ..." } else { "" };
        format!("{}{more}", quoted.join(", "))
    };
    let close: Vec<&str> = close.into_iter().map(|(_, name)| name).collect();
    let hint = if close.is_empty() {
        format!("its states are {}", quoted(&top))
    } else {
        format!("did you mean {}?", quoted(&close))
    };
    format!("the state machine '{machine}' has no state '{shown}'; {hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition() -> Definition {
        let text = r#"{ "StartAt": "Reserve", "States": {
            "Reserve": { "Type": "Pass", "Next": "Each" },
            "Each": { "Type": "Map", "Next": "Charge", "ItemProcessor": { "StartAt": "Both", "States": { "Both": {
                "Type": "Parallel", "End": true, "Branches": [
                    { "StartAt": "Deep", "States": { "Deep": { "Type": "Pass", "End": true } } }] } } } },
            "Charge": { "Type": "Pass", "End": true } } }"#;
        Definition::parse(text).expect("valid")
    }

    #[test]
    fn a_fork_begins_in_a_state_of_the_top_level() {
        let cases = [
            ("Reserve", None),
            ("Each", None),
            ("Deep", Some("the state 'Deep' is inside of the Map state 'Each': fork from 'Each'")),
            ("Both", Some("the state 'Both' is inside of the Map state 'Each': fork from 'Each'")),
            ("chrage", Some("the state machine 'm' has no state 'chrage'; did you mean 'Charge'?")),
            ("xyz", Some("the state machine 'm' has no state 'xyz'; its states are 'Reserve', 'Each', 'Charge'")),
        ];
        for (name, refused) in cases {
            let found = top_level(&definition(), "m", name).map_err(|error| error.to_string());
            assert_eq!(found.err().as_deref(), refused, "{name}");
        }
    }
}
