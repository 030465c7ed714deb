//! Slowing down password guessing: after five wrong passwords in a row a user waits one second, then two, four ...
//!
//! Kept in memory and by name, so that a guesser costs no disk writes and a user who does not exist is locked out
//! exactly like one who does. A restart forgets it, which costs a guesser more than it gives.

use std::collections::HashMap;

use clock::Timestamp;
use parking_lot::Mutex;

use crate::{Denial, Error};

/// Wrong passwords without consequence.
const FREE_FAILURES: u32 = 5;
/// The longest wait, and how long after the last failure everything is forgiven.
const MAX_WAIT_SECONDS: i64 = 15 * 60;
/// Names remembered at once; the longest quiet one makes room.
const MAX_NAMES: usize = 10_000;

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
    locked_until: Timestamp,
}

/// Recent failures of every pool, by pool id and user name.
#[derive(Debug, Default)]
pub(crate) struct Lockout {
    failures: Mutex<HashMap<(String, String), Failures>>,
}

impl Lockout {
    /// Refuses while the user has to wait.
    pub(crate) fn check(&self, pool_id: &str, username: &str, now: Timestamp) -> Result<(), Error> {
        let failures = self.failures.lock();
        match failures.get(&(pool_id.to_owned(), username.to_owned())) {
            Some(failures) if now < failures.locked_until => Err(Denial::PasswordAttemptsExceeded.into()),
            _ => Ok(()),
        }
    }

    /// Counts a wrong password.
    pub(crate) fn failed(&self, pool_id: &str, username: &str, now: Timestamp) {
        let mut failures = self.failures.lock();
        let name = (pool_id.to_owned(), username.to_owned());
        if failures.len() >= MAX_NAMES && !failures.contains_key(&name) {
            make_room(&mut failures, now);
        }
        let entry = failures.entry(name).or_insert(Failures { count: 0, last: now, locked_until: now });
        if entry.last.plus_seconds(MAX_WAIT_SECONDS) <= now {
            entry.count = 0;
        }
        entry.count = entry.count.saturating_add(1);
        entry.last = now;
        entry.locked_until = now.plus_seconds(wait_seconds(entry.count));
    }

    /// Forgets the failures of a user who knew the password, or got a new one.
    pub(crate) fn succeeded(&self, pool_id: &str, username: &str) {
        self.failures.lock().remove(&(pool_id.to_owned(), username.to_owned()));
    }
}

fn wait_seconds(count: u32) -> i64 {
    match count.checked_sub(FREE_FAILURES) {
        None => 0,
        Some(over) => (1_i64 << over.min(10)).min(MAX_WAIT_SECONDS),
    }
}

fn make_room(failures: &mut HashMap<(String, String), Failures>, now: Timestamp) {
    failures.retain(|_, entry| now < entry.last.plus_seconds(MAX_WAIT_SECONDS));
    if failures.len() < MAX_NAMES {
        return;
    }
    if let Some(oldest) = failures.iter().min_by_key(|(_, entry)| entry.last).map(|(name, _)| name.clone()) {
        failures.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        let waits: Vec<i64> = [1, 4, 5, 6, 7, 14, 15, 16, u32::MAX].map(wait_seconds).to_vec();
        assert_eq!(waits, [0, 0, 1, 2, 4, 512, 900, 900, 900]);
    }

    #[test]
    fn locks_one_name_and_forgives_after_success_or_time() {
        let lockout = Lockout::default();
        let mut now = Timestamp(0);
        for _ in 0..5 {
            lockout.check("p", "alice", now).expect("not locked yet");
            lockout.failed("p", "alice", now);
        }
        assert!(lockout.check("p", "alice", now).is_err());
        lockout.check("p", "bob", now).expect("another user");
        lockout.check("q", "alice", now).expect("another pool");
        now = now.plus_seconds(1);
        lockout.check("p", "alice", now).expect("the second is over");
        lockout.failed("p", "alice", now);
        assert!(lockout.check("p", "alice", now.plus_millis(1999)).is_err());
        lockout.failed("p", "alice", now.plus_seconds(MAX_WAIT_SECONDS));
        lockout.check("p", "alice", now.plus_seconds(MAX_WAIT_SECONDS)).expect("old failures are forgiven");
        for _ in 0..9 {
            lockout.failed("p", "alice", now);
        }
        lockout.succeeded("p", "alice");
        lockout.check("p", "alice", now).expect("success forgives");
    }

    #[test]
    fn remembers_a_bounded_number_of_names() {
        let lockout = Lockout::default();
        for index in 0..MAX_NAMES as i64 + 10 {
            lockout.failed("p", &index.to_string(), Timestamp(index));
        }
        assert_eq!(lockout.failures.lock().len(), MAX_NAMES);
    }
}
