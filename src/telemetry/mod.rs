//! What there is to see of requests: the newest of them for the operator, metrics, lines of the log, and spans for a
//! collector of OpenTelemetry. Each is a [`Sink`] of what the APIs have finished.

mod api_log;
mod log;
pub(crate) mod metrics;
mod otlp;

use std::sync::Arc;

use appsync::trace::{Ring, Sink, Traces};
use aws_protocol::Partition;
use opentelemetry_otlp::ExporterBuildError;

pub(crate) use api_log::field_log_level;

use crate::config::Config;
use metrics::Metrics;
use otlp::Otlp;

/// Where requests are seen.
#[derive(Clone)]
pub(crate) struct Telemetry {
    /// The newest requests.
    pub(crate) ring: Arc<Ring>,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// Where APIs send what they have finished.
    pub(crate) traces: Traces,
    otlp: Option<Arc<Otlp>>,
}

impl Telemetry {
    /// As the settings say. Needs the runtime.
    ///
    /// # Errors
    /// There is no sending to `otlp_endpoint`.
    pub(crate) fn start(config: &Config) -> Result<Self, ExporterBuildError> {
        let ring = Arc::new(Ring::new(config.trace_requests.value, config.trace_bytes.value));
        let metrics = Arc::new(Metrics::default());
        let otlp = config.otlp_endpoint.value.as_deref().map(Otlp::start).transpose()?.map(Arc::new);
        let mut sinks: Vec<Arc<dyn Sink>> = vec![ring.clone(), metrics.clone(), Arc::new(log::RequestLog)];
        let partition = Partition::new(config.region.value.clone(), config.account.value.clone());
        sinks.push(Arc::new(api_log::ApiLog { partition }));
        sinks.extend(otlp.clone().map(|otlp| otlp as Arc<dyn Sink>));
        Ok(Self { ring, metrics, traces: Traces::new(sinks), otlp })
    }

    /// Sends what has not been sent yet.
    pub(crate) async fn shutdown(&self) {
        if let Some(otlp) = &self.otlp {
            otlp.shutdown().await;
        }
    }
}
