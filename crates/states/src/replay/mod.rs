//! Replays of a recorded execution under another definition: where would the two part?
//!
//! Pure: the recorded steps go through [`decide`](crate::interpreter::decide) twice. The first time, under the definition
//! that the execution ran, tells what each step answered (`recording`). The second time is under the other definition
//! (`rerun`): tasks get the answers that the recorded run gave to the same state at the same occurrence, timers fire at
//! their time, and nothing is called. The two histories are compared event by event (`report`). Times do not count: they are
//! those of the recording, moved along where the other definition waits longer or shorter.

mod key;
mod recording;
mod report;
mod rerun;

use std::sync::Arc;

use asl::{Definition, StateKind};

use crate::{
    Engine, Error,
    driver::unstarted,
    engine::Shared,
    interpreter::Execution,
    layout,
    operations::json_text,
    records::{ExecutionRow, StepRecord},
};

pub use report::{Difference, Replay, Shown, Side, Unanswered};

/// How much of a recording is held in memory, bytes as stored.
const MAX_RECORDED_BYTES: usize = 64 << 20;
/// How many events more than the recording has a replay may give, whatever the execution's own limit is.
const MAX_FURTHER_EVENTS: u64 = 25_000;

impl Engine {
    /// Replays an execution, ended or as far as it has come, under a definition (the text of one), or under the definition
    /// that its state machine has now.
    ///
    /// # Errors
    /// `InvalidDefinition`; `StateMachineDoesNotExist` if there is no definition of now; `StateDoesNotExist` for a fork that
    /// began in a state which the definition does not have; `HistoryTooLarge`, `ExecutionNotKept`, `ExecutionDoesNotExist`,
    /// `InvalidArn`, or a store that fails.
    pub async fn replay(&self, execution_arn: &str, definition: Option<&str>) -> Result<Replay, Error> {
        let row = self.shared.kept_execution(execution_arn)?;
        let definition = match definition {
            Some(text) => self.shared.given_definition(text)?,
            None => self.shared.current_definition(&row)?,
        };
        // A long history takes a while.
        let shared = self.shared.clone();
        let replayed = tokio::task::spawn_blocking(move || shared.replay_under(&row, definition)).await;
        replayed.map_err(|_| Error::ShutDown)?
    }
}

impl Shared {
    fn given_definition(&self, text: &str) -> Result<Arc<Definition>, Error> {
        json_text::check_size("definition", text, self.limits.definition_bytes)?;
        let texts = |diagnostics: Vec<asl::Diagnostic>| {
            let texts: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
            Error::InvalidDefinition(texts.join(", "))
        };
        Definition::parse(text).map(Arc::new).map_err(texts)
    }

    fn current_definition(&self, row: &ExecutionRow) -> Result<Arc<Definition>, Error> {
        // The machine of a child of a distributed Map is named after its parent's.
        let name = row.machine.name.split('/').next().unwrap_or_default();
        let machine = self.catalog.machine(name);
        let machine = machine.ok_or_else(|| Error::StateMachineDoesNotExist(row.machine.arn.to_string()))?;
        self.catalog.definition(&machine.definition)
    }

    fn replay_under(&self, row: &ExecutionRow, definition: Arc<Definition>) -> Result<Replay, Error> {
        let store = &*self.store;
        if !layout::steps_are_within(store, row.id, MAX_RECORDED_BYTES)? {
            return Err(Error::HistoryTooLarge(MAX_RECORDED_BYTES));
        }
        let mut records = Vec::new();
        layout::for_each_step(store, row.id, |_, record| {
            records.push(record);
            Ok(())
        })?;
        let original = unstarted(self.catalog.definition(&row.machine.definition)?, row)?;
        let other = self.under(definition, row, &records)?;
        compare(row, records, original, other)
    }

    fn under(
        &self,
        definition: Arc<Definition>,
        row: &ExecutionRow,
        records: &[StepRecord],
    ) -> Result<Execution, Error> {
        let is_top = |name: &str| definition.state_named(name).is_some_and(|state| state.machine == definition.top());
        let first = row.origin.as_ref().map(|origin| &*origin.from.state);
        if let Some(state) = first.filter(|state| !is_top(state)) {
            let text = format!("the execution began in the state '{state}', which the definition does not have");
            return Err(Error::StateDoesNotExist(text));
        }
        let map_state = row.child.as_ref().map(|child| &*child.map_state);
        let is_map =
            |name: &str| definition.state_named(name).is_some_and(|state| matches!(state.kind, StateKind::Map(_)));
        if let Some(map) = map_state.filter(|map| !is_map(map)) {
            let text = format!("the execution is a child of the Map '{map}', which the definition does not have");
            return Err(Error::StateDoesNotExist(text));
        }
        let recorded: u64 = records.iter().map(|record| record.events.len() as u64).sum();
        let mut bounds = row.bounds;
        bounds.max_events = bounds.max_events.min(recorded + MAX_FURTHER_EVENTS);
        Ok(unstarted(definition, row)?.bounded(bounds))
    }
}

/// Compares what is recorded with what the `other` execution does with it. Neither execution has begun.
fn compare(
    row: &ExecutionRow,
    records: Vec<StepRecord>,
    original: Execution,
    other: Execution,
) -> Result<Replay, Error> {
    let corrupt = |step: usize| Error::Corrupt {
        what: format!("step {step} of {}", row.arn),
        cause: "its replay gives another history".to_owned(),
    };
    let recording = recording::Recording::read(records, original).map_err(corrupt)?;
    let mut report = report::Reporter::new(row.arn.clone(), &recording);
    let mut rerun = rerun::Rerun::new(&recording, other);
    while let Some(step) = rerun.next_step(report.agrees()) {
        report.add(rerun.make(&step));
    }
    Ok(report.finish(rerun.execution.outcome().clone(), rerun.unanswered()))
}
