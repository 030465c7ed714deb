//! Metrics in the text format of Prometheus. HTTP and GraphQL have the names of OpenTelemetry's conventions, spelt as
//! Prometheus wants them; what AppSync and Step Functions count has names of their own.
//!
//! Labels come from the template, from routes and from AWS's names, never from clients, and where a resolver may choose
//! one after all, their number is bounded ([`family`]), and their length.

mod executions;
mod family;

use std::sync::Arc;

use appsync::trace::{Detail, FieldTrace, RequestTrace, Sink, StepTrace};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use self::{
    executions::Executions,
    family::{Counts, Durations, Overflow},
};

/// Longest label that a resolver or an HTTP data source may choose, bytes; more is cut.
const LABEL_BYTES: usize = 128;

/// What is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    http: Durations<Http>,
    operations: Durations<Operation>,
    resolvers: Durations<Resolver>,
    data_sources: Durations<DataSource>,
    errors: Counts<ErrorType>,
    cache: Counts<Cache>,
    published: Counts<Published>,
    subscriptions: Family<Api, Gauge>,
    connections: Gauge,
    executions: Executions,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Http {
    http_request_method: String,
    http_route: String,
    http_response_status_code: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Operation {
    api_id: String,
    /// Empty where the document could not be read.
    graphql_operation_type: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Resolver {
    api_id: String,
    type_name: String,
    field_name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DataSource {
    api_id: String,
    data_source: String,
    data_source_type: String,
    operation: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ErrorType {
    api_id: String,
    error_type: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Cache {
    api_id: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Published {
    api_id: String,
    subscription: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Api {
    api_id: String,
}

/// A real-time connection, counted as long as this is held.
pub(crate) struct Connection(Gauge);

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let mut durations = Registering(&mut registry);
        let http = durations.add("http_server_request_duration", "HTTP requests.");
        let operations = durations.add("graphql_server_operation_duration", "Operations of the GraphQL APIs.");
        let resolvers = durations.add("appsync_resolver_duration", "Runs of resolvers.");
        let data_sources = durations.add("appsync_data_source_duration", "Calls of data sources.");
        let (errors, cache, published) = (Counts::default(), Counts::default(), Counts::default());
        registry.register("appsync_errors", "Errors in the answers of GraphQL APIs.", errors.family());
        registry.register("appsync_cache_lookups", "Looks into the caches of GraphQL APIs.", cache.family());
        registry.register("appsync_published_messages", "Messages to subscribers.", published.family());
        let subscriptions = Family::<Api, Gauge>::default();
        registry.register("appsync_subscriptions", "Open subscriptions.", subscriptions.clone());
        let connections = Gauge::default();
        registry.register("appsync_connections", "Open real-time connections.", connections.clone());
        let executions = Executions::register(&mut registry);
        Self {
            registry,
            http,
            operations,
            resolvers,
            data_sources,
            errors,
            cache,
            published,
            subscriptions,
            connections,
            executions,
        }
    }
}

/// Adds durations to a registry.
struct Registering<'a>(&'a mut Registry);

impl Registering<'_> {
    fn add<L: Overflow>(&mut self, name: &str, help: &str) -> Durations<L> {
        let durations = Durations::default();
        self.0.register_with_unit(name, help, Unit::Seconds, durations.family());
        durations
    }
}

impl Metrics {
    /// An HTTP request has been answered.
    pub(crate) fn http(&self, method: &str, route: &str, status: u16, micros: u64) {
        let labels = Http {
            http_request_method: method.to_owned(),
            http_route: route.to_owned(),
            http_response_status_code: status,
        };
        self.http.observe(&labels, micros);
    }

    /// So many messages have gone to subscribers of a namespace of an Event API.
    pub(crate) fn published(&self, api_id: &str, namespace: &str, messages: usize) {
        let labels = Published { api_id: api_id.to_owned(), subscription: namespace.to_owned() };
        self.published.add(&labels, messages as u64);
    }

    /// A real-time connection has been opened.
    pub(crate) fn connection(&self) -> Connection {
        self.connections.inc();
        Connection(self.connections.clone())
    }

    /// Counts executions of `engine` from now on.
    pub(crate) fn watch(self: &Arc<Self>, engine: &states::Engine) {
        self.executions.watch(engine);
    }

    /// Everything, as Prometheus reads it; `subscriptions` of each API as they are now.
    pub(crate) fn text(&self, subscriptions: impl Iterator<Item = (String, usize)>) -> String {
        self.subscriptions.clear();
        for (api_id, number) in subscriptions {
            let number = i64::try_from(number).unwrap_or(i64::MAX);
            self.subscriptions.get_or_create(&Api { api_id }).set(number);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a String accepts every write");
        text
    }

    fn field(&self, api_id: &str, field: &FieldTrace) {
        let labels = Resolver {
            api_id: api_id.to_owned(),
            type_name: field.parent_type().to_owned(),
            field_name: field.field().to_owned(),
        };
        self.resolvers.observe(&labels, field.micros);
        self.looked_up(api_id, field.cache_hit);
        for step in &field.steps {
            self.step(api_id, step);
        }
    }

    fn step(&self, api_id: &str, step: &StepTrace) {
        // A NONE data source calls nothing.
        let Some(call) = step.call.as_ref() else { return };
        let operation = call.operation();
        if operation.is_empty() {
            return;
        }
        let labels = DataSource {
            api_id: api_id.to_owned(),
            data_source: step.source.name.clone(),
            data_source_type: step.source.type_name.clone(),
            // Paths are no labels: there may be one for each item.
            operation: label(operation.split(' ').next().unwrap_or_default()),
            outcome: if call.error.is_some() { "error" } else { "ok" },
        };
        self.data_sources.observe(&labels, call.micros);
    }

    fn looked_up(&self, api_id: &str, hit: Option<bool>) {
        if let Some(hit) = hit {
            self.cache.add(&Cache { api_id: api_id.to_owned(), outcome: if hit { "hit" } else { "miss" } }, 1);
        }
    }
}

impl Sink for Metrics {
    fn detail(&self) -> Detail {
        Detail::Times
    }

    fn finished(&self, trace: &Arc<RequestTrace>) {
        let api_id = || trace.api_id.clone();
        let labels = Operation {
            api_id: api_id(),
            graphql_operation_type: trace.operation_type.unwrap_or_default(),
            outcome: match (trace.cancelled, trace.errors.is_empty()) {
                (true, _) => "cancelled",
                (false, true) => "ok",
                (false, false) => "error",
            },
        };
        self.operations.observe(&labels, trace.micros);
        self.looked_up(&trace.api_id, trace.cache_hit);
        for field in &trace.fields {
            self.field(&trace.api_id, field);
        }
        for error in &trace.errors {
            let error_type = label(error.error_type().unwrap_or_default());
            self.errors.add(&ErrorType { api_id: api_id(), error_type }, 1);
        }
        for published in &trace.published {
            let labels = Published { api_id: api_id(), subscription: published.field.clone() };
            self.published.add(&labels, published.subscribers as u64);
        }
    }
}

/// A text as a label, cut where it is too long.
fn label(text: &str) -> String {
    text[..text.floor_char_boundary(LABEL_BYTES)].to_owned()
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Implements [`Overflow`]: every text is `other`.
macro_rules! overflow {
    ($($labels:ident { $($text:ident),* } $({ $($rest:ident: $value:expr),* })?;)*) => {$(
        impl Overflow for $labels {
            fn other() -> Self {
                Self { $($text: "other".into(),)* $($($rest: $value,)*)? }
            }
        }
    )*};
}

overflow! {
    Http { http_request_method, http_route } { http_response_status_code: 0 };
    Operation { api_id, graphql_operation_type, outcome };
    Resolver { api_id, type_name, field_name };
    DataSource { api_id, data_source, data_source_type, operation, outcome };
    ErrorType { api_id, error_type };
    Cache { api_id, outcome };
    Published { api_id, subscription };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exposition_has_what_was_counted() {
        let metrics = Arc::new(Metrics::default());
        let mut trace = RequestTrace::default();
        trace.api_id = "api".to_owned();
        trace.operation_type = Some("query");
        trace.micros = 1_500;
        trace.errors = vec![appsync::GraphqlError::of_request("Unauthorized", "no")];
        trace.published = vec![appsync::trace::Published { field: "onStart".to_owned(), subscribers: 3 }];
        trace.cache_hit = Some(true);
        metrics.finished(&Arc::new(trace));
        metrics.http("POST", "/graphql", 200, 2_000);
        let connection = metrics.connection();
        let text = metrics.text([("api".to_owned(), 2)].into_iter());
        for line in [
            "graphql_server_operation_duration_seconds_count{api_id=\"api\",graphql_operation_type=\"query\",outcome=\"error\"} 1",
            "http_server_request_duration_seconds_sum{http_request_method=\"POST\",http_route=\"/graphql\",http_response_status_code=\"200\"} 0.002",
            "appsync_errors_total{api_id=\"api\",error_type=\"Unauthorized\"} 1",
            "appsync_published_messages_total{api_id=\"api\",subscription=\"onStart\"} 3",
            "appsync_cache_lookups_total{api_id=\"api\",outcome=\"hit\"} 1",
            "appsync_subscriptions{api_id=\"api\"} 2",
            "appsync_connections 1",
        ] {
            assert!(text.lines().any(|each| each == line), "no {line} in\n{text}");
        }
        drop(connection);
        assert!(metrics.text(std::iter::empty()).contains("appsync_connections 0\n"));
    }

    #[test]
    fn what_a_resolver_calls_its_error_is_cut() {
        let metrics = Metrics::default();
        let mut trace = RequestTrace::default();
        trace.errors = vec![appsync::GraphqlError::of_request(&"é".repeat(100), "no")];
        metrics.finished(&Arc::new(trace));
        let text = metrics.text(std::iter::empty());
        assert!(text.contains(&format!("error_type=\"{}\"", "é".repeat(LABEL_BYTES / 2))), "{text}");
        // An odd limit would part a character; a shorter text stays as it is.
        assert_eq!(label(&format!("a{}", "é".repeat(100))).len(), LABEL_BYTES - 1);
        assert_eq!(label("Unauthorized"), "Unauthorized");
    }
}
