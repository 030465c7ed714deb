//! Random identifiers in AppSync's form, drawn from the clock.

use clock::Clock;

const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// 26 lowercase letters and digits: an API, a function.
pub(crate) fn id(clock: &dyn Clock) -> String {
    // 64 bits modulo 36: the bias is below 2^-58.
    (0..26).map(|_| char::from(ALPHABET[(clock.random() % ALPHABET.len() as u64) as usize])).collect()
}

/// `da2-` and 26 lowercase letters and digits.
pub(crate) fn api_key(clock: &dyn Clock) -> String {
    format!("da2-{}", id(clock))
}
