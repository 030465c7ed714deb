//! One ordered set of timers for all executions, and the one task that sleeps until the earliest.

use std::{collections::BTreeMap, sync::Arc};

use clock::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore};

use crate::{
    engine::Shared,
    interpreter::{Stimulus, TimerId},
};

/// Moment, execution, timer: unique, and in the order of firing.
type Place = (Timestamp, u64, TimerId);

/// How many timers may be firing at once: each brings its execution into memory.
const FIRING: usize = 1_024;

/// See the module's header.
pub(crate) struct Timers {
    due: Mutex<BTreeMap<Place, Arc<str>>>,
    earlier: Notify,
    firing: Arc<Semaphore>,
}

impl Default for Timers {
    fn default() -> Self {
        Self { due: Mutex::default(), earlier: Notify::new(), firing: Arc::new(Semaphore::new(FIRING)) }
    }
}

impl Timers {
    /// Sets a timer of the execution with this id and ARN; setting it again changes nothing.
    pub(super) fn set(&self, due: Timestamp, execution: u64, timer: TimerId, arn: &Arc<str>) {
        let place = (due, execution, timer);
        let mut timers = self.due.lock();
        timers.insert(place, arn.clone());
        if timers.first_key_value().is_some_and(|(first, _)| *first == place) {
            self.earlier.notify_one();
        }
    }

    /// Forgets a timer.
    pub(super) fn cancel(&self, due: Timestamp, execution: u64, timer: TimerId) {
        self.due.lock().remove(&(due, execution, timer));
    }

    fn next(&self) -> Option<Timestamp> {
        self.due.lock().first_key_value().map(|((due, ..), _)| *due)
    }

    fn pop_due(&self, now: Timestamp) -> Option<(TimerId, Arc<str>)> {
        let mut timers = self.due.lock();
        let first = timers.first_entry()?;
        let (due, _, timer) = *first.key();
        (due <= now).then(|| (timer, first.remove()))
    }
}

impl Shared {
    /// Fires timers until the engine stops.
    pub(super) async fn run_timers(self: Arc<Self>) {
        let mut stopping = self.stopping.subscribe();
        while !self.is_stopping() {
            self.fire_due_timers().await;
            let next = self.timers.next();
            let sleep = async {
                match next {
                    Some(due) => self.clock.sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = sleep => {}
                () = self.timers.earlier.notified() => {}
                _ = stopping.changed() => {}
            }
        }
    }

    async fn fire_due_timers(self: &Arc<Self>) {
        while let Some((timer, arn)) = self.timers.pop_due(self.clock.now()) {
            let permit = self.timers.firing.clone().acquire_owned().await.expect("the semaphore is never closed");
            let shared = self.clone();
            tokio::spawn(async move {
                shared.stimulate(&arn, Stimulus::TimerFired { timer }).await;
                drop(permit);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_come_in_the_order_of_their_moments_and_cancelled_ones_never() {
        let timers = Timers::default();
        let arn: Arc<str> = "a".into();
        for (due, timer) in [(30, 1), (10, 2), (20, 3)] {
            timers.set(Timestamp(due), 7, TimerId(timer), &arn);
        }
        timers.cancel(Timestamp(20), 7, TimerId(3));
        assert_eq!(timers.next(), Some(Timestamp(10)));
        assert!(timers.pop_due(Timestamp(9)).is_none());
        let fired: Vec<_> = std::iter::from_fn(|| timers.pop_due(Timestamp(30))).map(|(timer, _)| timer).collect();
        assert_eq!(fired, [TimerId(2), TimerId(1)]);
    }
}
