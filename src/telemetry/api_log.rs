//! `LogConfig`: on AWS an API logs its requests and fields to CloudWatch Logs; here each entry is a line of the log, target
//! `stepwell::api_log`, in the shape that it has there.
//!
//! <https://docs.aws.amazon.com/appsync/latest/devguide/monitoring.html>
// AWS differs: it has entries of further types (`ExecutionSummary`, `RequestMapping`, `ResponseMapping`) and the
// `returnType` of fields. `stepwell trace --values` has what they tell.

use std::sync::Arc;

use appsync::{
    PathSegment,
    trace::{Detail, FieldLogLevel, FieldTrace, RequestTrace, Sink},
};
use aws_protocol::Partition;
use serde_json::{Value, json};
use template::GraphqlApi;

/// The target of the lines.
const TARGET: &str = "stepwell::api_log";

/// `LogConfig.FieldLogLevel`; nothing is logged without a `LogConfig`.
pub(crate) fn field_log_level(api: &GraphqlApi) -> Option<FieldLogLevel> {
    let level = api.log_config.as_ref()?.get("FieldLogLevel").and_then(Value::as_str);
    Some(match level {
        Some("ALL") => FieldLogLevel::All,
        Some("DEBUG") => FieldLogLevel::Debug,
        Some("INFO") => FieldLogLevel::Info,
        Some("ERROR") => FieldLogLevel::Error,
        _ => FieldLogLevel::None,
    })
}

/// Logs requests of APIs with a `LogConfig`.
pub(super) struct ApiLog {
    pub(super) partition: Partition,
}

impl Sink for ApiLog {
    fn detail(&self) -> Detail {
        if tracing::enabled!(target: TARGET, tracing::Level::INFO) { Detail::Times } else { Detail::Off }
    }

    fn finished(&self, trace: &Arc<RequestTrace>) {
        let Some(level) = trace.field_log_level else { return };
        for field in &trace.fields {
            if level >= FieldLogLevel::Info {
                for line in field.handlers().flat_map(|handler| handler.logs()) {
                    tracing::info!(target: TARGET, "{} INFO - {line}", trace.id);
                }
            }
            if is_logged(level, field) {
                tracing::info!(target: TARGET, "{}", self.tracing(trace, field));
            }
        }
        tracing::info!(target: TARGET, "{}", summary(trace));
    }
}

fn is_logged(level: FieldLogLevel, field: &FieldTrace) -> bool {
    match level {
        FieldLogLevel::All => true,
        FieldLogLevel::Error | FieldLogLevel::Info | FieldLogLevel::Debug => field.error.is_some(),
        FieldLogLevel::None => false,
    }
}

/// The entry of a request. Times are nanoseconds.
fn summary(trace: &RequestTrace) -> Value {
    json!({
        "logType": "RequestSummary",
        "requestId": trace.id,
        "graphQLAPIId": trace.api_id,
        "statusCode": trace.status,
        "latency": trace.micros * 1000,
    })
}

impl ApiLog {
    /// The entry of a field.
    fn tracing(&self, trace: &RequestTrace, field: &FieldTrace) -> Value {
        let (parent, name) = (field.parent_type(), field.field());
        let path: Vec<Value> = field.path.iter().map(segment).collect();
        let resolver = self.partition.arn("appsync", &format!("apis/{}/types/{parent}/fields/{name}", trace.api_id));
        json!({
            "duration": field.micros * 1000,
            "logType": "Tracing",
            "path": path,
            "fieldName": name,
            "startOffset": field.start * 1000,
            "resolverArn": resolver,
            "requestId": trace.id,
            "parentType": parent,
            "graphQLAPIId": trace.api_id,
            "fieldInError": field.error.is_some(),
        })
    }
}

fn segment(segment: &PathSegment) -> Value {
    match segment {
        PathSegment::Key(key) => key.as_str().into(),
        PathSegment::Index(index) => (*index).into(),
    }
}
