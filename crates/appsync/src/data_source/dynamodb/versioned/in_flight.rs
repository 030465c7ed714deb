//! Writes under way. A change carries the time at which its write began, and is seen only once that is committed. A
//! `Sync` that starts in between must not claim to have seen it, or the client's next one would pass it over.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use clock::Clock;
use parking_lot::Mutex;

/// When the writes under way began, epoch milliseconds.
#[derive(Default)]
pub(super) struct InFlight {
    writes: Mutex<BTreeMap<u64, i64>>,
    next: AtomicU64,
}

/// A write under way, until it is dropped.
pub(super) struct Writing<'a> {
    of: &'a InFlight,
    id: u64,
    /// When it began, epoch milliseconds.
    pub(super) at: i64,
}

impl InFlight {
    /// Begins a write, now.
    pub(super) fn begin(&self, clock: &dyn Clock) -> Writing<'_> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut writes = self.writes.lock();
        let at = clock.now().0;
        writes.insert(id, at);
        Writing { of: self, id, at }
    }

    /// Now, or when the oldest write under way began: all that changed before is committed.
    pub(super) fn settled_until(&self, clock: &dyn Clock) -> i64 {
        let writes = self.writes.lock();
        writes.values().copied().fold(clock.now().0, i64::min)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.of.writes.lock().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clock::{SimulatedClock, Timestamp};

    #[test]
    fn a_sync_has_seen_what_changed_before_the_oldest_write_under_way() {
        let clock = SimulatedClock::new(Timestamp(1_000), 1);
        let in_flight = InFlight::default();
        assert_eq!(in_flight.settled_until(&clock), 1_000);
        let first = in_flight.begin(&clock);
        clock.advance_millis(5);
        let second = in_flight.begin(&clock);
        assert_eq!((first.at, second.at), (1_000, 1_005));
        clock.advance_millis(5);
        assert_eq!(in_flight.settled_until(&clock), 1_000);
        drop(first);
        assert_eq!(in_flight.settled_until(&clock), 1_005);
        drop(second);
        assert_eq!(in_flight.settled_until(&clock), 1_010);
    }
}
