//! Pages: a token is the key of the last entry that was given out, in base64.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use store::Key;

use crate::Error;

/// Records read at once while looking for matches.
pub(super) const BATCH: usize = 256;

/// The text of a paging token.
pub(super) fn token(position: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(position)
}

/// The key to continue after.
pub(super) fn key(token: Option<&str>) -> Result<Option<Key>, Error> {
    let decode = |token| URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid());
    token.map(decode).transpose()
}

/// The position to continue at, in a list that is not read by key.
pub(super) fn offset(token: Option<&str>) -> Result<usize, Error> {
    let Some(position) = key(token)? else { return Ok(0) };
    std::str::from_utf8(&position).ok().and_then(|text| text.parse().ok()).ok_or_else(invalid)
}

fn invalid() -> Error {
    Error::InvalidParameter("Invalid pagination token.".to_owned())
}

/// Adds the member `name` to `answer` if the page is full, so that there may be more.
pub(super) fn continue_after<T>(answer: &mut Value, name: &str, page: &[(Key, T)], limit: usize) {
    if let Some((last, _)) = page.last().filter(|_| page.len() >= limit) {
        answer[name] = token(last).into();
    }
}

/// The first `limit` entries after `after` for which `wanted` holds, read in batches by `scan`.
pub(super) fn matching<T>(
    scan: impl Fn(Option<&[u8]>) -> Result<Vec<(Key, T)>, Error>,
    mut after: Option<Key>,
    limit: usize,
    wanted: impl Fn(&T) -> bool,
) -> Result<Vec<(Key, T)>, Error> {
    let mut found = Vec::new();
    loop {
        let batch = scan(after.as_deref())?;
        let is_last = batch.len() < BATCH;
        after = batch.last().map(|(key, _)| key.clone());
        found.extend(batch.into_iter().filter(|(_, value)| wanted(value)));
        if is_last || found.len() >= limit {
            found.truncate(limit);
            return Ok(found);
        }
    }
}
