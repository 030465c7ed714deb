//! The operating system's clock and randomness, with timers on tokio.

use std::{
    future::Future,
    pin::Pin,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::{Clock, Timestamp};

/// Wall-clock time.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealClock;

impl Clock for RealClock {
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    fn sleep_until(&self, deadline: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let clock = *self;
        Box::pin(async move {
            // This is the timer that everything else waits by. The wall clock may be set while we wait, so look again
            // at least once an hour.
            loop {
                let remaining = deadline.0 - clock.now().0;
                if remaining <= 0 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(remaining.min(3_600_000).unsigned_abs())).await;
            }
        })
    }

    fn random(&self) -> u64 {
        let (high, _low) = uuid::Uuid::new_v4().as_u64_pair();
        let (other, _low) = uuid::Uuid::new_v4().as_u64_pair();
        // Six bits of a version 4 UUID are fixed; two halves fold into 64 random bits.
        high.rotate_left(32) ^ other
    }
}
