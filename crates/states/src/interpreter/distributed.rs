//! Distributed Maps: beginning a run, its items, and starting child executions.
//!
//! The children are executions of their own, which the driver starts and whose ends it brings back; the run counts them
//! and keeps what they give. Their failures stay theirs, as far as the Map tolerates them.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html>

use std::{collections::VecDeque, sync::Arc};

use asl::{Data, ItemReader, Map, ResultWriter, StateKind};

use super::{
    ChildStart, Command, Counts, ExecutionKind, MapRunId, MapRunUpdate,
    context::Scene,
    enter::Attempt,
    frame::{FrameId, MapItem, Work},
    map_run::{ChildStatus, MapRun, MapRunStatus, Plan, Stage, Tolerance, identifier},
    problem::{ITEM_READER_FAILED, Problem},
    run::Run,
};
use crate::{
    history::EventDetails,
    items::{MAX_ITEMS, MAX_ITEMS_BYTES, ReadItems, WriteResults},
};

impl Run<'_> {
    /// Begins a run. Its tolerances are checked after MapStateStarted and before MapRunStarted (recorded on AWS).
    pub(super) fn start_map_run(
        &mut self,
        work: &Attempt<'_>,
        map: &Map,
        input: Data,
        max_concurrency: u64,
    ) -> Result<(), Problem> {
        if self.execution.identity.kind == ExecutionKind::Express {
            // AWS differs: it refuses such a definition when the machine is made.
            return Err(work.scene.runtime("Express state machines do not support distributed Maps."));
        }
        let items = match &map.item_reader {
            Some(_) => None,
            None => {
                let items = map.items(&self.scope(&work.scene, &input));
                Some(items.map_err(|error| work.scene.problem(&error))?)
            }
        };
        self.chain(work.frame, EventDetails::MapStateStarted { length: items.as_ref().map_or(0, Vec::len) });
        let tolerance = self.tolerance(work, map, &input)?;
        let reading = map.item_reader.as_ref().map(|reader| self.reading(work, reader, &input)).transpose()?;
        let mut run = self.new_map_run(work, map, input, max_concurrency, tolerance);
        run.writer = map.result_writer.as_ref().map(|writer| self.writing(work, writer, &run)).transpose()?;
        self.chain(work.frame, EventDetails::MapRunStarted { map_run_arn: run.arn.clone() });
        let id = self.add_map_run(run);
        self.set_work(work.frame, Work::MapRun(id));
        match (items, reading) {
            (Some(items), _) => self.plan_children(work, map, id, items),
            (None, Some(request)) => {
                self.read_items(id, request?);
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    fn new_map_run(
        &self,
        work: &Attempt<'_>,
        map: &Map,
        input: Data,
        max_concurrency: u64,
        tolerance: Tolerance,
    ) -> MapRun {
        let label = map.label.clone().unwrap_or_else(|| identifier(&self.random).into());
        let name = format!("{}/{label}:{}", self.execution.identity.state_machine_name, identifier(&self.random));
        MapRun {
            frame: work.frame,
            state: work.state.name.clone(),
            arn: self.arn("mapRun", &name),
            label,
            express: map.mode == asl::ProcessorMode::Distributed { express: true },
            seed: self.random.next_u64(),
            started: self.at,
            max_concurrency,
            tolerance,
            input,
            plan: Plan::Items(Vec::new()),
            children: Vec::new(),
            waiting: VecDeque::new(),
            stage: Stage::Running,
            writer: None,
            redrive_count: 0,
            redriven: None,
            items: Counts::default(),
            executions: Counts::default(),
        }
    }

    fn add_map_run(&mut self, run: MapRun) -> MapRunId {
        let id = MapRunId(self.execution.next_map_run);
        self.execution.next_map_run += 1;
        self.execution.map_runs.insert(id, run);
        self.changed_runs.insert(id);
        id
    }

    /// `ToleratedFailureCount` and `ToleratedFailurePercentage`.
    pub(super) fn tolerance(&self, work: &Attempt<'_>, map: &Map, input: &Data) -> Result<Tolerance, Problem> {
        let problem = |error| work.scene.problem(&error);
        let scope = self.scope(&work.scene, input);
        let count = map.tolerated_failure_count.as_ref().map(|field| field.integer(&scope));
        let percentage = map.tolerated_failure_percentage.as_ref().map(|field| field.percentage(&scope));
        Ok(Tolerance {
            count: count.transpose().map_err(problem)?,
            percentage: percentage.transpose().map_err(problem)?,
        })
    }

    /// What the `ItemReader` asks for. A `MaxItems` below 0 fails only once the run has begun (recorded on AWS).
    fn reading(
        &self,
        work: &Attempt<'_>,
        reader: &ItemReader,
        input: &Data,
    ) -> Result<Result<ReadItems, Problem>, Problem> {
        let scope = self.scope(&work.scene, input);
        let max_items = reader.max_items.as_ref().map(|field| field.whole(&scope)).transpose();
        let max_items = max_items.map_err(|error| work.scene.problem(&error))?.unwrap_or(0);
        let arguments = match &reader.arguments {
            Some(template) => self.evaluate(template, &work.scene, &scope)?.text(),
            None => "{}".into(),
        };
        let (resource, config) = (reader.resource.clone(), reader.config.text());
        Ok(match u64::try_from(max_items) {
            Ok(max_items) => {
                Ok(ReadItems { resource, arguments, config, max_items: Some(max_items).filter(|most| *most > 0) })
            }
            Err(_) => Err(Problem::given(Some(ITEM_READER_FAILED), Some("field MaxItems must be positive"))),
        })
    }

    /// What the `ResultWriter` asks for.
    fn writing(&self, work: &Attempt<'_>, writer: &ResultWriter, run: &MapRun) -> Result<WriteResults, Problem> {
        let scope = self.scope(&work.scene, &run.input);
        Ok(WriteResults {
            resource: writer.resource.clone(),
            arguments: match &writer.arguments {
                Some(template) => self.evaluate(template, &work.scene, &scope)?.text(),
                None => "{}".into(),
            },
            config: writer.config.as_ref().map(Data::text),
            map_run_arn: run.arn.clone(),
            pending: Vec::new(),
        })
    }

    pub(super) fn read_items(&mut self, run: MapRunId, request: ReadItems) {
        if let Some(found) = self.execution.map_runs.get_mut(&run) {
            found.stage = Stage::Reading(request.clone());
            self.command(Command::ReadItems { run, request });
        }
    }

    /// The `ItemReader` has read, or failed.
    pub(super) fn items_read(&mut self, id: MapRunId, items: &Result<Arc<str>, String>) {
        let Some(MapRun { frame, stage: Stage::Reading(_), .. }) = self.execution.map_runs.get(&id) else { return };
        let frame = *frame;
        let planned = items
            .as_ref()
            .map_err(Clone::clone)
            .and_then(split)
            .map_err(|cause| Problem::given(Some(ITEM_READER_FAILED), Some(&cause)))
            .and_then(|items| self.plan_read_children(frame, id, items));
        if let Err(problem) = planned {
            self.fail(frame, problem);
        }
    }

    fn plan_read_children(&mut self, frame: FrameId, id: MapRunId, items: Vec<Data>) -> Result<(), Problem> {
        let (Some(scene), Some(active)) = (self.scene(frame), self.active(frame)) else { return Ok(()) };
        let (state, raw) = (active.state, active.input.clone());
        let definition = self.definition.clone();
        let state = definition.state(state);
        let StateKind::Map(map) = &state.kind else { return Ok(()) };
        self.plan_children(&Attempt { frame, state, scene, raw: &raw }, map, id, items)
    }

    /// Parts the items among children, and starts the first of them.
    fn plan_children(&mut self, work: &Attempt<'_>, map: &Map, id: MapRunId, items: Vec<Data>) -> Result<(), Problem> {
        let Some(input) = self.execution.map_runs.get(&id).map(|run| run.input.clone()) else { return Ok(()) };
        let plan = match &map.item_batcher {
            Some(batcher) => {
                let batching = self.batching(work, batcher, &input)?;
                self.batches(work, map, &batching, &input, items)?
            }
            None => Plan::Items(items),
        };
        if let Some(run) = self.execution.map_runs.get_mut(&id) {
            run.set_plan(plan);
            run.stage = Stage::Running;
        }
        self.go_on_with_map_run(id);
        Ok(())
    }

    /// Starts as many children as may work at once, and ends the run if there is nothing left to do.
    pub(super) fn go_on_with_map_run(&mut self, id: MapRunId) {
        let Some(frame) = self.execution.map_runs.get(&id).map(|run| run.frame) else { return };
        self.changed_runs.insert(id);
        let started = self.next_children(id, frame);
        match started {
            Ok(children) if children.is_empty() => {}
            Ok(children) => self.command(Command::StartChildren { run: id, children }),
            Err(problem) => return self.fail(frame, problem),
        }
        self.finish_map_run_if_done(id);
    }

    fn next_children(&mut self, id: MapRunId, frame: FrameId) -> Result<Vec<ChildStart>, Problem> {
        let Some(work) = self.scene(frame) else { return Ok(Vec::new()) };
        let mut children = Vec::new();
        while let Some(run) = self.execution.map_runs.get(&id).filter(|run| run.may_start()) {
            let (waiting, next) = (run.waiting.front().copied(), run.children.len());
            let new = match waiting {
                Some(_) => None,
                None => Some(self.child_input(&work, frame, run, next)?),
            };
            let Some(run) = self.execution.map_runs.get_mut(&id) else { break };
            let index = match (run.waiting.pop_front(), new) {
                (Some(waiting), _) => {
                    run.set_status(waiting, ChildStatus::Running);
                    waiting
                }
                (None, Some(input)) => run.add_child(input),
                (None, None) => break,
            };
            children.extend(run.child_start(index));
        }
        Ok(children)
    }

    /// The input of a child that has not been started.
    fn child_input(&self, scene: &Scene, frame: FrameId, run: &MapRun, index: usize) -> Result<Arc<str>, Problem> {
        let input = match &run.plan {
            Plan::Batches(batches) => batches[index].0.clone(),
            Plan::Items(items) => {
                let state = self.active(frame).map(|active| &self.definition.state(active.state).kind);
                let selector = match state {
                    Some(StateKind::Map(map)) => map.item_selector.as_ref(),
                    _ => None,
                };
                let value = items[index].clone();
                match selector {
                    Some(selector) => {
                        self.item_input(scene, selector, &run.input, &Arc::new(MapItem { index, value }))?.text()
                    }
                    None => value.text(),
                }
            }
        };
        if input.len() > self.execution.bounds.payload_bytes { Err(Problem::too_large(&run.state)) } else { Ok(input) }
    }

    /// The inputs of all children that have not been started.
    pub(super) fn pending_inputs(&self, id: MapRunId) -> Vec<Arc<str>> {
        let Some(run) = self.execution.map_runs.get(&id) else { return Vec::new() };
        let Some(scene) = self.scene(run.frame) else { return Vec::new() };
        let pending = run.children.len()..run.plan.len();
        pending.filter_map(|index| self.child_input(&scene, run.frame, run, index).ok()).collect()
    }

    /// UpdateMapRun.
    pub(super) fn update_map_run(&mut self, id: MapRunId, update: &MapRunUpdate) {
        let Some(run) = self.execution.map_runs.get_mut(&id) else { return };
        run.max_concurrency = update.max_concurrency.unwrap_or(run.max_concurrency);
        run.tolerance.count = update.tolerated_failure_count.or(run.tolerance.count);
        run.tolerance.percentage = update.tolerated_failure_percentage.or(run.tolerance.percentage);
        self.check_map_run(id);
    }

    /// Notes how the runs stand that this decision has changed and not ended.
    pub(super) fn note_changed_runs(&mut self) {
        for id in std::mem::take(&mut self.changed_runs) {
            if let Some(run) = self.execution.map_runs.get(&id) {
                self.decision.map_runs.push(run.state(id, MapRunStatus::Running, None));
            }
        }
    }

    /// An ARN beside the execution's own.
    fn arn(&self, resource: &str, name: &str) -> Arc<str> {
        let own: Vec<&str> = self.execution.identity.arn.splitn(6, ':').take(5).collect();
        format!("{}:{resource}:{name}", own.join(":")).into()
    }
}

/// The items in what an `ItemReader` gave.
fn split(text: &Arc<str>) -> Result<Vec<Data>, String> {
    if text.len() > MAX_ITEMS_BYTES {
        return Err(format!("The items have more than {MAX_ITEMS_BYTES} bytes."));
    }
    let data = Data::parse(text.clone()).map_err(|error| error.to_string())?;
    // The text is as recorded on AWS.
    let items = data.value().as_array().ok_or("Attempting to map over non-iterable node.")?;
    if items.len() > MAX_ITEMS {
        return Err(format!("There are more than {MAX_ITEMS} items."));
    }
    Ok(items.iter().cloned().map(Data::from_value).collect())
}
