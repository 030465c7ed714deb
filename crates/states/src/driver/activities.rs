//! Activity tasks on offer, and the workers that wait for them in GetActivityTask.

use std::{collections::VecDeque, sync::Arc};

use clock::Timestamp;
use dashmap::DashMap;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    Error,
    engine::Shared,
    interpreter::{Stimulus, TaskId},
};

/// Queues by activity ARN, made when first used.
#[derive(Default)]
pub(crate) struct ActivityQueues {
    queues: DashMap<Arc<str>, Arc<Queue>>,
    /// Which queue each offered task is in, so that it can be withdrawn.
    offered: DashMap<(u64, TaskId), Arc<Queue>>,
}

#[derive(Default)]
struct Queue {
    state: Mutex<QueueState>,
    offered: Notify,
}

#[derive(Default)]
struct QueueState {
    offers: VecDeque<Offer>,
    pollers: usize,
}

/// A task that a worker may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(super) execution: Arc<str>,
    pub(super) execution_id: u64,
    pub(super) task: TaskId,
    pub(crate) token: Arc<str>,
    pub(crate) input: Arc<str>,
}

impl ActivityQueues {
    /// Puts a task on offer. Offering it again (after a replay) does not double it.
    pub(super) fn offer(&self, activity: &Arc<str>, offer: Offer) {
        self.withdraw(offer.execution_id, offer.task);
        let queue = self.queue(activity);
        self.offered.insert((offer.execution_id, offer.task), queue.clone());
        queue.state.lock().offers.push_back(offer);
        queue.offered.notify_one();
    }

    /// Takes back the offer of a task that no longer matters.
    pub(super) fn withdraw(&self, execution: u64, task: TaskId) {
        if let Some((_, queue)) = self.offered.remove(&(execution, task)) {
            queue.state.lock().offers.retain(|offer| (offer.execution_id, offer.task) != (execution, task));
        }
    }

    /// Takes the oldest offer, and wakes another worker if there are more.
    fn take(&self, queue: &Queue) -> Option<Offer> {
        let mut state = queue.state.lock();
        let offer = state.offers.pop_front()?;
        if !state.offers.is_empty() {
            queue.offered.notify_one();
        }
        drop(state);
        self.offered.remove(&(offer.execution_id, offer.task));
        Some(offer)
    }

    fn queue(&self, activity: &Arc<str>) -> Arc<Queue> {
        self.queues.entry(activity.clone()).or_default().clone()
    }
}

impl Shared {
    /// Waits for a task of `activity` until the poll's time is over (`None`), and starts it in the name of `worker`.
    ///
    /// # Errors
    /// `ActivityWorkerLimitExceeded`, or a store that fails; the task is on offer again then.
    pub(crate) async fn poll_activity(
        self: &Arc<Self>,
        activity: &Arc<str>,
        worker: Option<&str>,
    ) -> Result<Option<Offer>, Error> {
        let queue = self.activities.queue(activity);
        let _poller = Poller::enter(&queue, self.limits.activity_pollers)?;
        let deadline = self.clock.now().plus_millis(self.limits.activity_poll_millis);
        while let Some(offer) = self.next_offer(&queue, deadline).await {
            let started = Stimulus::ActivityStarted { task: offer.task, worker: worker.map(str::to_owned) };
            match self.stimulate_durably(&offer.execution, started).await {
                Ok(()) => return Ok(Some(offer)),
                Err(Error::TaskTimedOut) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    async fn next_offer(&self, queue: &Queue, deadline: Timestamp) -> Option<Offer> {
        let mut time_is_over = self.clock.sleep_until(deadline);
        let mut stopping = self.stopping.subscribe();
        loop {
            let offered = queue.offered.notified();
            if let Some(offer) = self.activities.take(queue) {
                return Some(offer);
            }
            tokio::select! {
                biased;
                () = offered => {}
                () = &mut time_is_over => return None,
                _ = stopping.changed() => return None,
            }
        }
    }
}

/// Counts a waiting worker for as long as it waits.
struct Poller<'a>(&'a Queue);

impl<'a> Poller<'a> {
    fn enter(queue: &'a Queue, limit: usize) -> Result<Self, Error> {
        let mut state = queue.state.lock();
        if state.pollers >= limit {
            return Err(Error::ActivityWorkerLimitExceeded(limit));
        }
        state.pollers += 1;
        Ok(Self(queue))
    }
}

impl Drop for Poller<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.pollers -= 1;
        if !state.offers.is_empty() {
            // This worker may have been woken for an offer that it did not take.
            self.0.offered.notify_one();
        }
    }
}
