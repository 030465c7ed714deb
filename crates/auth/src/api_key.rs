//! `API_KEY`: a key in `x-api-key`.

use crate::{ApiKeys, Error, Identity};

/// Accepts a key that exists and has not expired.
pub(crate) fn authenticate(keys: &ApiKeys, given: &str, now_seconds: i64) -> Result<Identity, Error> {
    match keys.0.get(given) {
        Some(key) if now_seconds < key.expires => Ok(Identity::ApiKey),
        Some(_) => Err(Error::not_authorized("the API key has expired")),
        None => Err(Error::not_authorized("there is no such API key")),
    }
}
