//! The end of a recorded request: with an answer, with a subscription, or because its client hung up.

use std::sync::Arc;

use super::{FieldTrace, HandlerTrace, Recorder, RequestTrace, StepTrace};
use crate::{GraphqlError, Response, execution::context_headers};

/// A request that runs. Dropped before its end, its trace says that the client hung up, with what was recorded so far.
pub(crate) struct Unanswered<'a> {
    recorder: &'a Recorder,
    headers: &'a [(String, String)],
    is_over: bool,
}

impl Recorder {
    /// Watches over a request with these headers until its end.
    pub(crate) fn unanswered<'a>(&'a self, headers: &'a [(String, String)]) -> Unanswered<'a> {
        Unanswered { recorder: self, headers, is_over: false }
    }

    /// Ends with this answer: adds the request's id to its headers, and hands the trace over.
    pub(crate) fn finish(&self, headers: &[(String, String)], response: &mut Response) {
        let mut trace = std::mem::take(&mut *self.trace.lock());
        response.headers.push((REQUEST_ID.to_owned(), trace.id.clone()));
        if !self.is_on() {
            return;
        }
        trace.status = response.status;
        if !trace.errors.is_empty() {
            // They are a part of the body.
            trace.bytes += response.body.len();
        }
        if self.keeps_values() {
            trace.answered(&response.body);
        }
        self.hand_over(trace, headers);
    }

    /// Ends without an answer, at once.
    fn end_unanswered(&self, headers: &[(String, String)], cancelled: bool) {
        if !self.is_on() {
            return;
        }
        let mut trace = std::mem::take(&mut *self.trace.lock());
        (trace.status, trace.cancelled) = if cancelled { (HUNG_UP, true) } else { (200, false) };
        self.hand_over(trace, headers);
    }

    fn hand_over(&self, mut trace: RequestTrace, headers: &[(String, String)]) {
        trace.micros = self.now();
        trace.field_log_level = self.traces.field_log_level();
        trace.resolvers = trace.resolvers.max(u32::try_from(trace.fields.len()).unwrap_or(u32::MAX));
        trace.bytes += TRACE_OVERHEAD + self.allowance.taken();
        trace.bytes += trace.query.len() + trace.fields.iter().map(weight).sum::<usize>();
        if self.keeps_values() && trace.request.is_none() {
            trace.request = Some(Arc::new(resolver::Request { headers: context_headers(headers), domain_name: None }));
        }
        trace.fields.sort_by_key(|field| field.number);
        self.traces.finished(&Arc::new(trace));
    }
}

impl Unanswered<'_> {
    /// The request has this answer.
    pub(crate) fn answered(mut self, response: &mut Response) {
        self.is_over = true;
        self.recorder.finish(self.headers, response);
    }

    /// The request has come to a subscription, or to why there is none.
    pub(crate) fn subscribed<T>(mut self, subscribed: &Result<T, Vec<GraphqlError>>) {
        self.is_over = true;
        if self.recorder.is_on()
            && let Err(errors) = subscribed
        {
            self.recorder.failed(errors.clone());
        }
        self.recorder.end_unanswered(self.headers, false);
    }
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.recorder.end_unanswered(self.headers, true);
        }
    }
}

/// Tells the client what its request is called in traces.
pub(crate) const REQUEST_ID: &str = "x-amzn-RequestId";
/// The status of a request whose client hung up, as CloudFront logs it.
const HUNG_UP: u16 = 499;
/// What a trace takes without its values, bytes, roughly.
const TRACE_OVERHEAD: usize = 1_024;
/// What a field takes without its values, errors and logs, bytes, roughly.
fn weight(field: &FieldTrace) -> usize {
    let handlers = field.handlers().count() * size_of::<HandlerTrace>();
    size_of::<FieldTrace>() + field.steps.len() * size_of::<StepTrace>() + handlers
}
