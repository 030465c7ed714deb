//! Writes under way. A change carries the time at which its write began, and is seen only once that is committed. A
//! `Sync` that starts in between must not claim to have seen it, or the client's next one would pass it over.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use aws_protocol::ServiceError;
use clock::Clock;
use parking_lot::Mutex;

use crate::limits;

/// The writes under way through all versioned data sources of a process.
///
/// A merged API and its sources, and one version of an API and the next, have data sources of their own that write the
/// same changes: a `Sync` through one of them has to know the writes through all.
#[derive(Clone, Default)]
pub struct Writes(Arc<Mutex<HashMap<Series, Arc<InFlight>>>>);

/// The changes that one `Sync` reads: a delta table's, of data sources with this name.
type Series = (String, String);

/// The writes under way of one series of changes.
#[derive(Default)]
pub(super) struct InFlight {
    writes: Mutex<BTreeMap<u64, Began>>,
    next: AtomicU64,
}

/// Epoch milliseconds.
struct Began {
    at: i64,
    /// Of a write whose request was given up: until when it may still be committed.
    until: Option<i64>,
}

/// A write under way.
pub(super) struct Writing<'a> {
    of: &'a InFlight,
    clock: &'a dyn Clock,
    id: u64,
    /// When it began, epoch milliseconds.
    pub(super) at: i64,
    /// Whether it may be committed without our knowing.
    sent: bool,
}

impl Writes {
    /// Those that changes of this data source's name in this delta table come from. Series that nobody can write any more
    /// are forgotten.
    pub(super) fn of(&self, delta_table: &str, source: &str, clock: &dyn Clock) -> Arc<InFlight> {
        let mut all = self.0.lock();
        all.retain(|_, writes| Arc::strong_count(writes) > 1 || writes.any(clock));
        all.entry((delta_table.to_owned(), source.to_owned())).or_default().clone()
    }
}

impl InFlight {
    /// Begins a write, now.
    pub(super) fn begin<'a>(&'a self, clock: &'a dyn Clock) -> Writing<'a> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut writes = self.writes.lock();
        let at = clock.now().0;
        writes.insert(id, Began { at, until: None });
        Writing { of: self, clock, id, at, sent: false }
    }

    /// Now, or when the oldest write under way began: all that changed before is committed.
    pub(super) fn settled_until(&self, clock: &dyn Clock) -> i64 {
        let mut writes = self.writes.lock();
        let now = clock.now().0;
        forget(&mut writes, now);
        writes.values().map(|write| write.at).fold(now, i64::min)
    }

    fn any(&self, clock: &dyn Clock) -> bool {
        let mut writes = self.writes.lock();
        forget(&mut writes, clock.now().0);
        !writes.is_empty()
    }
}

/// Drops the writes that can no longer be committed.
fn forget(writes: &mut BTreeMap<u64, Began>, now: i64) {
    writes.retain(|_, write| write.until.is_none_or(|until| now <= until));
}

impl Writing<'_> {
    /// Sends the write, which is over with the answer. A request that is given up before takes nothing back: its write
    /// counts for as long as it may be committed. So does one that failed without our learning what became of it.
    pub(super) async fn send<T>(
        mut self,
        commit: impl Future<Output = Result<T, ServiceError>>,
    ) -> Result<T, ServiceError> {
        self.sent = true;
        let answer = commit.await;
        self.sent = answer.as_ref().is_err_and(|error| error.status >= 500);
        answer
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        let mut writes = self.of.writes.lock();
        let now = self.clock.now().0;
        if self.sent {
            let until = now.saturating_add(limits::COMMIT_MILLIS);
            writes.insert(self.id, Began { at: self.at, until: Some(until) });
        } else {
            writes.remove(&self.id);
        }
        forget(&mut writes, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clock::{SimulatedClock, Timestamp};
    use futures::{
        FutureExt,
        future::{pending, ready},
    };

    fn clock() -> SimulatedClock {
        SimulatedClock::new(Timestamp(1_000), 1)
    }

    #[test]
    fn a_sync_has_seen_what_changed_before_the_oldest_write_under_way() {
        let clock = clock();
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

    #[test]
    fn a_write_is_over_with_its_answer_or_when_it_can_no_longer_be_committed() {
        let unknown = ServiceError::internal("the network broke off");
        let cases = [
            ("committed", Some(Ok(())), false),
            ("refused", Some(Err(ServiceError::new("TransactionCanceledException", "no"))), false),
            ("failed", Some(Err(unknown)), true),
            ("given up", None, true),
        ];
        for (name, answer, stays) in cases {
            let clock = clock();
            let in_flight = InFlight::default();
            let writing = in_flight.begin(&clock);
            clock.advance_millis(limits::REQUEST_MILLIS);
            match answer {
                Some(answer) => drop(writing.send(ready(answer)).now_or_never()),
                None => assert!(writing.send(pending::<Result<(), _>>()).now_or_never().is_none()),
            }
            clock.advance_millis(limits::COMMIT_MILLIS);
            assert_eq!(in_flight.settled_until(&clock) == 1_000, stays, "{name}");
            clock.advance_millis(1);
            assert_eq!(in_flight.settled_until(&clock), clock.now().0, "{name}: not for ever");
            assert!(in_flight.writes.lock().is_empty(), "{name}");
        }
    }

    #[test]
    fn data_sources_share_their_writes_by_delta_table_and_name() {
        let (clock, writes) = (clock(), Writes::default());
        let of = |table, source| writes.clone().of(table, source, &clock);
        let one = of("Changes", "Posts");
        assert!(Arc::ptr_eq(&one, &of("Changes", "Posts")));
        assert!(!Arc::ptr_eq(&one, &of("Changes", "Comments")));
        assert!(!Arc::ptr_eq(&one, &of("Others", "Posts")));
        let given_up = one.begin(&clock).send(pending::<Result<(), _>>()).now_or_never();
        assert!(given_up.is_none());
        drop(one);
        assert_eq!(of("Changes", "Posts").settled_until(&clock), 1_000);
        clock.advance_millis(limits::COMMIT_MILLIS);
        assert_eq!(of("Changes", "Posts").settled_until(&clock), 1_000, "nobody held it, but a write is under way");
        clock.advance_millis(1);
        drop(of("Others", "Posts"));
        assert_eq!(writes.0.lock().len(), 1, "the others are forgotten");
    }
}
