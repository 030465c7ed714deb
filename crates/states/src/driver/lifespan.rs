//! No Standard execution runs for more than a year: AWS ends it then as timed out.
//!
//! One look at the oldest open execution says when the next one may be due, so that none needs a timer of its own.

use std::{ops::Bound, sync::Arc};

use clock::Timestamp;

use crate::{
    Error,
    engine::Shared,
    interpreter::Stimulus,
    layout,
    records::{ExecutionRow, OpenRecord},
};

/// How many open executions one read brings.
const PAGE: usize = 64;
/// When to look again at an execution that could not be ended, milliseconds.
const RETRY_MILLIS: i64 = 3_600_000;

impl Shared {
    /// Ends executions whose time has passed until the engine stops.
    pub(super) async fn run_lifespans(self: Arc<Self>) {
        let mut stopping = self.stopping.subscribe();
        while !self.is_stopping() {
            let next = self.end_overdue().await.unwrap_or_else(|error| {
                tracing::warn!(%error, "executions that have run for too long go on");
                self.clock.now().plus_millis(RETRY_MILLIS)
            });
            tokio::select! {
                biased;
                () = self.clock.sleep_until(next) => {}
                _ = stopping.changed() => {}
            }
        }
    }

    /// Ends what has run for too long, the oldest first; answers when to look again.
    async fn end_overdue(self: &Arc<Self>) -> Result<Timestamp, Error> {
        let mut after = Vec::new();
        let mut again = None;
        loop {
            let page = self.store.range(layout::OPEN, Bound::Excluded(&after), Bound::Unbounded, PAGE, false)?;
            let now = self.clock.now();
            let last_page = page.len() < PAGE;
            for (key, record) in page {
                let arn = OpenRecord::read(&key, &record)?.arn;
                after = key;
                let Some(row) = layout::get::<ExecutionRow>(&*self.store, layout::EXECUTIONS, arn.as_bytes())? else {
                    continue;
                };
                let end = row.started.plus_millis(self.limits.execution_millis);
                if end >= now {
                    // All others started later. The end itself is not yet beyond the year.
                    return Ok(again.unwrap_or(end.plus_millis(1)));
                }
                if let Err(error) = self.stimulate_durably(&row.arn, Stimulus::ExecutionTimedOut).await {
                    tracing::error!(execution = %row.arn, %error, "an execution that has run for too long goes on");
                    again = Some(now.plus_millis(RETRY_MILLIS));
                }
            }
            if last_page {
                return Ok(again.unwrap_or(now.plus_millis(self.limits.execution_millis)));
            }
        }
    }
}
