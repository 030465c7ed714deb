//! Which calls the resolvers of a request can still make: what tells a batch that it is complete.
//!
//! A resolver run goes through its steps (one, or the functions of a pipeline) in order, so a call parked at a step
//! can be joined by the runs of its field that have not come so far, and by runs that have yet to start. Those start
//! when a run of a field above ends.

use std::{
    collections::HashMap,
    future::Future,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::Gatherer;

/// A step of the resolver of one selected field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    field: usize,
    step: usize,
}

/// The runs of a request.
#[derive(Default)]
pub(super) struct Runs {
    /// By the id of their field in the plan.
    fields: HashMap<usize, FieldRuns>,
    /// For each run, by the number it has, the run on whose result it works.
    above: Vec<Option<usize>>,
}

/// A run whose result is searched for further fields.
#[derive(Clone, Copy)]
pub(crate) struct Above {
    /// The id of its field.
    pub(crate) field: usize,
    /// Its number.
    pub(crate) run: usize,
}

#[derive(Default)]
struct FieldRuns {
    /// The field whose results this one is selected of; `None` at the root.
    above: Option<usize>,
    /// Runs whose results have not been searched for further fields yet.
    live: usize,
    /// For each step, the runs that may still come to it.
    to_come: Vec<usize>,
}

/// One resolver run's say about what it can still do. Dropping it says that the run has ended.
pub(crate) struct Seat<'e> {
    gatherer: &'e Gatherer,
    field: usize,
    run: usize,
    steps: usize,
    /// The first step that the run has not come to.
    next: AtomicUsize,
}

/// A run at one of its steps.
#[derive(Clone, Copy)]
pub(crate) struct Spot<'a> {
    seat: &'a Seat<'a>,
    step: usize,
}

impl Runs {
    /// Whether no call can come to `place` any more.
    pub(super) fn are_past(&self, place: Place) -> bool {
        let Some(runs) = self.fields.get(&place.field) else { return true };
        if runs.to_come.get(place.step).is_some_and(|to_come| *to_come > 0) {
            return false;
        }
        let mut above = runs.above;
        while let Some(runs) = above.and_then(|field| self.fields.get(&field)) {
            if runs.live > 0 {
                return false;
            }
            above = runs.above;
        }
        true
    }

    fn live(&mut self, field: usize, change: impl Fn(usize) -> usize) {
        if let Some(runs) = self.fields.get_mut(&field) {
            runs.live = change(runs.live);
        }
    }

    /// Sorts runs as a response has them: those of an earlier item first, whenever their turn came.
    fn order(&self, run: usize) -> Vec<usize> {
        let above = |run: &usize| self.above.get(*run).copied().flatten();
        let mut path: Vec<usize> = std::iter::successors(Some(run), above).collect();
        path.reverse();
        path
    }

    fn come(&mut self, field: usize, steps: std::ops::Range<usize>) {
        let Some(runs) = self.fields.get_mut(&field) else { return };
        for to_come in runs.to_come.iter_mut().take(steps.end).skip(steps.start) {
            *to_come -= 1;
        }
    }
}

impl Gatherer {
    /// A run starts: of the field with this id, on the result of the run `above`, through so many steps. Runs are
    /// numbered from 0.
    pub(crate) fn started(&self, run: usize, field: usize, above: Option<Above>, steps: usize) -> Seat<'_> {
        let Runs { fields, above: runs_above } = &mut self.state.lock().runs;
        runs_above.resize(run, None);
        runs_above.push(above.map(|above| above.run));
        let above = above.map(|above| above.field);
        let runs = fields.entry(field).or_insert_with(|| FieldRuns { above, live: 0, to_come: vec![0; steps] });
        runs.live += 1;
        runs.to_come.iter_mut().for_each(|to_come| *to_come += 1);
        Seat { gatherer: self, field, run, steps, next: AtomicUsize::new(0) }
    }

    /// A run of this field has ended, and what its result asks for has started.
    pub(crate) fn ended(&self, field: usize) {
        self.state.lock().runs.live(field, |live| live - 1);
    }
}

impl<'e> Seat<'e> {
    /// The run at a step.
    pub(crate) fn at(&self, step: usize) -> Spot<'_> {
        Spot { seat: self, step }
    }

    /// Waits for something that is fetched elsewhere, perhaps by another request. Meanwhile no batch counts on this run:
    /// what it waits for may be in a batch of a request that waits for something in a batch of this one.
    pub(crate) async fn aside<T>(&self, waiting: impl Future<Output = T>) -> T {
        {
            let runs = &mut self.gatherer.state.lock().runs;
            self.come(runs, self.steps);
            runs.live(self.field, |live| live - 1);
        }
        let found = waiting.await;
        self.gatherer.state.lock().runs.live(self.field, |live| live + 1);
        found
    }

    /// The run has come to every step before `end`.
    fn come(&self, runs: &mut Runs, end: usize) {
        let start = self.next.fetch_max(end, Ordering::Relaxed);
        if start < end {
            runs.come(self.field, start..end);
        }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.come(&mut self.gatherer.state.lock().runs, self.steps);
    }
}

impl<'a> Spot<'a> {
    /// The run makes a call of its own at this step, or none: nothing need wait for it here.
    pub(crate) fn pass(self) {
        self.arrive(&mut self.seat.gatherer.state.lock().runs);
    }

    pub(super) fn arrive(self, runs: &mut Runs) {
        self.seat.come(runs, self.step + 1);
    }

    pub(super) fn gatherer(self) -> &'a Gatherer {
        self.seat.gatherer
    }

    pub(super) fn order(self, runs: &Runs) -> Vec<usize> {
        runs.order(self.seat.run)
    }

    pub(super) fn place(self) -> Place {
        Place { field: self.seat.field, step: self.step }
    }
}
