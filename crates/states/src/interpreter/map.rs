//! Map states: their items, and starting iterations.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/state-map.html>

use std::{collections::BTreeMap, sync::Arc};

use asl::{Data, Map, ProcessorMode, StateKind, Template};

use super::{
    context::Scene,
    enter::Attempt,
    frame::{Children, Frame, FrameId, MapItem, Seat, Work},
    problem::Problem,
    run::{Run, Unit},
};
use crate::history::EventDetails;

/// How many iterations of an inline Map AWS runs at once, whatever `MaxConcurrency` says.
const MAX_CONCURRENCY: usize = 40;

/// How many child executions of a distributed Map AWS runs at once.
const MAX_CHILD_EXECUTIONS: usize = 10_000;

impl Run<'_> {
    /// Starts the iterations: on entering a Map state, and again on each retry.
    pub(super) fn start_map(&mut self, work: &Attempt<'_>, map: &Map) -> Result<(), Problem> {
        let is_trial = self.execution.trial.is_some();
        if !is_trial {
            supported(map).map_err(|text| work.scene.runtime(&text))?;
        }
        let input = self.effective_input(work)?;
        let problem = |error| work.scene.problem(&error);
        let scope = self.scope(&work.scene, &input);
        let wanted = map.max_concurrency.as_ref().map(|field| field.integer(&scope)).transpose().map_err(problem)?;
        let items = self.given_items(map).map_or_else(|| map.items(&scope), Ok).map_err(problem)?;
        self.inspect_items(wanted, &items);
        if is_trial {
            return self.mock_map(work, map, &input, items);
        }
        let limit = concurrency(map, wanted);
        let outputs = vec![None; items.len()];
        let started = self.chain(work.frame, EventDetails::MapStateStarted { length: items.len() });
        let run = match map.mode {
            ProcessorMode::Inline => None,
            ProcessorMode::Distributed { express } => Some(self.start_map_run(work, map, express, &input)?),
        };
        let children = Children { run, items, input, outputs, running: BTreeMap::new(), next: 0, limit };
        self.set_work(work.frame, Work::Children(children));
        self.start_iterations(work.frame, started);
        Ok(())
    }

    /// Starts as many iterations as may work at once. `trigger` is the event they follow from.
    pub(super) fn start_iterations(&mut self, frame: FrameId, trigger: u64) {
        while let Some((index, item)) = self.next_item(frame) {
            if let Err(problem) = self.start_iteration(frame, trigger, MapItem { index, value: item }) {
                return self.fail(frame, problem);
            }
        }
        self.gather_if_done(frame);
    }

    /// Takes the next item, if another iteration may start.
    fn next_item(&mut self, frame: FrameId) -> Option<(usize, Data)> {
        let Work::Children(children) = &mut self.active_mut(frame)?.work else { return None };
        if !children.may_start() {
            return None;
        }
        let index = children.next;
        children.next += 1;
        Some((index, children.items.get(index)?.clone()))
    }

    fn start_iteration(&mut self, frame: FrameId, trigger: u64, item: MapItem) -> Result<(), Problem> {
        let (Some(scene), Some(parent)) = (self.scene(frame), self.frame(frame)) else { return Ok(()) };
        let Some(active) = &parent.active else { return Ok(()) };
        let (Work::Children(children), variables) = (&active.work, parent.variables.clone()) else { return Ok(()) };
        let definition = self.definition.clone();
        let state = definition.state(active.state);
        let StateKind::Map(map) = &state.kind else { return Ok(()) };

        let (index, item) = (item.index, Arc::new(item));
        let input = match &map.item_selector {
            Some(selector) => self.item_input(&scene, selector, &children.input, &item)?,
            None => item.value.clone(),
        };
        if let Some(run) = &children.run {
            let (run, first) = (run.clone(), definition.machine(map.processor).start_at);
            self.start_child_execution(frame, index, &run, first, input);
            return Ok(());
        }
        let execution = parent.child;
        let last_event =
            self.record(frame, trigger, EventDetails::MapIterationStarted { name: state.name.clone(), index });
        let parent = Some(Seat { frame, index });
        let map_item = Some(item);
        let child = self.add_frame(Frame { parent, last_event, variables, map_item, child: execution, active: None });
        self.seat(frame, index, child);
        self.later(Unit::Enter { frame: child, state: definition.machine(map.processor).start_at, input });
        Ok(())
    }

    /// The input of an iteration, by the Map's `ItemSelector`.
    pub(super) fn item_input(
        &self,
        scene: &Scene,
        selector: &Template,
        input: &Data,
        item: &Arc<MapItem>,
    ) -> Result<Data, Problem> {
        let scene = scene.with_item(item.clone());
        self.evaluate(selector, &scene, &self.scope(&scene, input))
    }

    /// Notes a child as running.
    pub(super) fn seat(&mut self, frame: FrameId, index: usize, child: FrameId) {
        if let Some(Work::Children(children)) = self.active_mut(frame).map(|active| &mut active.work) {
            children.running.insert(index, child);
        }
    }
}

/// How many iterations work at once, given `MaxConcurrency`.
fn concurrency(map: &Map, wanted: Option<u64>) -> usize {
    let most = match map.mode {
        ProcessorMode::Inline => MAX_CONCURRENCY,
        ProcessorMode::Distributed { .. } => MAX_CHILD_EXECUTIONS,
    };
    match wanted {
        None | Some(0) => most,
        Some(wanted) => usize::try_from(wanted).unwrap_or(most).min(most),
    }
}

/// Refuses the fields of a distributed Map that need S3 or batches.
fn supported(map: &Map) -> Result<(), String> {
    let unsupported = [
        ("ItemReader", map.item_reader.is_some()),
        ("ItemBatcher", map.item_batcher.is_some()),
        ("ResultWriter", map.result_writer.is_some()),
    ];
    match unsupported.iter().find(|(_, is_there)| *is_there) {
        Some((field, _)) => Err(format!("The field {field} of a Map is not supported yet.")),
        None => Ok(()),
    }
}
