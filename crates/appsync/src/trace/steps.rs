//! Recording one run of a resolver: its handlers and the calls of its data sources, in the order in which they happen.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use resolver::{Context, Evaluation, Handler};
use serde_json::Value;

use super::{CallTrace, Captured, End, HandlerTrace, Label, Recorder, StepTrace, capture};
use crate::{data_source::Failure, limits};

/// Records one run of a resolver.
pub(crate) struct Steps {
    /// `None` where nothing is recorded.
    recorder: Option<Arc<Recorder>>,
    /// Whether handlers belong to the last of `steps`, not to the pipeline around them.
    in_step: bool,
    recorded: Recorded,
    pub(crate) notes: Notes,
}

/// What was recorded.
#[derive(Default)]
pub(super) struct Recorded {
    pub(super) began: u64,
    pub(super) before: Option<Box<HandlerTrace>>,
    pub(super) steps: Vec<StepTrace>,
    pub(super) after: Option<Box<HandlerTrace>>,
    pub(super) cache_hit: Option<bool>,
}

/// What a data source tells of a call beside its answer.
#[derive(Default)]
pub(crate) struct Notes {
    batch: AtomicUsize,
}

impl Notes {
    /// So many invocations went out together, with this one ahead.
    pub(crate) fn batch(&self, size: usize) {
        self.batch.store(size, Ordering::Relaxed);
    }
}

impl Steps {
    /// Begins a run: one that is recorded where requests are, and where it is `traced`.
    pub(crate) fn begin(recorder: &Arc<Recorder>, traced: bool) -> Self {
        let recorder = (traced && recorder.is_on()).then(|| recorder.clone());
        let began = recorder.as_ref().map_or(0, |recorder| recorder.now());
        let recorded = Recorded { began, ..Recorded::default() };
        Self { recorder, in_step: false, recorded, notes: Notes::default() }
    }

    /// The resolver's result was in the API's cache, or was looked for there in vain.
    pub(crate) fn cache(&mut self, hit: bool) {
        self.recorded.cache_hit = Some(hit);
    }

    /// A step begins.
    pub(crate) fn enter(&mut self, name: &Arc<str>, source: &Arc<Label>) {
        if self.recorder.is_some() {
            let (name, source) = (name.clone(), source.clone());
            if self.recorded.steps.is_empty() {
                // Most resolvers have one, and a vector would make room for four.
                self.recorded.steps.reserve_exact(1);
            }
            self.recorded.steps.push(StepTrace { name, source, before: None, call: None, after: None });
            self.in_step = true;
        }
    }

    /// The step has ended: what follows belongs to the pipeline.
    pub(crate) fn leave(&mut self) {
        self.in_step = false;
    }

    /// A handler is about to run on `context`.
    pub(crate) fn handler(&mut self, handler: Handler, context: &Context) {
        let Some(recorder) = &self.recorder else { return };
        let given = |value: &Option<Arc<Value>>| value.as_ref().map(|value| recorder.value_if_any(value));
        let trace = HandlerTrace {
            start: recorder.now(),
            micros: 0,
            stash: recorder.members(&context.stash),
            prev: given(&context.prev_result).unwrap_or_default(),
            result: given(&context.result).unwrap_or_default(),
            error: context.error.as_ref().map(|error| recorder.error(&error.message, Some(&error.kind))),
            evaluated: Captured::default(),
            end: End::Returned,
            appended: Vec::new(),
            logs: Vec::new(),
        };
        *self.slot(handler) = Some(Box::new(trace));
    }

    /// The handler has ended.
    pub(crate) fn handled(&mut self, handler: Handler, evaluation: &mut Evaluation) {
        let Some(recorder) = self.recorder.clone() else { return };
        let Some(trace) = self.slot(handler) else { return };
        trace.micros = recorder.now() - trace.start;
        let (end, value) = match &evaluation.end {
            resolver::End::Returned(value) => (End::Returned, value.as_ref()),
            resolver::End::EarlyReturn { value, .. } => (End::EarlyReturn, value.as_ref()),
            resolver::End::Raised(error) => (End::Raised(recorder.error(&error.message, error.kind.as_deref())), None),
            resolver::End::Unauthorized => (End::Unauthorized, None),
        };
        trace.end = end;
        trace.evaluated = value.map(|value| recorder.value(value)).unwrap_or_default();
        trace.appended = recorder.appended(&evaluation.appended_errors);
        trace.logs = recorder.logged(std::mem::take(&mut evaluation.logs));
    }

    /// `request` is about to go to the step's data source.
    pub(crate) fn call(&mut self, request: &Value) {
        let Some(recorder) = &self.recorder else { return };
        let Some(step) = self.recorded.steps.last_mut() else { return };
        step.call = Some(CallTrace {
            operation: capture::text(&operation(request), limits::TRACE_NAME_BYTES),
            start: recorder.now(),
            micros: 0,
            error: None,
            batch_size: None,
            response: Captured::default(),
        });
    }

    /// The data source has answered. `is_last` where no response handler will see the answer.
    pub(crate) fn called(&mut self, outcome: &Result<Value, Failure>, is_last: bool) {
        let Some(recorder) = self.recorder.clone() else { return };
        let batch = self.notes.batch.swap(0, Ordering::Relaxed);
        let Some(call) = self.recorded.steps.last_mut().and_then(|step| step.call.as_mut()) else { return };
        call.micros = recorder.now() - call.start;
        call.batch_size = (batch > 0).then_some(batch);
        match outcome {
            Ok(value) if is_last => call.response = recorder.value(value),
            Ok(_) => {}
            Err(Failure::Document(message)) => call.error = Some(recorder.error(message, Some("MappingTemplate"))),
            Err(Failure::Reported { message, kind, .. }) => call.error = Some(recorder.error(message, Some(kind))),
        }
    }

    fn slot(&mut self, handler: Handler) -> &mut Option<Box<HandlerTrace>> {
        let recorded = &mut self.recorded;
        match (handler, recorded.steps.last_mut().filter(|_| self.in_step)) {
            (Handler::Request, Some(step)) => &mut step.before,
            (Handler::Response, Some(step)) => &mut step.after,
            (Handler::Request, None) => &mut recorded.before,
            (Handler::Response, None) => &mut recorded.after,
        }
    }

    pub(super) fn finish(self) -> Recorded {
        self.recorded
    }
}

impl Recorded {
    /// Whether the last handler's value is the resolver's result.
    pub(super) fn tells_result(&self) -> bool {
        let step = || self.steps.last().is_some_and(|step| step.after.is_some() || step.call.is_none());
        self.after.is_some() || step()
    }
}

/// What a data source's request asks for, in a word: every type of data source says it in its own way. Of a path its
/// query is left out.
fn operation(request: &Value) -> String {
    let text = |name: &str| request.get(name).and_then(Value::as_str);
    if let Some(operation) = text("operation") {
        return operation.to_owned();
    }
    let headers = request.get("params").and_then(|params| params.get("headers")).and_then(Value::as_object);
    let mut headers = headers.into_iter().flatten();
    // A service that speaks AWS JSON names its operation in a header.
    let target = headers.find(|(name, _)| name.eq_ignore_ascii_case("x-amz-target"));
    match (target.and_then(|(_, target)| target.as_str()?.rsplit('.').next()), text("method"), text("resourcePath")) {
        (Some(operation), ..) => operation.to_owned(),
        (None, Some(method), Some(path)) => {
            let path = path.split(['?', '#']).next().unwrap_or_default();
            format!("{method} {path}")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_request_says_what_it_asks_for() {
        let start = json!({ "X-Amz-Target": "AWSStepFunctions.StartExecution" });
        for (request, expected) in [
            (json!({ "operation": "GetItem" }), "GetItem"),
            (json!({ "method": "GET", "resourcePath": "/a" }), "GET /a"),
            (json!({ "method": "GET", "resourcePath": "/v1/items?api_key=k&page=2" }), "GET /v1/items"),
            (json!({ "method": "GET", "resourcePath": "/cb#access_token=t" }), "GET /cb"),
            (json!({ "method": "POST", "resourcePath": "/", "params": { "headers": start } }), "StartExecution"),
            (json!({ "payload": 1 }), ""),
            (json!(null), ""),
        ] {
            assert_eq!(operation(&request), expected, "{request}");
        }
    }
}
