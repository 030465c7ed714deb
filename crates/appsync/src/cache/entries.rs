//! What is remembered, under digests: bounded in bytes, for a time, and fetched once however many ask at once.

use std::{
    collections::{HashMap, hash_map::Entry as Slot},
    sync::Arc,
};

use clock::{Clock, Timestamp};
use parking_lot::Mutex;
use quick_cache::{
    DefaultHashBuilder, OptionsBuilder, Weighter,
    sync::{Cache, DefaultLifecycle},
};
use tokio::sync::watch;

use super::key::Key;
use crate::limits;

/// Values by key. A value larger than a shard of the capacity is not kept.
pub(super) struct Entries<V> {
    kept: Cache<Key, Entry<V>, ByBytes>,
    flights: Mutex<Flights<V>>,
    clock: Arc<dyn Clock>,
}

#[derive(Clone)]
struct Entry<V> {
    value: V,
    bytes: u64,
    expires: Timestamp,
}

#[derive(Clone)]
struct ByBytes;

/// The values that are being fetched, each with a number of its own: one that was evicted meanwhile is not kept.
struct Flights<V> {
    under_way: HashMap<Key, (u64, watch::Receiver<Option<V>>)>,
    next: u64,
}

/// What a look-up finds.
pub(super) enum Found<'a, V: Clone> {
    Value(V),
    /// Nothing: the caller fetches it, and others with the same key wait for what it finds.
    Nothing(Flight<'a, V>),
    /// Somebody else is fetching it.
    UnderWay(Waiting<V>),
}

/// Waits for what somebody else fetches.
pub(super) struct Waiting<V>(watch::Receiver<Option<V>>);

/// The duty to fetch a value. Dropped without [`Flight::land`], nothing is kept and those who wait try themselves.
pub(super) struct Flight<'a, V: Clone> {
    entries: &'a Entries<V>,
    key: Key,
    number: u64,
    waiting: watch::Sender<Option<V>>,
}

impl<V> Weighter<Key, Entry<V>> for ByBytes {
    fn weight(&self, key: &Key, entry: &Entry<V>) -> u64 {
        entry.bytes.saturating_add(size_of_val(key) as u64 + limits::CACHE_ENTRY_OVERHEAD)
    }
}

impl<V: Clone> Entries<V> {
    pub(super) fn new(capacity_bytes: u64, clock: &Arc<dyn Clock>) -> Self {
        let items = usize::try_from(capacity_bytes / limits::CACHE_ENTRY_TYPICAL).unwrap_or(usize::MAX).max(1);
        let options = OptionsBuilder::new()
            .shards(limits::CACHE_SHARDS)
            .estimated_items_capacity(items)
            .weight_capacity(capacity_bytes)
            .build()
            .expect("both capacities are given");
        let kept = Cache::with_options(options, ByBytes, DefaultHashBuilder::default(), DefaultLifecycle::default());
        Self { kept, flights: Mutex::new(Flights { under_way: HashMap::new(), next: 0 }), clock: clock.clone() }
    }

    /// The value under `key`, or who fetches it.
    pub(super) fn find(&self, key: Key) -> Found<'_, V> {
        // What is there is found without the lock that all look-ups of an API share.
        if let Some(value) = self.kept.get(&key).filter(|entry| self.is_fresh(entry)).map(|entry| entry.value) {
            return Found::Value(value);
        }
        let mut flights = self.flights.lock();
        if let Some(value) = self.fresh(&key) {
            return Found::Value(value);
        }
        let number = flights.next;
        match flights.under_way.entry(key) {
            Slot::Occupied(flight) => Found::UnderWay(Waiting(flight.get().1.clone())),
            Slot::Vacant(slot) => {
                let (waiting, receiver) = watch::channel(None);
                slot.insert((number, receiver));
                flights.next += 1;
                Found::Nothing(Flight { entries: self, key, number, waiting })
            }
        }
    }

    /// The value under `key`, which is forgotten where its time is over: under the lock alone, or it could be a newer one.
    fn fresh(&self, key: &Key) -> Option<V> {
        let entry = self.kept.get(key)?;
        if self.is_fresh(&entry) {
            return Some(entry.value);
        }
        self.kept.remove(key);
        None
    }

    fn is_fresh(&self, entry: &Entry<V>) -> bool {
        entry.expires > self.clock.now()
    }

    /// Forgets one value; whether there was one.
    pub(super) fn remove(&self, key: &Key) -> bool {
        let mut flights = self.flights.lock();
        flights.under_way.remove(key);
        let found = self.fresh(key).is_some();
        self.kept.remove(key);
        found
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        let mut flights = self.flights.lock();
        flights.under_way.clear();
        self.kept.clear();
    }
}

impl<V: Clone> Waiting<V> {
    /// The value, or nothing where it was fetched in vain: that says nothing about the caller's own attempt.
    pub(super) async fn landed(mut self) -> Option<V> {
        self.0.wait_for(Option::is_some).await.ok()?.clone()
    }
}

impl<V: Clone> Flight<'_, V> {
    /// Gives the value to all who wait, and keeps it for `ttl_seconds` unless it has been evicted meanwhile.
    pub(super) fn land(self, value: V, bytes: u64, ttl_seconds: u32) {
        let entries = self.entries;
        {
            let flights = entries.flights.lock();
            if flights.is(&self.key, self.number) {
                let expires = entries.clock.now().plus_seconds(ttl_seconds.into());
                entries.kept.insert(self.key, Entry { value: value.clone(), bytes, expires });
            }
        }
        self.waiting.send_replace(Some(value));
    }
}

impl<V: Clone> Drop for Flight<'_, V> {
    fn drop(&mut self) {
        let mut flights = self.entries.flights.lock();
        if flights.is(&self.key, self.number) {
            flights.under_way.remove(&self.key);
        }
    }
}

impl<V> Flights<V> {
    fn is(&self, key: &Key, number: u64) -> bool {
        self.under_way.get(key).is_some_and(|(under_way, _)| *under_way == number)
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread, time::Duration};

    use clock::SimulatedClock;

    use super::*;

    fn entries() -> (Entries<u32>, Arc<SimulatedClock>) {
        let clock = Arc::new(SimulatedClock::new(Timestamp(0), 1));
        let shared: Arc<dyn Clock> = clock.clone();
        (Entries::new(1 << 20, &shared), clock)
    }

    fn land(entries: &Entries<u32>, key: Key, value: u32) {
        let Found::Nothing(flight) = entries.find(key) else { panic!("there is something") };
        flight.land(value, 4, 60);
    }

    #[test]
    fn what_is_kept_is_found_while_others_look_for_what_is_not() {
        let (entries, _) = entries();
        land(&entries, [1; 32], 7);
        let (sender, found) = mpsc::channel();
        thread::scope(|scope| {
            let held = entries.flights.lock();
            scope.spawn(|| sender.send(matches!(entries.find([1; 32]), Found::Value(7))));
            let found = found.recv_timeout(Duration::from_secs(10));
            drop(held);
            assert_eq!(found, Ok(true), "a hit waits for no lock");
        });
    }

    #[test]
    fn what_is_too_old_is_fetched_again() {
        let (entries, clock) = entries();
        land(&entries, [1; 32], 7);
        clock.advance_millis(60_000);
        land(&entries, [1; 32], 8);
        assert!(matches!(entries.find([1; 32]), Found::Value(8)));
    }
}
