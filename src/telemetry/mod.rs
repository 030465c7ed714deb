//! What leaves the process about requests: the newest of them for the operator.

use std::sync::Arc;

use appsync::trace::{Ring, Sink, Traces};

use crate::config::Config;

/// Where requests are seen.
#[derive(Clone)]
pub(crate) struct Telemetry {
    /// The newest requests.
    pub(crate) ring: Arc<Ring>,
    /// Where APIs send what they have finished.
    pub(crate) traces: Traces,
}

impl Telemetry {
    /// As the settings say.
    pub(crate) fn start(config: &Config) -> Self {
        let ring = Arc::new(Ring::new(config.trace_requests.value, config.trace_bytes.value));
        let sinks: Vec<Arc<dyn Sink>> = vec![ring.clone()];
        Self { ring, traces: Traces::new(sinks) }
    }
}
