//! Requests as OpenTelemetry traces, sent over OTLP/HTTP.
//!
//! A trace is made of a request that has finished, on a task of its own: requests wait for nothing here, and where they
//! come faster than spans are made, some are left out and the log says so. What else there is to set has OpenTelemetry's
//! own variables: `OTEL_SERVICE_NAME`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_EXPORTER_OTLP_PROTOCOL` (`http/protobuf` or
//! `http/json`), `OTEL_BSP_*` and `OTEL_TRACES_SAMPLER`.

mod caller;
mod spans;

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use appsync::trace::{Detail, RequestTrace, Sink};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider},
};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};

/// Requests that wait to become spans.
const WAITING: usize = 4_096;
/// Bytes that they may take while they wait, roughly.
const WAITING_BYTES: usize = 64 << 20;
/// Who spans come from, where `OTEL_SERVICE_NAME` does not say.
const SERVICE: &str = "stepwell";

/// Sends requests to a collector.
pub(crate) struct Otlp {
    queue: mpsc::Sender<Job>,
    /// Bytes of the requests that wait.
    waiting: Arc<Bytes>,
    left_out: AtomicU64,
    provider: SdkTracerProvider,
}

/// Spans that wait for the next batch.
const SPANS: usize = 32_768;

/// Bytes that are taken of [`WAITING_BYTES`].
#[derive(Debug, Default)]
struct Bytes(AtomicUsize);

impl Bytes {
    /// Takes so many, if there is room. A request that is too large for it alone has room where nothing waits.
    fn take(&self, bytes: usize) -> bool {
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |waiting| {
            let after = waiting.saturating_add(bytes);
            (waiting == 0 || after <= WAITING_BYTES).then_some(after)
        });
        taken.is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// What is to be done, in order.
enum Job {
    Send(Arc<RequestTrace>),
    /// Say when all before this is done.
    Tell(oneshot::Sender<()>),
}

impl Otlp {
    /// Sends to the collector at `endpoint`, for example `http://127.0.0.1:4318`. Needs the runtime.
    ///
    /// # Errors
    /// The endpoint is no URL, or a variable of OpenTelemetry asks for what is not here.
    pub(crate) fn start(endpoint: &str) -> Result<Self, ExporterBuildError> {
        let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
        let exporter = SpanExporter::builder().with_http().with_endpoint(url).build()?;
        let mut resource = Resource::builder();
        let named = std::env::var("OTEL_RESOURCE_ATTRIBUTES").is_ok_and(|all| all.contains("service.name="));
        if !named && std::env::var_os("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name(SERVICE);
        }
        // All spans of a request end together, its own the last: a small queue would drop just that one.
        let mut batch = BatchConfigBuilder::default();
        if std::env::var_os("OTEL_BSP_MAX_QUEUE_SIZE").is_none() {
            batch = batch.with_max_queue_size(SPANS);
        }
        let processor = BatchSpanProcessor::builder(exporter).with_batch_config(batch.build()).build();
        let provider =
            SdkTracerProvider::builder().with_span_processor(processor).with_resource(resource.build()).build();
        let tracer = provider.tracer(SERVICE);
        let (queue, mut jobs) = mpsc::channel(WAITING);
        let waiting = Arc::<Bytes>::default();
        let taken = waiting.clone();
        tokio::spawn(async move {
            while let Some(job) = jobs.recv().await {
                match job {
                    Job::Send(trace) => {
                        spans::send(&tracer, &trace);
                        taken.give_back(trace.bytes());
                    }
                    // Who asked may have given up.
                    Job::Tell(done) => drop(done.send(())),
                }
            }
        });
        Ok(Self { queue, waiting, left_out: AtomicU64::new(0), provider })
    }

    fn leave_out(&self) {
        let left_out = self.left_out.fetch_add(1, Ordering::Relaxed) + 1;
        if left_out.is_power_of_two() {
            tracing::warn!(left_out, "requests come faster than their spans are made");
        }
    }

    /// Sends what has not been sent yet, waiting for it.
    pub(crate) async fn shutdown(&self) {
        let (done, told) = oneshot::channel();
        if self.queue.send(Job::Tell(done)).await.is_ok() {
            // An error means that the task is gone, and with it what waited.
            let _ = told.await;
        }
        let provider = self.provider.clone();
        let stopped = tokio::task::spawn_blocking(move || provider.shutdown()).await;
        if let Ok(Err(error)) = stopped {
            tracing::warn!(%error, "the last spans may not have been sent");
        }
    }
}

impl Sink for Otlp {
    fn detail(&self) -> Detail {
        Detail::Values
    }

    fn finished(&self, trace: &Arc<RequestTrace>) {
        if !self.waiting.take(trace.bytes()) {
            return self.leave_out();
        }
        if let Err(error) = self.queue.try_send(Job::Send(trace.clone())) {
            self.waiting.give_back(trace.bytes());
            if matches!(error, TrySendError::Full(_)) {
                self.leave_out();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_bounded_in_bytes() {
        let waiting = Bytes::default();
        assert!(waiting.take(WAITING_BYTES - 1) && waiting.take(1));
        assert!(!waiting.take(1), "full");
        waiting.give_back(1);
        assert!(waiting.take(1));
        waiting.give_back(WAITING_BYTES);
        assert!(waiting.take(usize::MAX), "alone");
        assert!(!waiting.take(1));
    }
}
