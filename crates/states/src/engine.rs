//! The engine's handle: what it is made of, and how it opens, recovers and shuts down.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use aws_protocol::{BoxFuture, Caller, Directory, Partition, Service, ServiceError};
use clock::Clock;
use dashmap::{DashMap, DashSet};
use serde_json::Value;
use store::{Store, Transaction};
use tokio::sync::{Notify, RwLock, Semaphore, broadcast, watch};

use crate::{
    Error, EventSink, ExecutionChange, Limits, MachineType, arn,
    catalog::Catalog,
    driver::{ActivityQueues, Calls, Loaded, MapRuns, Slot, Timers},
    layout, operations,
    throttle::{START_EXPRESS, Throttle},
};

/// What an engine is told at open.
#[derive(Debug, Clone)]
pub struct Config {
    /// Region and account of its ARNs.
    pub partition: Partition,
    /// Its bounds.
    pub limits: Limits,
}

/// Step Functions, embedded. Clones are handles of one engine.
#[derive(Clone)]
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
}

/// What all handles of one engine share.
pub(crate) struct Shared {
    pub(crate) partition: Partition,
    pub(crate) limits: Limits,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) services: Directory,
    pub(crate) sink: Arc<dyn EventSink>,
    pub(crate) catalog: Catalog,
    /// Executions in memory, by ARN: the running ones that are not parked.
    pub(crate) live: DashMap<Arc<str>, Arc<Slot>>,
    /// In what order Standard executions came into memory.
    pub(crate) loaded: Loaded,
    /// Ids of all running executions.
    pub(crate) open: DashSet<u64>,
    pub(crate) timers: Timers,
    pub(crate) activities: ActivityQueues,
    pub(crate) calls: Calls,
    pub(crate) map_runs: MapRuns,
    pub(crate) call_permits: Semaphore,
    pub(crate) throttle: Throttle,
    pub(crate) outbox: Notify,
    /// An execution has ended, where their number is bounded.
    pub(crate) ended: Notify,
    pub(crate) changes: broadcast::Sender<ExecutionChange>,
    /// Held for reading by every step, for writing by the shutdown.
    pub(crate) steps: RwLock<()>,
    pub(crate) stopping: watch::Sender<bool>,
    ids: AtomicU64,
}

/// Bits of an id that count within one run of the engine; those above count the runs.
const RUN_BITS: u32 = 40;
const RUN_KEY: &[u8] = b"run";

impl Engine {
    /// Opens the engine on `store`. Running executions go on after [`Self::recover`], which wants the services that
    /// tasks call to be in `services`.
    ///
    /// # Errors
    /// A store that fails, is damaged, or was written by a newer version.
    pub async fn open(
        config: Config,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        services: Directory,
        events: Arc<dyn EventSink>,
    ) -> Result<Self, Error> {
        layout::check_schema(&*store).await?;
        let ids = AtomicU64::new(next_run(&*store).await? << RUN_BITS);
        let Config { partition, limits } = config;
        let shared = Shared {
            catalog: Catalog::open(store.clone(), limits.parsed_definitions)?,
            live: DashMap::new(),
            loaded: Loaded::default(),
            open: DashSet::new(),
            timers: Timers::default(),
            activities: ActivityQueues::default(),
            calls: Calls::default(),
            map_runs: MapRuns::default(),
            call_permits: Semaphore::new(limits.service_calls),
            throttle: Throttle::new(&limits.quotas),
            outbox: Notify::new(),
            ended: Notify::new(),
            changes: broadcast::Sender::new(limits.subscription_backlog),
            steps: RwLock::new(()),
            stopping: watch::Sender::new(false),
            ids,
            partition,
            limits,
            store,
            clock,
            services,
            sink: events,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Starts timers and the delivery of status events, and takes up every running execution: sets its timers and issues
    /// its tasks again, which takes a replay of its steps. Call once, inside a tokio runtime.
    ///
    /// # Errors
    /// A store that fails. An execution that cannot be replayed is logged and left alone.
    pub async fn recover(&self) -> Result<(), Error> {
        self.shared.start_background();
        self.shared.recover_executions().await?;
        self.shared.finish_deletions().await?;
        self.shared.stop_jobs()
    }

    /// Stops: no step begins any more, those under way become durable first. Running executions go on at the next
    /// [`Self::recover`]; Express executions are lost, as they are in memory only.
    pub async fn shutdown(&self) {
        self.shared.stopping.send_replace(true);
        let _all_steps_done = self.shared.steps.write().await;
        self.shared.calls.abort_all();
    }

    /// The partition of this engine's ARNs.
    pub fn partition(&self) -> &Partition {
        &self.shared.partition
    }
}

impl Service for Engine {
    fn name(&self) -> &'static str {
        "states"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        caller: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        Box::pin(async move {
            let answer = match self.shared.admit(operation, &input) {
                Ok(()) => operations::call(&self.shared, operation, &input).await,
                Err(error) => Err(error),
            };
            answer.map_err(|error| {
                tracing::debug!(operation, caller = caller.principal_arn, %error, "refused");
                error.into()
            })
        })
    }
}

impl Shared {
    /// A number that no record of this store has had, higher than all before it.
    pub(crate) fn next_id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    /// Counts a call of an operation against its quota.
    fn admit(&self, operation: &str, input: &Value) -> Result<(), Error> {
        if self.throttle.is_off() {
            return Ok(());
        }
        let is_express = || {
            let (name, _) = arn::qualified_machine(input["stateMachineArn"].as_str()?).ok()?;
            Some(self.catalog.machine(&name)?.kind == MachineType::Express)
        };
        let counted = match operation {
            "StartExecution" if is_express() == Some(true) => START_EXPRESS,
            other => other,
        };
        self.throttle.take(counted, self.clock.now())
    }

    /// Whether [`Engine::shutdown`] has begun.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}

/// Counts the runs of the engine on this store, so that ids grow over restarts whatever the clock does.
async fn next_run(store: &dyn Store) -> Result<u64, Error> {
    let run = layout::get::<u64>(store, layout::META, RUN_KEY)?.unwrap_or(0) + 1;
    let mut transaction = Transaction::new();
    transaction.put(layout::META, RUN_KEY, layout::encode(&run));
    store.commit(transaction).await?;
    Ok(run)
}
