//! `util.autoId`, `util.autoUlid` and `util.autoKsuid`: identifiers from the scope's clock and randomness.

use super::{Function, Scope};

/// KSUID's epoch: seconds from 1970 to 2014-05-13T16:53:20Z.
const KSUID_EPOCH_SECONDS: i64 = 1_400_000_000;
const KSUID_LENGTH: usize = 27;
const ULID_LENGTH: usize = 26;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CROCKFORD32: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("util.autoId", |scope, _| Ok(uuid(scope).into())),
    ("util.autoUlid", |scope, _| Ok(ulid(scope).into())),
    ("util.autoKsuid", |scope, _| Ok(ksuid(scope).into())),
];

/// A version 4 UUID (RFC 9562).
fn uuid(scope: &mut Scope) -> String {
    uuid::Builder::from_random_bytes(scope.random_wide().to_be_bytes()).into_uuid().to_string()
}

/// 48 bits of milliseconds and 80 random ones, in Crockford's base 32.
fn ulid(scope: &mut Scope) -> String {
    let millis = u128::from(scope.now_millis.max(0) as u64 & ((1 << 48) - 1));
    let mut bits = (millis << 80) | (scope.random_wide() >> 48);
    let mut digits = [b'0'; ULID_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = CROCKFORD32[(bits & 31) as usize];
        bits >>= 5;
    }
    text(&digits)
}

/// 32 bits of seconds and 128 random ones, in base 62.
fn ksuid(scope: &mut Scope) -> String {
    let seconds = (scope.now_millis.div_euclid(1_000) - KSUID_EPOCH_SECONDS).clamp(0, i64::from(u32::MAX)) as u32;
    let random = scope.random_wide();
    let mut words = [seconds, (random >> 96) as u32, (random >> 64) as u32, (random >> 32) as u32, random as u32];
    let mut digits = [b'0'; KSUID_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[divide(&mut words, 62) as usize];
    }
    text(&digits)
}

/// Divides the number in place, most significant word first, and gives the remainder.
fn divide(words: &mut [u32], divisor: u64) -> u64 {
    words.iter_mut().fold(0, |remainder, word| {
        let part = (remainder << 32) | u64::from(*word);
        *word = (part / divisor) as u32;
        part % divisor
    })
}

fn text(digits: &[u8]) -> String {
    digits.iter().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_carry_time_and_follow_from_the_seed() {
        let mut scope = Scope::new(1_469_918_176_385, 1, "", true);
        assert_eq!(&ulid(&mut scope)[..10], "01ARYZ6S41");
        let mut scope = Scope::new(1_400_000_000_000, 1, "", true);
        let first = ksuid(&mut scope);
        assert_eq!((first.len(), &first[..5]), (27, "00000"));
        assert_ne!(ksuid(&mut scope), first);
        assert_eq!(ksuid(&mut Scope::new(1_400_000_000_000, 1, "", true)), first);
        assert_eq!(uuid(&mut scope).as_bytes()[14], b'4');
    }

    #[test]
    fn the_largest_ksuid_is_the_published_one() {
        let mut words = [u32::MAX; 5];
        let mut digits = [b'0'; KSUID_LENGTH];
        for digit in digits.iter_mut().rev() {
            *digit = BASE62[divide(&mut words, 62) as usize];
        }
        assert_eq!(text(&digits), "aWgEPTl1tmebfsQzFP4bxwgy80V");
    }
}
