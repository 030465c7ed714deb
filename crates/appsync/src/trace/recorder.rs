//! Recording one request: what is told of it while it runs. Its resolvers are in `runs`, its end in `ending`.

use std::sync::Arc;

use auth::Identity;
use clock::Clock;
use parking_lot::Mutex;
use resolver::RaisedError;
use serde_json::{Map, Value};

use super::{Captured, Detail, ErrorTrace, FieldLogLevel, Published, RequestTrace, Traces, allowance::Allowance};
use crate::{GraphqlError, HttpTarget, Request, Response, pipeline::Raised, plan::Plan, request::Refusal};

/// Records one request.
pub(crate) struct Recorder {
    pub(super) traces: Traces,
    clock: Arc<dyn Clock>,
    began: u64,
    pub(super) allowance: Allowance,
    pub(super) trace: Mutex<RequestTrace>,
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
            allowance: Allowance::default(),
            trace: Mutex::new(trace),
        }
    }

    /// Whether anything is recorded.
    pub(crate) fn is_on(&self) -> bool {
        self.traces.detail() > Detail::Off
    }

    pub(super) fn keeps_values(&self) -> bool {
        self.traces.detail() == Detail::Values
    }

    /// Whether anybody reads what handlers log: who gets values, and the log of an API whose `LogConfig` wants it.
    fn keeps_logs(&self) -> bool {
        self.keeps_values() || self.traces.field_log_level() >= Some(FieldLogLevel::Info)
    }

    /// Microseconds since the request began; 0 where nothing is recorded.
    pub(super) fn now(&self) -> u64 {
        if self.is_on() { self.clock.monotonic_micros().saturating_sub(self.began) } else { 0 }
    }

    /// The HTTP request that it came in; none where it came over a WebSocket or from a rule.
    pub(crate) fn came_over(&self, http: Option<HttpTarget>) {
        if self.is_on() {
            self.trace.lock().http = http;
        }
    }

    /// What is asked, and by whom.
    pub(crate) fn asked(&self, request: &Request) {
        if !self.is_on() {
            return;
        }
        let variables = &request.body.variables;
        let variables = self.members(variables);
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

    pub(super) fn value(&self, value: &Value) -> Captured {
        if !self.keeps_values() {
            return Captured::default();
        }
        self.allowance.value(|texts, room| texts.value(value, room))
    }

    /// A value; nothing of null.
    pub(super) fn value_if_any(&self, value: &Value) -> Captured {
        if value.is_null() { Captured::default() } else { self.value(value) }
    }

    /// An object's members; nothing where it has none.
    pub(super) fn members(&self, members: &Map<String, Value>) -> Captured {
        if members.is_empty() || !self.keeps_values() {
            return Captured::default();
        }
        self.allowance.value(|texts, room| texts.members(members, room))
    }

    pub(super) fn error(&self, message: &str, kind: Option<&str>) -> ErrorTrace {
        self.allowance.error(message, kind)
    }

    /// Errors that a handler appended.
    pub(super) fn appended(&self, errors: &[RaisedError]) -> Vec<ErrorTrace> {
        self.allowance.appended(errors)
    }

    /// What a handler logged.
    pub(super) fn logged(&self, lines: Vec<String>) -> Vec<String> {
        if self.keeps_logs() { self.allowance.logged(lines) } else { Vec::new() }
    }

    pub(super) fn raised(&self, raised: &Raised) -> ErrorTrace {
        match raised {
            Raised::Error(error) => self.error(&error.message, error.kind.as_deref()),
            Raised::Unauthorized => ErrorTrace::new("Unauthorized".to_owned(), Some("Unauthorized")),
        }
    }
}

fn username(identity: &Identity) -> Option<String> {
    match identity {
        Identity::ApiKey | Identity::Lambda(_) => None,
        Identity::Iam(iam) => Some(iam.username.clone()),
        Identity::Oidc(user) => Some(user.sub.clone()),
        Identity::UserPool(user) => Some(user.username.clone()),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use clock::{SimulatedClock, Timestamp};
    use serde_json::json;

    use super::*;
    use crate::{
        limits,
        trace::{Label, Ring, Sink, Steps},
    };

    fn recorder(traces: &Traces) -> Arc<Recorder> {
        let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::new(Timestamp(0), 1));
        Arc::new(Recorder::begin(traces, &clock, "api"))
    }

    fn kept() -> (Arc<Ring>, Arc<Recorder>) {
        let ring = Arc::new(Ring::new(9, usize::MAX));
        let recorder = recorder(&Traces::new(vec![ring.clone()]));
        (ring, recorder)
    }

    fn appended(message: &str) -> RaisedError {
        RaisedError { message: message.to_owned(), kind: Some("Loud".to_owned()), data: None, info: None }
    }

    #[test]
    fn logs_and_errors_take_no_more_than_they_may_and_are_counted() {
        let (ring, recorder) = kept();
        let long = "x".repeat(limits::TRACE_VALUE_BYTES);
        let (mut logs, mut errors) = (Vec::new(), Vec::new());
        for _ in 0..50 {
            logs.extend(recorder.logged(vec![long.clone(); 1_000]));
            errors.extend(recorder.appended(&vec![appended(&long); 1_000]));
        }
        let logged: usize = logs.iter().map(String::len).sum();
        let told: usize = errors.iter().map(|error| error.message.len()).sum();
        assert!((limits::TRACE_LOG_BYTES / 2..=limits::TRACE_LOG_BYTES).contains(&logged), "{logged}");
        assert!((limits::TRACE_BYTES / 2..=limits::TRACE_BYTES).contains(&told), "{told}");
        assert_eq!(logs.last().map(String::as_str), Some("… (1000 more)"));
        assert_eq!(errors.last().map(|error| &*error.message), Some("… (1000 more)"));
        assert!(errors[0].message == long && logs[0] == long);

        recorder.finish(&[], &mut Response { status: 200, headers: Vec::new(), body: Bytes::new() });
        let trace = ring.newest(1, None, |_| true).pop().expect("a trace");
        assert!(trace.bytes >= logged + told, "{} {logged} {told}", trace.bytes);
    }

    /// Wants times only, as the log of an API does.
    struct Log;

    impl Sink for Log {
        fn detail(&self) -> Detail {
            Detail::Times
        }

        fn finished(&self, _: &Arc<RequestTrace>) {}
    }

    #[test]
    fn logs_are_kept_for_who_reads_them() {
        let traces = Traces::new(vec![Arc::new(Log)]);
        for (level, lines) in [
            (None, 0),
            (Some(FieldLogLevel::None), 0),
            (Some(FieldLogLevel::Error), 0),
            (Some(FieldLogLevel::Info), 1),
            (Some(FieldLogLevel::Debug), 1),
            (Some(FieldLogLevel::All), 1),
        ] {
            let recorder = recorder(&traces.logging(level));
            assert_eq!(recorder.logged(vec!["said".to_owned()]).len(), lines, "{level:?}");
        }
        let (_, values) = kept();
        assert_eq!(values.logged(vec!["said".to_owned()]).len(), 1);
    }

    #[test]
    fn a_run_that_is_not_traced_is_not_recorded() {
        let (_, recorder) = kept();
        let context = resolver::Context {
            stash: json!({ "a": "x".repeat(100) }).as_object().cloned().expect("an object"),
            ..resolver::Context::default()
        };
        for (traced, steps, is_copied) in [(true, 1, true), (false, 0, false)] {
            let taken = recorder.allowance.taken();
            let mut run = Steps::begin(&recorder, traced);
            let label = Label { name: "none".into(), type_name: "NONE".into(), target: String::new() };
            run.enter(&"f".into(), &Arc::new(label));
            run.handler(resolver::Handler::Request, &context);
            assert_eq!(run.finish().steps.len(), steps);
            assert_eq!(recorder.allowance.taken() > taken, is_copied);
        }
    }
}
