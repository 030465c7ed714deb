//! One line of the log for each request to a GraphQL API, with its id.

use std::sync::Arc;

use appsync::trace::{Detail, RequestTrace, Sink};

/// What `STEPWELL_LOG` calls these lines, for example `STEPWELL_LOG=warn,stepwell::requests=info`.
macro_rules! target {
    () => {
        "stepwell::requests"
    };
}

/// Logs requests, where the log wants them.
pub(super) struct RequestLog;

impl Sink for RequestLog {
    fn detail(&self) -> Detail {
        if tracing::enabled!(target: target!(), tracing::Level::INFO) { Detail::Times } else { Detail::Off }
    }

    fn finished(&self, trace: &Arc<RequestTrace>) {
        tracing::info!(
            target: target!(),
            request_id = trace.id,
            api_id = trace.api_id,
            operation_type = trace.operation_type,
            operation_name = trace.operation_name,
            status = trace.status,
            cancelled = trace.cancelled,
            micros = trace.micros,
            resolvers = trace.resolvers,
            errors = trace.errors.len(),
            error_type = trace.error_type(),
            username = trace.username,
            "request"
        );
        for field in &trace.fields {
            tracing::debug!(
                target: target!(),
                request_id = trace.id,
                type_name = field.parent_type(),
                field_name = field.field(),
                start_micros = field.start,
                micros = field.micros,
                error = field.error.as_ref().map(appsync::trace::ErrorTrace::message),
                "resolver"
            );
        }
    }
}
