//! How many requests one caller may send to the GraphQL APIs: what a rate-based rule of AWS WAF does in front of AppSync.
//!
//! As there, it is asked before credentials are checked, counts what it refuses, and of a real-time connection sees the
//! `start` messages only ("Using AWS WAF to protect your AWS AppSync APIs", developer guide).

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::http::HeaderMap;
use clock::Clock;
use parking_lot::Mutex;

use super::App;
use crate::config::graphql;

/// `errorType` and message of a refused request, sent with status 403 [K].
pub(super) const REFUSED: (&str, &str) = ("WAFForbiddenException", "403 Forbidden");

/// Callers that are counted at a time; AWS WAF limits as many [K]. Others pass.
const CALLERS: usize = 10_000;

/// Counts requests by caller in a trailing window.
pub(crate) struct RateLimit {
    per_key: u64,
    window_millis: i64,
    clock: Arc<dyn Clock>,
    /// By a hash of what tells callers apart: two with the same hash would be counted together.
    callers: Mutex<Callers>,
}

/// The callers that are counted.
#[derive(Debug, Default)]
struct Callers {
    counts: HashMap<u64, Count>,
    /// The window in which old callers were last looked for: nothing grows old within one, so a full table that is asked
    /// again and again is gone through once in a window.
    swept: Option<i64>,
}

/// Requests of one caller in the window under way and in the one before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    /// Windows since the epoch.
    window: i64,
    before: u64,
    current: u64,
}

/// Whether a request over HTTP may pass.
pub(super) fn admits(app: &App, headers: &HeaderMap, peer: SocketAddr) -> bool {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    app.rate_limit.as_ref().is_none_or(|limit| limit.admits(header, peer.ip()))
}

impl RateLimit {
    pub(crate) fn new(settings: graphql::RateLimit, clock: Arc<dyn Clock>) -> Self {
        let window_millis = i64::from(settings.window_seconds) * 1_000;
        Self { per_key: settings.per_key.into(), window_millis, clock, callers: Mutex::default() }
    }

    /// Counts a request and says whether it may pass: `header` reads its headers by their names in lower case.
    pub(super) fn admits<'a>(&self, header: impl Fn(&str) -> Option<&'a str>, peer: IpAddr) -> bool {
        self.count(caller(header, peer))
    }

    fn count(&self, caller: u64) -> bool {
        let now = self.clock.now().0;
        let (window, elapsed) = (now.div_euclid(self.window_millis), now.rem_euclid(self.window_millis));
        let mut callers = self.callers.lock();
        if !callers.has_room(caller, window) {
            return true;
        }
        let count = callers.counts.entry(caller).or_default();
        count.move_to(window);
        count.current += 1;
        count.trailing(elapsed, self.window_millis) <= self.per_key
    }
}

impl Callers {
    /// Whether `caller` can be counted, old callers making room.
    fn has_room(&mut self, caller: u64, window: i64) -> bool {
        if self.counts.len() < CALLERS || self.counts.contains_key(&caller) {
            return true;
        }
        if self.swept.replace(window) != Some(window) {
            self.counts.retain(|_, count| count.window + 1 >= window);
        }
        self.counts.len() < CALLERS
    }
}

impl Count {
    fn move_to(&mut self, window: i64) {
        if self.window != window {
            let before = if self.window + 1 == window { self.current } else { 0 };
            *self = Self { window, before, current: 0 };
        }
    }

    /// Requests in the window that ends now, those of the window before taken as evenly spread.
    fn trailing(&self, elapsed: i64, window_millis: i64) -> u64 {
        let remaining = u64::try_from(window_millis - elapsed).unwrap_or_default();
        let length = u64::try_from(window_millis).unwrap_or(1).max(1);
        self.before.saturating_mul(remaining) / length + self.current
    }
}

/// Who sends a request, as far as can be told unchecked: by its API key, its access key, its token or its address.
fn caller<'a>(header: impl Fn(&str) -> Option<&'a str>, peer: IpAddr) -> u64 {
    let mut hasher = DefaultHasher::new();
    match (header("x-api-key"), header("authorization")) {
        (Some(key), _) => ("key", key).hash(&mut hasher),
        (None, Some(authorization)) => match access_key(authorization) {
            Some(key) => ("access key", key).hash(&mut hasher),
            None => ("token", authorization).hash(&mut hasher),
        },
        (None, None) => ("address", peer).hash(&mut hasher),
    }
    hasher.finish()
}

/// The access key id of a signature, which differs with each request.
fn access_key(authorization: &str) -> Option<&str> {
    let rest = authorization.strip_prefix("AWS4-HMAC-SHA256")?;
    rest.split_once("Credential=")?.1.split('/').next()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use clock::{SimulatedClock, Timestamp};

    use super::*;

    const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn limit(per_key: u32) -> (RateLimit, SimulatedClock) {
        let clock = SimulatedClock::new(Timestamp(0), 1);
        let settings = graphql::RateLimit { per_key, window_seconds: 10 };
        (RateLimit::new(settings, Arc::new(clock.clone())), clock)
    }

    #[test]
    fn a_caller_has_so_many_requests_in_a_trailing_window() {
        let (limit, clock) = limit(4);
        let admitted = |n: usize| (0..n).filter(|_| limit.count(7)).count();
        assert_eq!(admitted(6), 4, "the window is used up");
        assert!(limit.count(8), "another caller has its own");
        // Half a window later half of the six before still count, and what is refused counts, too.
        clock.advance_to(Timestamp(15_000));
        assert_eq!(admitted(3), 1);
        // After a whole window without requests nothing counts.
        clock.advance_to(Timestamp(40_000));
        assert_eq!(admitted(5), 4);
    }

    #[test]
    fn callers_are_told_apart_by_what_they_present() {
        let by = |name: &'static str, value: &'static str| caller(|asked| (asked == name).then_some(value), PEER);
        let signed = |signature: &'static str| by("authorization", signature);
        assert_eq!(
            signed("AWS4-HMAC-SHA256 Credential=AKIA1/20260101/r/appsync/aws4_request, Signature=1"),
            signed("AWS4-HMAC-SHA256 Credential=AKIA1/20260102/r/appsync/aws4_request, Signature=2")
        );
        let all = [by("x-api-key", "a"), by("x-api-key", "b"), by("authorization", "a"), caller(|_| None, PEER)];
        let distinct: std::collections::HashSet<u64> = all.into_iter().collect();
        assert_eq!(distinct.len(), 4);
    }

    #[test]
    fn callers_beyond_those_that_are_counted_pass_and_old_ones_make_room() {
        let (limit, clock) = limit(1);
        for caller in 0..CALLERS as u64 {
            assert!(limit.count(caller));
        }
        assert!(limit.count(u64::MAX) && limit.count(u64::MAX), "not counted");
        clock.advance_to(Timestamp(30_000));
        assert!(limit.count(u64::MAX));
        assert!(!limit.count(u64::MAX), "counted now");
    }

    #[test]
    fn a_full_table_is_swept_once_in_a_window() {
        let counts = (0..CALLERS as u64).map(|caller| (caller, Count { window: 5, ..Count::default() })).collect();
        let mut callers = Callers { counts, ..Callers::default() };
        assert!(!callers.has_room(u64::MAX, 5), "all of them are of this window");
        // One that a second sweep would find.
        callers.counts.insert(0, Count { window: 1, ..Count::default() });
        assert!(!callers.has_room(u64::MAX, 5), "swept already");
        assert!(callers.has_room(1, 5), "known callers are counted");
        assert!(callers.has_room(u64::MAX, 6) && callers.counts.len() == CALLERS - 1);
    }
}
