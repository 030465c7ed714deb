//! Names of buckets.

use crate::error::Error;

/// Checks `name` against the rules that keep it one plain folder name.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
pub(crate) fn check(name: &str) -> Result<(), Error> {
    let is_edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let bytes = name.as_bytes();
    let is_valid = (3..=63).contains(&bytes.len())
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
        && is_edge(bytes.first())
        && is_edge(bytes.last())
        && !name.contains("..");
    if is_valid { Ok(()) } else { Err(Error::InvalidBucketName(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_buckets() {
        for good in ["abc", "a.b-c", "0orders9"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["", "ab", ".abc", "abc.", "-abc", "a..b", "a/b", "..", "Abc", "a_b", "a\0b", &"a".repeat(64)] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
