//! Ended executions are kept for a time (AWS: 90 days), and perhaps only so many of each state machine; then they are
//! removed with their histories, in the background.
//!
//! The children of distributed Maps are kept as long as the execution whose Map it is, which needs them, and go with it.
//!
//! First go children and task tokens, then, in one transaction, the row and its places in the indexes: from then on the execution is
//! unknown and its name is free. The steps follow in batches; until the last is gone a note of the removal is there, so
//! that a crash in between leaves nothing behind.

use std::{ops::Bound, sync::Arc};

use clock::Timestamp;
use store::{Keyspace, Transaction};

use super::slot::{Content, Slot};
use crate::{
    Error, Status,
    engine::Shared,
    interpreter::token_prefix,
    layout,
    records::{ExecutionRow, Summary, TokenRecord},
};

/// How many records one read brings, and one transaction removes.
const BATCH: usize = 256;
/// How long to wait after a sweep for which the store failed, milliseconds.
const RETRY_MILLIS: i64 = 60_000;
/// The shortest time between two sweeps that the ends of executions cause, milliseconds.
const PAUSE_MILLIS: i64 = 10_000;
/// After how many removals a long sweep says how far it is.
const PROGRESS: usize = 10_000;

/// What one sweep has found so far.
struct Sweep {
    now: Timestamp,
    /// What ended before is not kept.
    cutoff: Option<Timestamp>,
    /// When the next execution is due.
    next: Option<Timestamp>,
    removed: usize,
}

impl Shared {
    /// Removes what is no longer kept until the engine stops.
    pub(super) async fn run_retention(self: Arc<Self>) {
        let mut stopping = self.stopping.subscribe();
        while !self.is_stopping() {
            let next = self.sweep().await.unwrap_or_else(|error| {
                tracing::warn!(%error, "ended executions wait for their removal");
                Some(self.clock.now().plus_millis(RETRY_MILLIS))
            });
            let pause = self.clock.now().plus_millis(PAUSE_MILLIS);
            let due = async {
                match next {
                    Some(due) => self.clock.sleep_until(due.max(pause)).await,
                    None => std::future::pending().await,
                }
            };
            let ended = async {
                self.ended.notified().await;
                self.clock.sleep_until(pause).await;
            };
            tokio::select! {
                biased;
                () = due => {}
                () = ended => {}
                _ = stopping.changed() => {}
            }
        }
    }

    /// Removes everything that is due; answers when to look again.
    async fn sweep(self: &Arc<Self>) -> Result<Option<Timestamp>, Error> {
        self.finish_removals().await?;
        let (retention, now) = (self.limits.retention.clone(), self.clock.now());
        let millis = retention.millis;
        // What ends from now on is due later than that.
        let next = millis.map(|millis| now.plus_millis(millis));
        let mut sweep = Sweep { now, cutoff: millis.map(|millis| Timestamp(now.0 - millis)), next, removed: 0 };
        let mut after = Vec::new();
        while let Some(machine) = self.machine_after(&after)? {
            if sweep.cutoff.is_some() {
                self.remove_old(machine, &mut sweep).await?;
            }
            if let Some(kept) = retention.per_machine {
                self.remove_surplus(machine, kept, &mut sweep).await?;
            }
            if self.is_stopping() {
                break;
            }
            after = layout::key(&[machine, u64::MAX]);
        }
        if sweep.removed > 0 {
            tracing::info!(removed = sweep.removed, "ended executions were removed");
        }
        Ok(sweep.next)
    }

    /// The first state machine with executions after a place in the index, deleted machines too.
    fn machine_after(&self, after: &[u8]) -> Result<Option<u64>, Error> {
        let page = self.store.range(layout::BY_MACHINE, Bound::Excluded(after), Bound::Unbounded, 1, false)?;
        Ok(page.first().map(|(key, _)| layout::first_part(key)))
    }

    /// Removes the executions of a machine that ended before the cutoff. Those that started after it need no look.
    async fn remove_old(self: &Arc<Self>, machine: u64, sweep: &mut Sweep) -> Result<(), Error> {
        let (Some(cutoff), end) = (sweep.cutoff, layout::key(&[machine, u64::MAX])) else { return Ok(()) };
        let millis = sweep.now.0 - cutoff.0;
        let kept_until = |at: Timestamp| at.plus_millis(millis);
        let mut after = layout::key(&[machine]);
        loop {
            let (lower, upper) = (Bound::Excluded(&after[..]), Bound::Excluded(&end[..]));
            let page = self.store.range(layout::BY_MACHINE, lower, upper, BATCH, false)?;
            let last_page = page.len() < BATCH;
            for (key, bytes) in page {
                let summary: Summary = layout::decode(layout::BY_MACHINE, &key, &bytes)?;
                if summary.map_run.is_some() {
                    return Ok(());
                }
                if summary.started > cutoff {
                    sweep.next = sweep.next.min(Some(kept_until(summary.started)));
                    return Ok(());
                }
                match summary.stopped {
                    Some(stopped) if stopped <= cutoff => self.remove(&summary.arn, sweep).await?,
                    Some(stopped) => sweep.next = sweep.next.min(Some(kept_until(stopped))),
                    None => {}
                }
                after = key;
            }
            if last_page || self.is_stopping() {
                return Ok(());
            }
        }
    }

    /// Removes the ended executions of a machine but the newest.
    async fn remove_surplus(self: &Arc<Self>, machine: u64, kept: usize, sweep: &mut Sweep) -> Result<(), Error> {
        let first = layout::key(&[machine]);
        let mut end = layout::key(&[machine, u64::MAX]);
        let mut ended = 0;
        loop {
            let (lower, upper) = (Bound::Included(&first[..]), Bound::Excluded(&end[..]));
            let page = self.store.range(layout::BY_MACHINE, lower, upper, BATCH, true)?;
            let last_page = page.len() < BATCH;
            for (key, bytes) in page {
                let summary: Summary = layout::decode(layout::BY_MACHINE, &key, &bytes)?;
                if summary.map_run.is_some() {
                    return Ok(());
                }
                if summary.status != Status::Running {
                    ended += 1;
                    if ended > kept {
                        self.remove(&summary.arn, sweep).await?;
                    }
                }
                end = key;
            }
            if last_page || self.is_stopping() {
                return Ok(());
            }
        }
    }

    async fn remove(self: &Arc<Self>, arn: &Arc<str>, sweep: &mut Sweep) -> Result<(), Error> {
        if self.remove_one(arn).await? {
            sweep.removed += 1;
            if sweep.removed.is_multiple_of(PROGRESS) {
                tracing::info!(removed = sweep.removed, "removing ended executions");
            }
        }
        Ok(())
    }

    /// Removes one ended execution. One that somebody is at (a redrive) stays for the next sweep (`false`).
    async fn remove_one(self: &Arc<Self>, arn: &Arc<str>) -> Result<bool, Error> {
        let slot = Arc::new(Slot::new(arn.clone()));
        let mut content = slot.lock_new();
        if self.claim(&slot).is_some() {
            return Ok(false);
        }
        let removed = self.remove_claimed(arn).await;
        if !matches!(removed, Ok(Some(_))) {
            // It may run, parked: then who came to this slot meanwhile goes on in it.
            drop(content);
            self.vacate_unused(slot);
            return removed.map(|_kept| false);
        }
        *content = Content::Gone;
        self.vacate(&slot);
        drop(content);
        let Some(id) = removed? else { return Ok(false) };
        self.remove_steps(id).await?;
        Ok(true)
    }

    /// Removes all but the steps; answers the id that they have, or `None` if the execution runs or is gone.
    async fn remove_claimed(self: &Arc<Self>, arn: &Arc<str>) -> Result<Option<u64>, Error> {
        let row = layout::get::<ExecutionRow>(&*self.store, layout::EXECUTIONS, arn.as_bytes())?;
        let Some(row) = row.filter(|row| row.status != Status::Running) else { return Ok(None) };
        self.remove_map_runs(row.id).await?;
        let prefix = token_prefix(arn).into_bytes();
        let is_own =
            |bytes: &[u8]| serde_json::from_slice::<TokenRecord>(bytes).is_ok_and(|record| record.execution == *arn);
        self.remove_range(layout::TOKENS, prefix.clone(), [&prefix[..], &[0xff]].concat(), is_own).await?;
        self.remove_range(layout::JOBS, layout::key(&[row.id]), layout::key(&[row.id + 1]), |_| true).await?;
        let mut transaction = Transaction::new();
        layout::remove_execution(&mut transaction, &row);
        self.store.commit(transaction).await?;
        Ok(Some(row.id))
    }

    /// Removes the map runs of an execution, each after its children.
    async fn remove_map_runs(self: &Arc<Self>, execution: u64) -> Result<(), Error> {
        loop {
            let runs = layout::map_runs_of(&*self.store, execution, 0, BATCH)?;
            let last_page = runs.len() < BATCH;
            for run in &runs {
                self.remove_children(run.id).await?;
                let mut transaction = Transaction::new();
                layout::remove_map_run(&mut transaction, execution, run);
                self.store.commit(transaction).await?;
            }
            if last_page {
                return Ok(());
            }
        }
    }

    async fn remove_children(self: &Arc<Self>, map_run: u64) -> Result<(), Error> {
        let mut after = layout::key(&[map_run]);
        let end = layout::key(&[map_run, u64::MAX]);
        loop {
            let (lower, upper) = (Bound::Excluded(&after[..]), Bound::Excluded(&end[..]));
            let page = self.store.range(layout::BY_MACHINE, lower, upper, BATCH, false)?;
            let last_page = page.len() < BATCH;
            for (key, bytes) in page {
                let summary: Summary = layout::decode(layout::BY_MACHINE, &key, &bytes)?;
                // A child may have map runs of its own, as deep as its definition goes.
                Box::pin(self.remove_one(&summary.arn)).await?;
                after = key;
            }
            if last_page {
                return Ok(());
            }
        }
    }

    /// Goes on with removals that a stop or a crash has interrupted.
    async fn finish_removals(&self) -> Result<(), Error> {
        loop {
            let page = self.store.range(layout::REMOVALS, Bound::Unbounded, Bound::Unbounded, BATCH, false)?;
            for (key, _) in &page {
                self.remove_steps(layout::first_part(key)).await?;
            }
            if page.len() < BATCH {
                return Ok(());
            }
        }
    }

    async fn remove_steps(&self, execution: u64) -> Result<(), Error> {
        let (first, end) = (layout::key(&[execution]), layout::key(&[execution + 1]));
        self.remove_range(layout::STEPS, first.clone(), end, |_| true).await?;
        let mut transaction = Transaction::new();
        transaction.delete(layout::REMOVALS, first);
        Ok(self.store.commit(transaction).await?)
    }

    /// Removes the records of a range that are wanted gone, in transactions of bounded size.
    async fn remove_range(
        &self,
        keyspace: Keyspace,
        mut from: Vec<u8>,
        to: Vec<u8>,
        is_unwanted: impl Fn(&[u8]) -> bool,
    ) -> Result<(), Error> {
        loop {
            let page = self.store.range(keyspace, Bound::Included(&from), Bound::Excluded(&to), BATCH, false)?;
            let last_page = page.len() < BATCH;
            let mut transaction = Transaction::new();
            let mut found = false;
            for (key, bytes) in page {
                // The next key there can be.
                from = [&key[..], &[0]].concat();
                if is_unwanted(&bytes) {
                    transaction.delete(keyspace, key);
                    found = true;
                }
            }
            if found {
                self.store.commit(transaction).await?;
            }
            if last_page {
                return Ok(());
            }
        }
    }
}
