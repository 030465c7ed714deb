//! One state alone, as TestState runs it: an execution that stands in one state of its definition and ends where it would
//! leave it.
//!
//! A trial is an execution like any other and goes through [`decide`](super::decide): the same data flow, the same
//! `Retry` and `Catch`. It differs in three places: where it starts and what it knows there, that Map and Parallel take a
//! mocked result instead of running children, and that it notes what the data looks like on its way.
//!
//! <https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html>

use std::sync::Arc;

use asl::{Data, Definition, Map, StateId, Template, Variables};

use super::{
    Execution, ExecutionIdentity, Outcome,
    data_flow::Leaving,
    enter::Attempt,
    frame::{MapItem, Work},
    map_run_end::exceeded,
    problem::Problem,
    run::Run,
};
use crate::history::Failure;

/// How much input all iterations together may have before them while their `ItemSelector` is evaluated.
// AWS differs: it has no such bound, only that of `afterItemSelector`.
const MAX_SELECTED_BYTES: usize = 256 << 20;

/// The state that is tried, and what surrounds it.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The state.
    pub state: StateId,
    /// The variables it may read.
    pub variables: Variables,
    /// The context object, in the place of the trial's own.
    pub context: Option<Data>,
    /// Retries that have been made already.
    pub retries: u64,
    /// What stands in for the work of the state; Map and Parallel cannot do without.
    pub mock: Option<Mock>,
    /// A Map's items, in the place of what its `ItemReader` would read.
    pub items: Option<Vec<Data>>,
    /// Iterations of a Map that have failed.
    pub failed_iterations: u64,
}

/// What stands in for the work of a state.
#[derive(Debug, Clone)]
pub enum Mock {
    /// It gives this.
    Result(Data),
    /// It fails.
    Failure(Failure),
}

/// What was seen on the way through the state; `None` where the way did not lead by.
#[derive(Debug, Clone, Default)]
pub struct Inspection {
    /// After `InputPath`.
    pub after_input_path: Option<Data>,
    /// After `Parameters` or `Arguments`.
    pub after_arguments: Option<Data>,
    /// A Map's items.
    pub items: Option<Data>,
    /// The input of each iteration, where the Map has an `ItemSelector`.
    pub after_item_selector: Option<Data>,
    /// What the state's work gave.
    pub result: Option<Data>,
    /// After `ResultSelector`.
    pub after_result_selector: Option<Data>,
    /// After `ResultPath`.
    pub after_result_path: Option<Data>,
    /// A Map's `MaxConcurrency`; 0 is no limit.
    pub max_concurrency: Option<u64>,
    /// A distributed Map's `ToleratedFailureCount`.
    pub tolerated_failure_count: Option<u64>,
    /// A distributed Map's `ToleratedFailurePercentage`.
    pub tolerated_failure_percentage: Option<f64>,
    /// All variables at the end.
    pub variables: Variables,
    /// The failure, also one that is retried or caught.
    pub failure: Option<Failure>,
    /// The retrier that matches the failure.
    pub retrier: Option<usize>,
    /// How long that retrier would wait, milliseconds; `None` if its attempts are used up.
    pub backoff_millis: Option<u64>,
    /// The catcher by which the state was left.
    pub catcher: Option<usize>,
}

/// How a trial ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// The state was left with this output, to this state if there is a next one.
    Succeeded(Arc<str>, Option<Arc<str>>),
    /// A catcher has led out of the state, with this output.
    Caught(Arc<str>, Option<Arc<str>>),
    /// A retrier would try again.
    Retriable,
    /// Nothing retries or catches the failure.
    Failed(Failure),
}

/// What makes an execution a trial.
#[derive(Debug, Clone)]
pub(super) struct Trial {
    pub(super) setting: Setting,
    pub(super) inspection: Inspection,
    next: Option<StateId>,
}

impl Execution {
    /// A trial of one state. [`Stimulus::Started`](super::Stimulus::Started) begins it; it is over when [`Self::ending`]
    /// is there.
    pub fn trial(definition: Arc<Definition>, identity: ExecutionIdentity, setting: Setting) -> Self {
        let inspection = Inspection { variables: setting.variables.clone(), ..Inspection::default() };
        let trial = Trial { setting, inspection, next: None };
        Self { trial: Some(Box::new(trial)), ..Self::new(definition, identity) }
    }

    /// What a trial has seen so far; `None` for any other execution.
    pub fn inspection(&self) -> Option<&Inspection> {
        self.trial.as_ref().map(|trial| &trial.inspection)
    }

    /// What stands in for the work of a trial's state.
    pub fn mock(&self) -> Option<&Mock> {
        self.trial.as_ref()?.setting.mock.as_ref()
    }

    /// How a trial ended; `None` while it goes on, and for any other execution.
    pub fn ending(&self) -> Option<Ending> {
        let trial = self.trial.as_ref()?;
        let next = || trial.next.map(|next| self.definition.state(next).name());
        let text = |text: &Option<String>| text.as_deref().map(Arc::from);
        Some(match &self.outcome {
            Outcome::Running => return trial.inspection.backoff_millis.map(|_| Ending::Retriable),
            Outcome::Succeeded(output) if trial.inspection.catcher.is_some() => Ending::Caught(output.clone(), next()),
            Outcome::Succeeded(output) => Ending::Succeeded(output.clone(), next()),
            Outcome::TimedOut => Ending::Failed(Problem::timeout(false).failure),
            Outcome::Failed { error, cause } | Outcome::Aborted { error, cause } => {
                Ending::Failed(Failure { error: text(error), cause: text(cause) })
            }
        })
    }

    /// Retries that have been made before the first state is entered.
    pub(super) fn earlier_retries(&self) -> u64 {
        self.trial.as_ref().map_or(0, |trial| trial.setting.retries)
    }
}

impl Run<'_> {
    /// Notes something in the inspection of a trial.
    pub(super) fn inspect(&mut self, note: impl FnOnce(&mut Inspection)) {
        if let Some(trial) = &mut self.execution.trial {
            note(&mut trial.inspection);
        }
    }

    /// A trial ends where another execution would enter its next state.
    pub(super) fn end_trial(&mut self, next: Option<StateId>, output: &Data) {
        if let Some(trial) = &mut self.execution.trial {
            trial.next = next;
        }
        self.end(Outcome::Succeeded(output.text()));
    }

    /// Items that a trial gives in the place of what an `ItemReader` would read.
    pub(super) fn given_items(&self, map: &Map) -> Option<Vec<Data>> {
        map.item_reader.as_ref()?;
        self.execution.trial.as_ref()?.setting.items.clone()
    }

    /// Notes a Map's items and how many iterations may run at once.
    pub(super) fn inspect_items(&mut self, max_concurrency: Option<u64>, items: &[Data]) {
        self.inspect(|inspection| {
            inspection.max_concurrency = Some(max_concurrency.unwrap_or(0));
            inspection.items = Data::array(items).ok();
        });
    }

    /// A Map or Parallel state of a trial: its mock takes the place of its children.
    pub(super) fn mock_children(&mut self, work: &Attempt<'_>) -> Result<(), Problem> {
        // As in an execution, a failure comes after the fields of the state were evaluated.
        self.set_work(work.frame, Work::Gathered);
        match self.execution.mock().cloned() {
            Some(Mock::Result(result)) => self.leave(work, Leaving::with_result(work.state, &result)),
            Some(Mock::Failure(Failure { error, cause })) => Err(Problem::given(error.as_deref(), cause.as_deref())),
            None => Err(work.scene.runtime("The state needs a mock.")),
        }
    }

    /// The input of every iteration: all at once, so both the work and the result have a bound.
    fn item_inputs(
        &self,
        work: &Attempt<'_>,
        selector: &Template,
        input: &Data,
        items: Vec<Data>,
    ) -> Result<Data, Problem> {
        // Every iteration has a context object of its own, in which the execution's input is.
        if items.len().saturating_mul(self.execution.identity.input.len()) > MAX_SELECTED_BYTES {
            return Err(Problem::too_large(&work.state.name));
        }
        let (mut inputs, mut size) = (Vec::with_capacity(items.len()), 0);
        for (index, value) in items.into_iter().enumerate() {
            let selected = self.item_input(&work.scene, selector, input, &Arc::new(MapItem { index, value }))?;
            size += selected.size();
            if size > self.execution.bounds.payload_bytes {
                return Err(Problem::too_large(&work.state.name));
            }
            inputs.push(selected);
        }
        Data::array(&inputs).map_err(|error| work.scene.runtime(&error.to_string()))
    }

    /// A Map state of a trial.
    pub(super) fn mock_map(
        &mut self,
        work: &Attempt<'_>,
        map: &Map,
        input: &Data,
        items: Vec<Data>,
    ) -> Result<(), Problem> {
        let tolerance = self.tolerance(work, map, input)?;
        self.inspect(|inspection| {
            inspection.tolerated_failure_count = tolerance.count;
            inspection.tolerated_failure_percentage = tolerance.percentage;
        });
        let iterations = items.len() as u64;
        if let Some(selector) = &map.item_selector {
            let inputs = self.item_inputs(work, selector, input, items)?;
            self.inspect(|inspection| inspection.after_item_selector = Some(inputs));
        }
        let failed = self.execution.trial.as_ref().map_or(0, |trial| trial.setting.failed_iterations);
        // A run without a tolerance keeps its mocked result, whatever failed (recorded on AWS).
        match self.execution.mock() {
            Some(Mock::Result(_)) if tolerance.is_exceeded(failed, iterations) == Some(true) => Err(exceeded()),
            _ => self.mock_children(work),
        }
    }
}
