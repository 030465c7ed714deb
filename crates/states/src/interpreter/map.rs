//! Map states: their items, and starting iterations. Those of distributed ones are in `distributed`.
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

impl Run<'_> {
    /// Starts the iterations: on entering a Map state, and again on each retry.
    pub(super) fn start_map(&mut self, work: &Attempt<'_>, map: &Map) -> Result<(), Problem> {
        let input = self.effective_input(work)?;
        let problem = |error| work.scene.problem(&error);
        let scope = self.scope(&work.scene, &input);
        let wanted = map.max_concurrency.as_ref().map(|field| field.integer(&scope)).transpose().map_err(problem)?;
        if self.execution.trial.is_none() && map.mode != ProcessorMode::Inline {
            return self.start_map_run(work, map, input, wanted.unwrap_or(0));
        }
        let items = self.given_items(map).map_or_else(|| map.items(&scope), Ok).map_err(problem)?;
        self.inspect_items(wanted, &items);
        if self.execution.trial.is_some() {
            return self.mock_map(work, map, &input, items);
        }
        let limit = concurrency(wanted);
        let outputs = vec![None; items.len()];
        let started = self.chain(work.frame, EventDetails::MapStateStarted { length: items.len() });
        let children = Children { items, input, outputs, running: BTreeMap::new(), next: 0, limit };
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
        let last_event = self.record(trigger, EventDetails::MapIterationStarted { name: state.name.clone(), index });
        let parent = Some(Seat { frame, index });
        let map_item = Some(item);
        let child = self.add_frame(Frame { parent, last_event, variables, map_item, active: None });
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
fn concurrency(wanted: Option<u64>) -> usize {
    match wanted {
        None | Some(0) => MAX_CONCURRENCY,
        Some(wanted) => usize::try_from(wanted).unwrap_or(MAX_CONCURRENCY).min(MAX_CONCURRENCY),
    }
}
