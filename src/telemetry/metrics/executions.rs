//! Executions of Step Functions: how many began, ended and run, told by the engine's changes.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use states::{Engine, ExecutionChange, Status};
use tokio::sync::broadcast::error::RecvError;

#[derive(Debug, Clone, Default)]
pub(super) struct Executions {
    started: Counter,
    ended: Family<Ended, Counter>,
    running: Gauge,
    /// Changes that came too fast to be counted.
    missed: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    /// AWS's spelling.
    status: &'static str,
}

impl Executions {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let executions = Self::default();
        let Self { started, ended, running, missed } = executions.clone();
        registry.register("states_executions_started", "Executions that began.", started);
        registry.register("states_executions_ended", "Executions that ended, by status.", ended);
        registry.register("states_executions_running", "Executions that run or wait.", running);
        registry.register("states_changes_missed", "Changes of executions that were not counted.", missed);
        executions
    }

    /// Counts from now on, on a task of its own.
    pub(super) fn watch(&self, engine: &Engine) {
        let (executions, engine, mut changes) = (self.clone(), engine.clone(), engine.subscribe());
        executions.running(&engine);
        tokio::spawn(async move {
            loop {
                match changes.recv().await {
                    Ok(change) => executions.count(&change),
                    Err(RecvError::Lagged(missed)) => {
                        executions.missed.inc_by(missed);
                    }
                    Err(RecvError::Closed) => return,
                }
                executions.running(&engine);
            }
        });
    }

    fn running(&self, engine: &Engine) {
        self.running.set(i64::try_from(engine.running()).unwrap_or(i64::MAX));
    }

    fn count(&self, change: &ExecutionChange) {
        // The first step is the one that added the whole history.
        if change.events == change.new_events as u64 {
            self.started.inc();
        }
        if change.status != Status::Running {
            self.ended.get_or_create(&Ended { status: change.status.as_str() }).inc();
        }
    }
}
