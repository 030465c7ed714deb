//! Recording one request, from its arrival to its answer.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use auth::Identity;
use bytes::Bytes;
use clock::Clock;
use parking_lot::Mutex;
use serde_json::{Map, Value};

use super::{Captured, Detail, ErrorTrace, FieldTrace, Published, RequestTrace, ResolverKind, Steps, Traces};
use crate::{
    GraphqlError, PathSegment, Request, Response,
    execution::context_headers,
    limits,
    pipeline::{Invocation, Raised},
    plan::{Field, Plan},
    request::Refusal,
};

/// Records one request.
pub(crate) struct Recorder {
    traces: Traces,
    clock: Arc<dyn Clock>,
    began: u64,
    /// Bytes of values that may still be recorded.
    left: AtomicUsize,
    trace: Mutex<RequestTrace>,
}

/// Where a resolver runs.
pub(crate) struct Place {
    pub(crate) number: usize,
    pub(crate) parent: Option<usize>,
    pub(crate) path: Vec<PathSegment>,
}

impl Recorder {
    /// Begins. The request gets its id here, whether it is recorded or not.
    pub(crate) fn begin(traces: &Traces, clock: &Arc<dyn Clock>, api_id: &str) -> Self {
        let id = clock.uuid();
        let trace = match traces.detail() {
            Detail::Off => RequestTrace { id, ..RequestTrace::default() },
            _ => RequestTrace { id, api_id: api_id.to_owned(), started: clock.now(), ..RequestTrace::default() },
        };
        Self {
            traces: traces.clone(),
            clock: clock.clone(),
            began: if traces.detail() == Detail::Off { 0 } else { clock.monotonic_micros() },
            left: AtomicUsize::new(limits::TRACE_BYTES),
            trace: Mutex::new(trace),
        }
    }

    /// Whether anything is recorded.
    pub(crate) fn is_on(&self) -> bool {
        self.traces.detail() > Detail::Off
    }

    fn keeps_values(&self) -> bool {
        self.traces.detail() == Detail::Values
    }

    /// Microseconds since the request began; 0 where nothing is recorded.
    pub(super) fn now(&self) -> u64 {
        if self.is_on() { self.clock.monotonic_micros().saturating_sub(self.began) } else { 0 }
    }

    /// What is asked, and by whom.
    pub(crate) fn asked(&self, request: &Request) {
        if !self.is_on() {
            return;
        }
        let variables = &request.body.variables;
        let variables = if variables.is_empty() { Captured::default() } else { self.copied_members(variables) };
        let mut trace = self.trace.lock();
        trace.mode = Some(request.identity.mode());
        if self.keeps_values() {
            trace.query = request.body.query.clone();
            trace.username = username(&request.identity);
            trace.variables = variables;
        }
    }

    /// The document is read and planned.
    pub(crate) fn planned(&self, plan: &Plan) {
        if self.is_on() {
            let now = self.now();
            let mut trace = self.trace.lock();
            trace.prepare_micros = now;
            trace.operation_type = Some(plan.operation.name());
            trace.operation_name = plan.operation_name.as_ref().map(ToString::to_string);
        }
    }

    /// The headers as resolvers see them.
    pub(crate) fn headers(&self, request: &Arc<resolver::Request>) {
        if self.keeps_values() {
            self.trace.lock().request = Some(request.clone());
        }
    }

    /// So many resolvers ran.
    pub(crate) fn ran(&self, resolvers: u32) {
        if self.is_on() {
            self.trace.lock().resolvers = resolvers;
        }
    }

    /// Errors of the answer.
    pub(crate) fn failed(&self, errors: Vec<GraphqlError>) {
        if self.is_on() && !errors.is_empty() {
            self.trace.lock().errors = errors;
        }
    }

    /// The request is refused before it runs.
    pub(crate) fn refused(&self, refusal: &Refusal) {
        if self.is_on() {
            self.failed(match refusal {
                Refusal::Errors(errors) => errors.clone(),
                Refusal::Status { error_type, message, .. } => vec![GraphqlError::of_request(error_type, message)],
            });
        }
    }

    /// The request is refused at the door, with this answer.
    pub(crate) fn turned_away(&self, answer: &Response) {
        if self.is_on() {
            let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let error = &body["errors"][0];
            let text = |name: &str| error[name].as_str().unwrap_or_default();
            self.failed(vec![GraphqlError::of_request(text("errorType"), text("message"))]);
        }
    }

    /// The answer that nothing was executed, because of `error`.
    pub(crate) fn not_executed(&self, error: GraphqlError) -> Response {
        let errors = vec![error];
        let response = Response::not_executed(&errors);
        self.failed(errors);
        response
    }

    /// A mutation's result went to the subscribers of `field`.
    pub(crate) fn published(&self, field: &str, subscribers: usize) {
        if self.is_on() {
            self.trace.lock().published.push(Published { field: field.to_owned(), subscribers });
        }
    }

    /// The whole answer was in the API's cache, or was looked for there in vain.
    pub(crate) fn cache(&self, hit: bool) {
        if self.is_on() {
            self.trace.lock().cache_hit = Some(hit);
        }
    }

    /// A resolver has ended.
    pub(crate) fn resolved(
        &self,
        field: &Field,
        kind: ResolverKind,
        place: Option<Place>,
        invocation: Invocation,
        steps: Steps,
        result: &Result<Value, Raised>,
    ) {
        // Only what is recorded has a place.
        let Some(Place { number, parent, path }) = place else { return };
        let steps = steps.finish();
        let unknown = result.as_ref().ok().filter(|_| !steps.tells_result());
        let result_captured = unknown.map(|value| self.copied(value)).unwrap_or_default();
        let (arguments, source) = if self.keeps_values() {
            (self.members(&invocation.arguments), self.shared(&invocation.source))
        } else {
            Default::default()
        };
        let trace = FieldTrace {
            parent_type: field.parent.clone(),
            field: field.name.clone(),
            path,
            parent,
            number,
            kind,
            start: steps.began,
            micros: self.now() - steps.began,
            arguments,
            source,
            before: steps.before,
            steps: steps.steps,
            after: steps.after,
            error: result.as_ref().err().map(ErrorTrace::of_raised),
            cache_hit: steps.cache_hit,
            result: result_captured,
        };
        self.trace.lock().fields.push(trace);
    }

    /// Ends with this answer: adds the request's id to its headers, and hands the trace over.
    pub(crate) fn finish(&self, headers: &[(String, String)], response: &mut Response) {
        let mut trace = std::mem::take(&mut *self.trace.lock());
        response.headers.push((REQUEST_ID.to_owned(), trace.id.clone()));
        if !self.is_on() {
            return;
        }
        trace.micros = self.now();
        trace.status = response.status;
        trace.field_log_level = self.traces.field_log_level();
        trace.resolvers = trace.resolvers.max(u32::try_from(trace.fields.len()).unwrap_or(u32::MAX));
        trace.bytes = TRACE_OVERHEAD + limits::TRACE_BYTES.saturating_sub(self.left.load(Ordering::Relaxed));
        trace.bytes += trace.query.len() + trace.fields.iter().map(weight).sum::<usize>();
        if !trace.errors.is_empty() {
            // They are a part of the body.
            trace.bytes += response.body.len();
        }
        if self.keeps_values() {
            trace.answered(&response.body);
            if trace.request.is_none() {
                trace.request =
                    Some(Arc::new(resolver::Request { headers: context_headers(headers), domain_name: None }));
            }
        }
        trace.fields.sort_by_key(|field| field.number);
        self.traces.finished(&Arc::new(trace));
    }

    /// Ends with a subscription, or with why there is none.
    pub(crate) fn subscribed<T>(&self, request: &Request, subscribed: &Result<T, Vec<GraphqlError>>) {
        if !self.is_on() {
            return;
        }
        if let Err(errors) = subscribed {
            self.failed(errors.clone());
        }
        let mut nothing = Response { status: 200, headers: Vec::new(), body: Bytes::new() };
        self.finish(&request.headers, &mut nothing);
    }

    /// A value that is shared already.
    pub(super) fn shared(&self, value: &Arc<Value>) -> Captured {
        if !self.keeps_values() || value.is_null() {
            return Captured::default();
        }
        self.within(Captured::shared(value))
    }

    /// A value that somebody else owns.
    pub(super) fn copied(&self, value: &Value) -> Captured {
        if !self.keeps_values() {
            return Captured::default();
        }
        self.within(Captured::copied(value))
    }

    pub(super) fn copied_members(&self, members: &Map<String, Value>) -> Captured {
        if !self.keeps_values() {
            return Captured::default();
        }
        self.within(Captured::copied_members(members))
    }

    fn members(&self, members: &Arc<Map<String, Value>>) -> Captured {
        if members.is_empty() {
            return Captured::default();
        }
        self.within(Captured::members(members))
    }

    /// Nothing, once the request has taken all that one may take.
    fn within(&self, (captured, bytes): (Captured, usize)) -> Captured {
        let taken = |left: usize| left.checked_sub(bytes);
        match self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken) {
            Ok(_) => captured,
            Err(_) => Captured::default(),
        }
    }
}

/// Tells the client what its request is called in traces.
pub(crate) const REQUEST_ID: &str = "x-amzn-RequestId";
/// What a trace takes without its values, bytes, roughly.
const TRACE_OVERHEAD: usize = 1_024;
/// What a field takes without its values and logs, bytes, roughly.
const FIELD_OVERHEAD: usize = 1_024;

/// What a field takes without its values, bytes, roughly.
fn weight(field: &FieldTrace) -> usize {
    FIELD_OVERHEAD + field.handlers().flat_map(|handler| &handler.logs).map(String::len).sum::<usize>()
}

fn username(identity: &Identity) -> Option<String> {
    match identity {
        Identity::ApiKey | Identity::Lambda(_) => None,
        Identity::Iam(iam) => Some(iam.username.clone()),
        Identity::Oidc(user) => Some(user.sub.clone()),
        Identity::UserPool(user) => Some(user.username.clone()),
    }
}

impl ErrorTrace {
    fn of_raised(raised: &Raised) -> Self {
        match raised {
            Raised::Error(error) => Self::from(&**error),
            Raised::Unauthorized => Self::new("Unauthorized", Some("Unauthorized")),
        }
    }
}
