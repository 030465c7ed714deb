//! Recording the runs of resolvers: each has an entry when it ends, and when the request ends before it.

use serde_json::Value;

use super::{ErrorTrace, FieldTrace, Recorder, ResolverKind, Steps};
use crate::{
    PathSegment,
    pipeline::{Invocation, Raised},
    plan::Field,
};

/// Where a resolver runs.
pub(crate) struct Place {
    pub(crate) number: usize,
    pub(crate) parent: Option<usize>,
    pub(crate) path: Vec<PathSegment>,
}

/// A resolver that runs. Dropped before [`Running::ended`], it is recorded as interrupted: the client has hung up, or the
/// request took too long.
pub(crate) struct Running<'a> {
    recorder: &'a Recorder,
    field: &'a Field,
    kind: ResolverKind,
    /// Only what is recorded has a place.
    place: Option<Place>,
    began: u64,
}

impl Recorder {
    /// A resolver begins.
    pub(crate) fn running<'a>(&'a self, field: &'a Field, kind: ResolverKind, place: Option<Place>) -> Running<'a> {
        let began = if place.is_some() { self.now() } else { 0 };
        Running { recorder: self, field, kind, place, began }
    }
}

impl Running<'_> {
    /// The resolver has ended.
    pub(crate) fn ended(mut self, invocation: Invocation, steps: Steps, result: &Result<Value, Raised>) {
        let Some(place) = self.place.take() else { return };
        let recorder = self.recorder;
        let steps = steps.finish();
        let unknown = result.as_ref().ok().filter(|_| !steps.tells_result());
        let result_captured = unknown.map(|value| recorder.value(value)).unwrap_or_default();
        let trace = FieldTrace {
            start: steps.began,
            micros: recorder.now() - steps.began,
            arguments: recorder.members(&invocation.arguments),
            source: recorder.value_if_any(&invocation.source),
            before: steps.before,
            steps: steps.steps,
            after: steps.after,
            error: result.as_ref().err().map(|raised| recorder.raised(raised)),
            cache_hit: steps.cache_hit,
            result: result_captured,
            ..self.at(place)
        };
        recorder.trace.lock().fields.push(trace);
    }

    /// The entry of a run of which nothing is known yet.
    fn at(&self, place: Place) -> FieldTrace {
        let Place { number, parent, path } = place;
        FieldTrace {
            parent_type: self.field.parent.clone(),
            field: self.field.name.clone(),
            path,
            parent,
            number,
            kind: self.kind,
            start: self.began,
            micros: 0,
            arguments: Default::default(),
            source: Default::default(),
            before: None,
            steps: Vec::new(),
            after: None,
            error: None,
            cache_hit: None,
            result: Default::default(),
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let Some(place) = self.place.take() else { return };
        let micros = self.recorder.now().saturating_sub(self.began);
        let error = Some(ErrorTrace::new(INTERRUPTED.to_owned(), Some("Interrupted")));
        let trace = FieldTrace { micros, error, ..self.at(place) };
        self.recorder.trace.lock().fields.push(trace);
    }
}

/// What is told of a run that had no time to end.
const INTERRUPTED: &str = "The request ended while this resolver ran.";
