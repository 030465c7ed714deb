//! Metrics by labels, with a bound on how many sets of labels one has.

use std::{
    fmt::Debug,
    hash::Hash,
    sync::atomic::{AtomicUsize, Ordering},
};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
};

/// Sets of labels of one metric; what comes later is counted together, as `other`.
const LABEL_SETS: usize = 2_000;
/// Upper ends of buckets, seconds: from what a resolver takes to the 30 seconds that a request may take.
const BUCKETS: [f64; 18] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
    10.0, 30.0,
];

/// A set of labels.
pub(super) trait Overflow:
    Debug + Clone + PartialEq + Eq + Hash + Send + Sync + EncodeLabelSet + 'static
{
    /// What stands for all that there is no room for.
    fn other() -> Self;
}

/// How long things take, by labels.
#[derive(Debug)]
pub(super) struct Durations<L: Overflow> {
    family: Family<L, Histogram>,
    sets: AtomicUsize,
}

/// How many there were, by labels.
#[derive(Debug)]
pub(super) struct Counts<L: Overflow> {
    family: Family<L, Counter>,
    sets: AtomicUsize,
}

impl<L: Overflow> Default for Durations<L> {
    fn default() -> Self {
        Self { family: Family::new_with_constructor(|| Histogram::new(BUCKETS)), sets: AtomicUsize::new(0) }
    }
}

impl<L: Overflow> Default for Counts<L> {
    fn default() -> Self {
        Self { family: Family::default(), sets: AtomicUsize::new(0) }
    }
}

impl<L: Overflow> Durations<L> {
    pub(super) fn family(&self) -> Family<L, Histogram> {
        self.family.clone()
    }

    pub(super) fn observe(&self, labels: &L, micros: u64) {
        let seconds = micros as f64 / 1e6;
        if let Some(histogram) = self.family.get(labels) {
            histogram.observe(seconds);
            return;
        }
        // Owned, so that no guard of the family is held.
        let histogram = match has_room(&self.sets) {
            true => self.family.get_or_create_owned(labels),
            false => self.family.get_or_create_owned(&L::other()),
        };
        histogram.observe(seconds);
    }
}

impl<L: Overflow> Counts<L> {
    pub(super) fn family(&self) -> Family<L, Counter> {
        self.family.clone()
    }

    pub(super) fn add(&self, labels: &L, number: u64) {
        if let Some(counter) = self.family.get(labels) {
            counter.inc_by(number);
            return;
        }
        let counter = match has_room(&self.sets) {
            true => self.family.get_or_create_owned(labels),
            false => self.family.get_or_create_owned(&L::other()),
        };
        counter.inc_by(number);
    }
}

/// Whether there is room for one more set of labels; if so, it is taken.
fn has_room(sets: &AtomicUsize) -> bool {
    let taken = sets.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |sets| (sets < LABEL_SETS).then_some(sets + 1));
    taken.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
    struct Label {
        name: String,
    }

    impl Overflow for Label {
        fn other() -> Self {
            Self { name: "other".to_owned() }
        }
    }

    #[test]
    fn there_is_an_end_to_labels() {
        let (counts, durations) = (Counts::<Label>::default(), Durations::<Label>::default());
        for n in 0..LABEL_SETS + 10 {
            let label = Label { name: n.to_string() };
            counts.add(&label, 2);
            durations.observe(&label, 1);
        }
        assert_eq!(counts.family.get_or_create(&Label::other()).get(), 20);
        counts.add(&Label { name: "0".to_owned() }, 1);
        assert_eq!(counts.family.get_or_create(&Label { name: "0".to_owned() }).get(), 3);
        assert!(counts.family.get(&Label { name: LABEL_SETS.to_string() }).is_none());
        assert!(durations.family.get(&Label { name: LABEL_SETS.to_string() }).is_none());
    }
}
