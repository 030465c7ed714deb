//! The newest requests, bounded by number and by bytes, and a stream of those to come.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::broadcast;

use super::{Detail, RequestTrace, Sink};

/// Finished requests that may wait for one that watches them.
const WATCHERS: usize = 256;

/// Keeps the newest requests.
pub struct Ring {
    requests: usize,
    bytes: usize,
    kept: Mutex<Kept>,
    finished: broadcast::Sender<Arc<RequestTrace>>,
}

#[derive(Default)]
struct Kept {
    /// Oldest first.
    traces: VecDeque<Arc<RequestTrace>>,
    bytes: usize,
}

impl Ring {
    /// Keeps at most `requests` requests and about `bytes` bytes of them.
    pub fn new(requests: usize, bytes: usize) -> Self {
        Self { requests, bytes, kept: Mutex::default(), finished: broadcast::channel(WATCHERS).0 }
    }

    /// The newest `limit` that are `wanted`, newest first: of those before the request `before` where that is given.
    pub fn newest(
        &self,
        limit: usize,
        before: Option<&str>,
        wanted: impl Fn(&RequestTrace) -> bool,
    ) -> Vec<Arc<RequestTrace>> {
        // A copy of pointers, so that nobody who finishes a request waits for `wanted`.
        let traces = self.kept.lock().traces.clone();
        let mut older = traces.into_iter().rev();
        if let Some(before) = before
            && older.find(|trace| trace.id == before).is_none()
        {
            return Vec::new();
        }
        older.filter(|trace| wanted(trace)).take(limit).collect()
    }

    /// One request.
    pub fn get(&self, id: &str) -> Option<Arc<RequestTrace>> {
        self.kept.lock().traces.iter().rev().find(|trace| trace.id == id).cloned()
    }

    /// Every request that finishes from now on.
    pub fn watch(&self) -> broadcast::Receiver<Arc<RequestTrace>> {
        self.finished.subscribe()
    }
}

impl Sink for Ring {
    fn detail(&self) -> Detail {
        if self.requests == 0 { Detail::Off } else { Detail::Values }
    }

    fn finished(&self, trace: &Arc<RequestTrace>) {
        let mut dropped = Vec::new();
        {
            let mut kept = self.kept.lock();
            kept.bytes += trace.bytes;
            kept.traces.push_back(trace.clone());
            while kept.traces.len() > self.requests || (kept.bytes > self.bytes && kept.traces.len() > 1) {
                let Some(oldest) = kept.traces.pop_front() else { break };
                kept.bytes -= oldest.bytes;
                dropped.push(oldest);
            }
        }
        // Freed outside of the lock.
        drop(dropped);
        if self.finished.receiver_count() > 0 {
            // The last watcher may have gone in between.
            let _ = self.finished.send(trace.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(requests: usize, bytes: usize, sizes: &[usize]) -> Ring {
        let ring = Ring::new(requests, bytes);
        for (number, bytes) in sizes.iter().enumerate() {
            let trace = RequestTrace { id: number.to_string(), bytes: *bytes, ..RequestTrace::default() };
            ring.finished(&Arc::new(trace));
        }
        ring
    }

    fn ids(traces: &[Arc<RequestTrace>]) -> String {
        traces.iter().map(|trace| &*trace.id).collect()
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many_or_too_large_ones() {
        for (requests, bytes, sizes, kept) in [
            (3, 1_000, &[1, 1, 1, 1, 1][..], "432"),
            (9, 10, &[4, 4, 4, 4], "32"),
            (9, 10, &[4, 40], "1"),
            (9, 10, &[40, 4, 4], "21"),
        ] {
            assert_eq!(ids(&ring(requests, bytes, sizes).newest(9, None, |_| true)), kept, "{sizes:?}");
        }
    }

    #[test]
    fn pages_follow_each_other() {
        let ring = ring(9, 100, &[1; 6]);
        assert_eq!(ids(&ring.newest(2, None, |_| true)), "54");
        assert_eq!(ids(&ring.newest(2, Some("4"), |_| true)), "32");
        assert_eq!(ids(&ring.newest(9, Some("2"), |trace| trace.id != "1")), "0");
        assert_eq!(ids(&ring.newest(9, Some("gone"), |_| true)), "");
        assert_eq!(ring.get("3").map(|trace| trace.id.clone()), Some("3".to_owned()));
        assert!(ring.get("7").is_none());
    }
}
