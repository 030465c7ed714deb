//! Status events that are durable but not yet delivered.
//!
//! An event is written in the transaction of the step that caused it, delivered after the commit, and removed after the
//! delivery: a crash in between delivers it again, none is lost.

use std::{ops::Bound, sync::Arc};

use serde_json::Value;
use store::{Page, Transaction};

use crate::{Error, engine::Shared, layout, records::ExecutionRow, status_event::status_event};

/// How many events are read, delivered and removed together.
const BATCH: usize = 64;
/// How long the outbox waits after a failed delivery, milliseconds.
const RETRY_MILLIS: i64 = 1_000;

impl Shared {
    /// Adds the event for the status that `row` has now to `transaction`, if anybody wants it.
    pub(super) fn post_status_event(&self, transaction: &mut Transaction, row: &ExecutionRow) {
        let now = self.clock.now();
        let event = status_event(&self.partition, &self.clock.uuid(), now, row);
        if self.sink.wants(&event) {
            transaction.put(layout::OUTBOX, layout::key(&[self.next_id()]), layout::encode(&event));
        }
    }

    /// Delivers events until the engine stops.
    pub(super) async fn run_outbox(self: Arc<Self>) {
        let mut stopping = self.stopping.subscribe();
        while !self.is_stopping() {
            let posted = self.outbox.notified();
            let again = match self.deliver_batch().await {
                Ok(BATCH) => continue,
                Ok(_all) => None,
                Err(error) => {
                    tracing::warn!(%error, "status events wait for their delivery");
                    Some(self.clock.now().plus_millis(RETRY_MILLIS))
                }
            };
            let retry = async {
                match again {
                    Some(at) => self.clock.sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = posted => {}
                () = retry => {}
                _ = stopping.changed() => {}
            }
        }
    }

    /// Delivers the oldest events, at most [`BATCH`]; answers how many.
    async fn deliver_batch(&self) -> Result<usize, Error> {
        let batch = self.store.range(layout::OUTBOX, Bound::Unbounded, Bound::Unbounded, BATCH, false)?;
        let mut delivered = Transaction::new();
        let outcome = self.deliver(&batch, &mut delivered).await;
        if !batch.is_empty() {
            self.store.commit(delivered).await?;
        }
        outcome.map(|()| batch.len())
    }

    /// Delivers in order, noting the removal of each delivered event, up to the first that fails.
    async fn deliver(&self, batch: &Page, delivered: &mut Transaction) -> Result<(), Error> {
        for (key, bytes) in batch {
            let event: Value = layout::decode(layout::OUTBOX, key, bytes)?;
            let outcome = self.sink.deliver(event).await;
            outcome.map_err(|cause| Error::Store(store::Error::Engine(format!("event sink: {cause}"))))?;
            delivered.delete(layout::OUTBOX, key.clone());
        }
        Ok(())
    }
}
