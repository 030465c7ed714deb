//! The trace that a caller's request belongs to: W3C's `traceparent`, or AWS's `X-Amzn-Trace-Id`.

use appsync::trace::RequestTrace;
use opentelemetry::{
    Context,
    propagation::{Extractor, TextMapPropagator},
    trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;

/// The headers of a request.
struct Headers<'a>(&'a RequestTrace);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.header(key)
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate"]
    }
}

/// The caller's span as the parent of ours; none where it sends none.
pub(super) fn context(trace: &RequestTrace) -> Context {
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(trace));
    if context.has_active_span() {
        return context;
    }
    match trace.header("x-amzn-trace-id").and_then(of_aws) {
        Some(span) => context.with_remote_span_context(span),
        None => context,
    }
}

/// `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1` (X-Ray developer guide, "Tracing
/// header"). Without a parent there is no span to be a child of.
fn of_aws(header: &str) -> Option<SpanContext> {
    let part = |name: &str| header.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let mut root = part("Root")?.strip_prefix("1-")?.split('-');
    let trace_id = TraceId::from_hex(&format!("{}{}", root.next()?, root.next()?)).ok()?;
    let span_id = SpanId::from_hex(part("Parent")?).ok()?;
    let flags = if part("Sampled") == Some("0") { TraceFlags::default() } else { TraceFlags::SAMPLED };
    let span = SpanContext::new(trace_id, span_id, flags, true, TraceState::default());
    span.is_valid().then_some(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_of_aws_names_trace_and_span() {
        let span =
            of_aws("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1").expect("a span");
        assert_eq!(span.trace_id().to_string(), "5759e988bd862e3fe1be46a994272793");
        assert_eq!((span.span_id().to_string(), span.is_sampled()), ("53995c3f42cd8ad8".to_owned(), true));
        assert!(
            !of_aws("Root=1-5759e988-bd862e3fe1be46a994272793; Parent=53995c3f42cd8ad8; Sampled=0")
                .expect("a span")
                .is_sampled()
        );
        for wrong in
            ["", "Root=1-5759e988-bd862e3fe1be46a994272793", "Root=x;Parent=53995c3f42cd8ad8", "Root=1-0-0;Parent=0"]
        {
            assert!(of_aws(wrong).is_none(), "{wrong}");
        }
    }
}
