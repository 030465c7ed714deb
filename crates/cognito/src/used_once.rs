//! Tokens that are good for one use: the ids of those already used, until they would have expired anyway.
//!
//! Kept in memory: a restart forgets them, and then a used token is good once more for the minutes that it lives,
//! but only together with the password claim or new password that it was used with.

use std::collections::HashMap;

use clock::Timestamp;
use parking_lot::Mutex;

use crate::Error;

/// Ids remembered at once.
const MAX_IDS: usize = 100_000;

/// Ids of used tokens, each with the moment at which its token expires.
#[derive(Debug, Default)]
pub(crate) struct UsedOnce {
    ids: Mutex<HashMap<String, Timestamp>>,
}

impl UsedOnce {
    /// Marks the token `id` as used; false if it was used before.
    pub(crate) fn spend(&self, id: &str, expires: Timestamp, now: Timestamp) -> Result<bool, Error> {
        let mut ids = self.ids.lock();
        if ids.len() >= MAX_IDS {
            ids.retain(|_, expires| now < *expires);
        }
        if ids.len() >= MAX_IDS {
            return Err(Error::TooManyRequests);
        }
        Ok(ids.insert(id.to_owned(), expires).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spends_each_id_once_and_makes_room_when_tokens_expire() {
        let used = UsedOnce::default();
        for index in 0..MAX_IDS {
            assert!(used.spend(&index.to_string(), Timestamp(1), Timestamp(0)).expect("there is room"));
        }
        assert!(matches!(used.spend("one more", Timestamp(9), Timestamp(0)), Err(Error::TooManyRequests)));
        assert!(used.spend("one more", Timestamp(9), Timestamp(1)).expect("the others expired"));
        assert!(!used.spend("one more", Timestamp(9), Timestamp(2)).expect("there is room"));
    }
}
