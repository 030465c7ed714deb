//! Random bytes and identifiers in Cognito's forms, all drawn from the clock.

use clock::Clock;

const LOWER_ALPHANUMERIC: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>(clock: &dyn Clock) -> [u8; N] {
    let mut out = [0; N];
    for chunk in out.chunks_mut(8) {
        chunk.copy_from_slice(&clock.random().to_be_bytes()[..chunk.len()]);
    }
    out
}

/// `length` characters of `alphabet`, which must be ASCII.
fn pick(clock: &dyn Clock, alphabet: &[u8], length: usize) -> String {
    // 64 bits modulo at most 62: the bias is below 2^-58.
    (0..length).map(|_| char::from(alphabet[(clock.random() % alphabet.len() as u64) as usize])).collect()
}

/// `<region>_<9 alphanumeric characters>`.
pub(crate) fn user_pool_id(clock: &dyn Clock, region: &str) -> String {
    format!("{region}_{}", pick(clock, ALPHANUMERIC, 9))
}

/// 26 lower-case alphanumeric characters.
pub(crate) fn client_id(clock: &dyn Clock) -> String {
    pick(clock, LOWER_ALPHANUMERIC, 26)
}

/// 51 lower-case alphanumeric characters.
pub(crate) fn client_secret(clock: &dyn Clock) -> String {
    pick(clock, LOWER_ALPHANUMERIC, 51)
}

/// Six decimal digits.
pub(crate) fn confirmation_code(clock: &dyn Clock) -> String {
    format!("{:06}", clock.random() % 1_000_000)
}

/// A temporary password of `length` characters with at least one of every kind that a policy can ask for.
pub(crate) fn temporary_password(clock: &dyn Clock, length: usize) -> String {
    let kinds: [&[u8]; 4] = [&ALPHANUMERIC[..26], &ALPHANUMERIC[26..52], &ALPHANUMERIC[52..], b"!#%&*+-=?@_"];
    let rest = pick(clock, ALPHANUMERIC, length.saturating_sub(kinds.len()));
    kinds.iter().map(|kind| pick(clock, kind, 1)).collect::<String>() + &rest
}

/// `ASIA` and 16 upper-case alphanumeric characters: the access key of temporary credentials.
pub(crate) fn access_key_id(clock: &dyn Clock) -> String {
    format!("ASIA{}", pick(clock, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16))
}
