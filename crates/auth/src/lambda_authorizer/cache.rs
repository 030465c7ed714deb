//! Answers that are remembered, by token; each API has a cache of its own.

use std::sync::Arc;

use clock::Timestamp;
use quick_cache::{Weighter, sync};

use super::answer::Answer;

/// Everything that one API remembers, bytes.
const BYTES: u64 = 64 << 20;
/// What an entry takes beside its texts, roughly, bytes.
const ENTRY_BYTES: u64 = 256;
/// For the first allocation.
const ENTRIES: usize = 1_000;

pub(super) struct Cache(sync::Cache<String, Remembered, ByBytes>);

#[derive(Clone)]
struct Remembered {
    answer: Arc<Answer>,
    until: Timestamp,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<String, Remembered> for ByBytes {
    fn weight(&self, token: &String, remembered: &Remembered) -> u64 {
        let bytes = u64::try_from(token.len() + remembered.answer.bytes).unwrap_or(u64::MAX);
        bytes.saturating_add(ENTRY_BYTES)
    }
}

impl Default for Cache {
    fn default() -> Self {
        Self(sync::Cache::with_weighter(ENTRIES, BYTES, ByBytes))
    }
}

impl Cache {
    pub(super) fn get(&self, token: &str, now: Timestamp) -> Option<Arc<Answer>> {
        self.0.get(token).filter(|remembered| now < remembered.until).map(|remembered| remembered.answer)
    }

    pub(super) fn put(&self, token: &str, answer: Arc<Answer>, until: Timestamp) {
        self.0.insert(token.to_owned(), Remembered { answer, until });
    }
}
