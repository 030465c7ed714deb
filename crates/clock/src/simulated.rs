//! A clock that moves only when told to, with identifiers that follow from a seed.

use std::{future::Future, pin::Pin, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::{Clock, Timestamp};

/// Time under a test's control. Clones share one time line.
#[derive(Debug, Clone)]
pub struct SimulatedClock {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    now: Timestamp,
    seed: u64,
    sleepers: Vec<(Timestamp, oneshot::Sender<()>)>,
}

impl SimulatedClock {
    /// A clock that stands at `now` and draws identifiers from `seed`.
    pub fn new(now: Timestamp, seed: u64) -> Self {
        Self { inner: Arc::new(Mutex::new(Inner { now, seed, sleepers: Vec::new() })) }
    }

    /// Moves time to `to` (never backwards) and wakes every sleeper whose moment has come.
    pub fn advance_to(&self, to: Timestamp) {
        let mut inner = self.inner.lock();
        inner.now = inner.now.max(to);
        let now = inner.now;
        let due: Vec<_> = inner.sleepers.extract_if(.., |(at, _)| *at <= now).collect();
        drop(inner);
        for (_, waker) in due {
            // A sleeper that was dropped in the meantime needs no waking.
            let _ = waker.send(());
        }
    }

    /// Moves time on by `milliseconds`.
    pub fn advance_millis(&self, milliseconds: i64) {
        let to = self.now().plus_millis(milliseconds);
        self.advance_to(to);
    }

    /// The earliest moment anybody sleeps until: advance there to make something happen.
    pub fn next_wake(&self) -> Option<Timestamp> {
        let mut inner = self.inner.lock();
        inner.sleepers.retain(|(_, waker)| !waker.is_closed());
        inner.sleepers.iter().map(|(at, _)| *at).min()
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        self.inner.lock().now
    }

    fn sleep_until(&self, deadline: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut inner = self.inner.lock();
        if deadline <= inner.now {
            return Box::pin(std::future::ready(()));
        }
        let (waker, woken) = oneshot::channel();
        inner.sleepers.push((deadline, waker));
        Box::pin(async move {
            // An error means that the clock is gone; nobody will ever wake this sleeper.
            if woken.await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }

    fn random(&self) -> u64 {
        // splitmix64: every seed gives a full-period sequence.
        let mut inner = self.inner.lock();
        inner.seed = inner.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = inner.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sleepers_wake_when_time_comes_and_not_before() {
        let clock = SimulatedClock::new(Timestamp(0), 7);
        let mut sleeper = clock.sleep_until(Timestamp(1000));
        clock.advance_to(Timestamp(999));
        assert!(futures_poll_once(&mut sleeper).is_pending());
        assert_eq!(clock.next_wake(), Some(Timestamp(1000)));
        clock.advance_to(Timestamp(1000));
        sleeper.await;
        assert_eq!(clock.next_wake(), None);
    }

    #[test]
    fn ordered_identifiers_follow_time() {
        let clock = SimulatedClock::new(Timestamp(1_767_225_600_123), 3);
        let first = clock.ordered_uuid();
        clock.advance_millis(1);
        let second = clock.ordered_uuid();
        assert!(first < second, "{first} {second}");
        assert_eq!((&first[..8], &first[14..15]), ("019b76da", "7"), "{first}");
    }

    #[test]
    fn the_same_seed_gives_the_same_identifiers() {
        let ids = |seed| {
            let clock = SimulatedClock::new(Timestamp(0), seed);
            [clock.uuid(), clock.uuid()]
        };
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
        assert_ne!(ids(1)[0], ids(1)[1]);
    }

    fn futures_poll_once<F: Future + Unpin>(future: &mut F) -> std::task::Poll<F::Output> {
        Pin::new(future).poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
    }
}
