//! The operating system's clock and randomness, with timers on tokio.

use std::{
    future::Future,
    pin::Pin,
    sync::LazyLock,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
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

    fn monotonic_micros(&self) -> u64 {
        static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
        u64::try_from(FIRST.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn sleep_until(&self, deadline: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let clock = *self;
        Box::pin(async move {
            loop {
                let remaining = deadline.0 - clock.now().0;
                if remaining <= 0 {
                    return;
                }
                // This sleep is the timer that everything else waits by. The wall clock may be set meanwhile, so look again
                // at least once an hour.
                tokio::time::sleep(Duration::from_millis(remaining.min(3_600_000).unsigned_abs())).await;
            }
        })
    }

    // Both from the thread's own generator, a cryptographic one that the operating system seeds and seeds again: asking
    // the system each time is a system call, and a request has several ids.
    fn random(&self) -> u64 {
        rand::random()
    }

    fn uuid(&self) -> String {
        uuid::Builder::from_random_bytes(rand::random()).into_uuid().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_of_a_random_number_is_random() {
        let (mut ones, mut zeros) = (0, 0);
        for _ in 0..128 {
            let random = RealClock.random();
            ones |= random;
            zeros |= !random;
        }
        // A bit that is the same 128 times in a row is fixed, as sure as anything is.
        assert_eq!((ones, zeros), (u64::MAX, u64::MAX));
    }

    #[test]
    fn ids_are_random_uuids() {
        let [one, other] = [RealClock.uuid(), RealClock.uuid()];
        let version = uuid::Uuid::parse_str(&one).expect("a UUID").get_version();
        assert_eq!(version, Some(uuid::Version::Random));
        assert_ne!(one, other);
    }
}
