//! Who gets finished requests, and how much of them has to be recorded for that.

use std::{fmt, sync::Arc};

use super::RequestTrace;

/// How much is recorded of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Nothing.
    #[default]
    Off,
    /// What ran, how long, and which errors there were.
    Times,
    /// With the values.
    Values,
}

/// `LogConfig.fieldLogLevel` of an API (developer guide, "Using CloudWatch to monitor and log GraphQL API data").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldLogLevel {
    /// No fields.
    None,
    /// Those that failed.
    Error,
    /// Those that failed, and what handlers log.
    Info,
    /// As `Info`, with more of what handlers log.
    Debug,
    /// All fields, and what handlers log.
    All,
}

/// Gets every finished request.
pub trait Sink: Send + Sync + 'static {
    /// What it needs to be recorded.
    fn detail(&self) -> Detail;

    /// A request has finished. The client waits for this: hand over what takes time.
    fn finished(&self, trace: &Arc<RequestTrace>);
}

/// Where finished requests go. Clones share their sinks.
#[derive(Clone, Default)]
pub struct Traces {
    sinks: Arc<[Arc<dyn Sink>]>,
    detail: Detail,
    field_log_level: Option<FieldLogLevel>,
}

impl Traces {
    /// To these sinks, recording what the most curious of them needs.
    pub fn new(sinks: Vec<Arc<dyn Sink>>) -> Self {
        let detail = sinks.iter().map(|sink| sink.detail()).max().unwrap_or_default();
        let sinks = sinks.into_iter().filter(|sink| sink.detail() > Detail::Off).collect();
        Self { sinks, detail, field_log_level: None }
    }

    /// The same for an API with this `LogConfig`.
    pub fn logging(&self, field_log_level: Option<FieldLogLevel>) -> Self {
        Self { field_log_level, ..self.clone() }
    }

    pub(super) fn field_log_level(&self) -> Option<FieldLogLevel> {
        self.field_log_level
    }

    /// How much is recorded.
    pub fn detail(&self) -> Detail {
        self.detail
    }

    /// Hands a finished request to every sink.
    pub(super) fn finished(&self, trace: &Arc<RequestTrace>) {
        for sink in &*self.sinks {
            sink.finished(trace);
        }
    }
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traces").field("sinks", &self.sinks.len()).field("detail", &self.detail).finish()
    }
}
