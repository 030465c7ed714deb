//! The spans of a request: one for it, one for each resolver below the one that it was selected of, one for each function
//! of a pipeline and for each call of a data source. Attributes are those of OpenTelemetry's semantic conventions where
//! they have one; secrets are masked.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use appsync::GraphqlError;
use appsync::trace::{CallTrace, ErrorTrace, FieldTrace, Label, RequestTrace, ResolverKind, StepTrace};
use opentelemetry::{
    Array, Context, KeyValue, StringValue, Value,
    trace::{Span, SpanBuilder, SpanKind, Status, TraceContextExt},
};
use opentelemetry_sdk::trace::SdkTracer;

use super::caller;

/// A request on its way to spans.
struct Spans<'a> {
    tracer: &'a SdkTracer,
    began: SystemTime,
}

/// Makes the spans of a request and hands them to the exporter.
pub(super) fn send(tracer: &SdkTracer, trace: &RequestTrace) {
    let millis = u64::try_from(trace.started.0).unwrap_or_default();
    let spans = Spans { tracer, began: UNIX_EPOCH + Duration::from_millis(millis) };
    let attributes = of_request(trace);
    let builder = spans.builder(name(trace), 0).with_kind(SpanKind::Server).with_attributes(attributes);
    let mut root = builder.start_with_context(tracer, &caller::context(trace));
    if let Some(error) = trace.errors.first() {
        root.set_status(Status::error(message(error)));
    }
    if trace.cancelled {
        root.set_status(Status::error("the client hung up"));
    }
    let context = Context::new().with_remote_span_context(root.span_context().clone());
    let mut fields = HashMap::new();
    for field in &trace.fields {
        let parent = field.parent.and_then(|number| fields.get(&number)).unwrap_or(&context);
        let own = spans.field(parent, field);
        fields.insert(field.number, own);
    }
    root.end_with_timestamp(spans.at(trace.micros));
}

/// What an error of the answer says, secrets masked.
fn message(error: &GraphqlError) -> String {
    RequestTrace::error(error)["message"].as_str().unwrap_or_default().to_owned()
}

/// As the conventions name spans of GraphQL servers.
fn name(trace: &RequestTrace) -> String {
    match (trace.operation_type, &trace.operation_name) {
        (Some(kind), Some(name)) => format!("{kind} {name}"),
        (Some(kind), None) => kind.to_owned(),
        (None, _) => "GraphQL Operation".to_owned(),
    }
}

fn of_request(trace: &RequestTrace) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("graphql.document", trace.query()),
        KeyValue::new("aws.request_id", trace.id.clone()),
        KeyValue::new("aws.appsync.api_id", trace.api_id.clone()),
    ];
    if !trace.cancelled {
        attributes.push(KeyValue::new("http.response.status_code", i64::from(trace.status)));
        attributes.push(KeyValue::new("http.response.body.size", size(trace.response_bytes)));
    }
    if let Some(http) = &trace.http {
        attributes.push(KeyValue::new("http.request.method", http.method));
        attributes.push(KeyValue::new("http.route", http.route));
        attributes.push(KeyValue::new("url.path", http.path.clone()));
    }
    let error_type = if trace.cancelled { Some("cancelled") } else { trace.error_type() };
    let texts = [
        ("graphql.operation.type", trace.operation_type.map(str::to_owned)),
        ("graphql.operation.name", trace.operation_name.clone()),
        ("user.name", trace.username.clone()),
        ("user_agent.original", trace.header("user-agent").map(str::to_owned)),
        ("error.type", error_type.map(str::to_owned)),
    ];
    attributes.extend(texts.into_iter().filter_map(|(key, text)| Some(KeyValue::new(key, text?))));
    let arns = trace.execution_arns();
    if !arns.is_empty() {
        attributes.push(KeyValue::new("aws.step_functions.execution.arns", list(arns)));
    }
    attributes
}

impl Spans<'_> {
    fn at(&self, micros: u64) -> SystemTime {
        self.began + Duration::from_micros(micros)
    }

    fn builder(&self, name: impl Into<std::borrow::Cow<'static, str>>, start: u64) -> SpanBuilder {
        SpanBuilder::from_name(name).with_start_time(self.at(start))
    }

    /// Makes a resolver's spans; answers the context for those below it.
    fn field(&self, parent: &Context, field: &FieldTrace) -> Context {
        let attributes = [
            KeyValue::new("graphql.field.name", field.field().to_owned()),
            KeyValue::new("graphql.field.parent_type", field.parent_type().to_owned()),
            KeyValue::new("graphql.field.path", path(field)),
        ];
        let name = format!("{}.{}", field.parent_type(), field.field());
        let mut span =
            self.builder(name, field.start).with_attributes(attributes).start_with_context(self.tracer, parent);
        failed(&mut span, field.error.as_ref());
        let context = Context::new().with_remote_span_context(span.span_context().clone());
        for step in &field.steps {
            self.step(&context, field, step);
        }
        span.end_with_timestamp(self.at(field.start + field.micros));
        context
    }

    fn step(&self, parent: &Context, field: &FieldTrace, step: &StepTrace) {
        let handlers =
            [&step.before, &step.after].map(|handler| handler.as_ref().map(|handler| (handler.start, handler.micros)));
        let call = step.call.as_ref().map(|call| (call.start, call.micros));
        let parts = || [handlers[0], call, handlers[1]].into_iter().flatten();
        let (Some((start, _)), Some((last, took))) = (parts().next(), parts().next_back()) else {
            return;
        };
        let end = last + took;
        let mut function = None;
        if field.kind == ResolverKind::Pipeline {
            let builder = self.builder(step.name.to_string(), start);
            function = Some(builder.start_with_context(self.tracer, parent));
        }
        let own = function.as_ref().map(|span| Context::new().with_remote_span_context(span.span_context().clone()));
        if let Some(call) = step.call.as_ref().filter(|_| step.source.type_name != "NONE") {
            self.call(own.as_ref().unwrap_or(parent), &step.source, call);
        }
        if let Some(mut function) = function {
            function.end_with_timestamp(self.at(end));
        }
    }

    fn call(&self, parent: &Context, source: &Label, call: &CallTrace) {
        let operation = call.operation();
        let mut attributes = of_call(source, &operation);
        if let Some(size) = call.batch_size {
            attributes.push(KeyValue::new("aws.appsync.batch_size", size as i64));
        }
        let name = match &*operation {
            "" => source.name.clone(),
            operation => format!("{} {operation}", service(source)),
        };
        let builder = self.builder(name, call.start).with_kind(SpanKind::Client).with_attributes(attributes);
        let mut span = builder.start_with_context(self.tracer, parent);
        failed(&mut span, call.error.as_ref());
        span.end_with_timestamp(self.at(call.start + call.micros));
    }
}

/// What the conventions say of a call to a service of AWS.
fn of_call(source: &Label, operation: &str) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("aws.appsync.data_source.name", source.name.clone()),
        KeyValue::new("aws.appsync.data_source.type", source.type_name.clone()),
    ];
    let aws = [
        KeyValue::new("rpc.system", "aws-api"),
        KeyValue::new("rpc.service", service(source).to_owned()),
        KeyValue::new("rpc.method", operation.to_owned()),
    ];
    match source.type_name.as_str() {
        "AMAZON_DYNAMODB" => {
            attributes.extend(aws);
            attributes.push(KeyValue::new("db.system.name", "aws.dynamodb"));
            attributes.push(KeyValue::new("aws.dynamodb.table_names", list(vec![source.target.clone()])));
        }
        "AWS_LAMBDA" => {
            attributes.extend(aws);
            attributes.push(KeyValue::new("aws.lambda.invoked_arn", source.target.clone()));
        }
        "HTTP" => attributes.push(KeyValue::new("url.full", source.target.clone())),
        _ => attributes.extend(aws),
    }
    attributes
}

fn service(source: &Label) -> &str {
    match source.type_name.as_str() {
        "AMAZON_DYNAMODB" => "DynamoDB",
        "AWS_LAMBDA" => "Lambda",
        "AMAZON_EVENTBRIDGE" => "EventBridge",
        _ => &source.name,
    }
}

fn failed(span: &mut impl Span, error: Option<&ErrorTrace>) {
    if let Some(error) = error {
        span.set_status(Status::error(error.message()));
        if let Some(kind) = &error.kind {
            span.set_attribute(KeyValue::new("error.type", kind.clone()));
        }
    }
}

fn path(field: &FieldTrace) -> String {
    appsync::PathSegment::join(&field.path)
}

fn list(texts: Vec<String>) -> Value {
    Value::Array(Array::String(texts.into_iter().map(StringValue::from).collect()))
}

fn size(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_the_error_of_a_request_are_masked() {
        let error = GraphqlError::of_request("Failed", r#"refused: {"password": "abcdefghij"}"#);
        let shown = message(&error);
        assert!(shown.starts_with("refused: ") && !shown.contains("abcdefghij"), "{shown}");
        assert_eq!(message(&GraphqlError::of_request("Failed", "plain")), "plain");
    }
}
