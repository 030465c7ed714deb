//! `GetObject`, whole or one range of bytes. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>

use serde_json::Value;

use super::input::{ObjectInput, described, parse};
use crate::{error::Error, folder::Folder};

pub(super) fn perform(folder: &Folder, input: Value) -> Result<Value, Error> {
    let input: ObjectInput = parse(input)?;
    let object = input.find(folder)?;
    let range = input.range.as_deref().map(|range| resolve(range, object.size)).transpose()?.flatten();
    let (start, length) = range.unwrap_or((0, object.size));
    let bytes = folder.read(&object, start, length)?;
    let mut members = described(&object, &input.key, bytes.len() as u64);
    if range.is_some() {
        let last = (start + length).saturating_sub(1);
        members.insert("ContentRange".into(), format!("bytes {start}-{last}/{}", object.size).into());
    }
    members.insert("Body".into(), input.body_encoding.encode(bytes).into());
    Ok(members.into())
}

/// Start and length of a `Range` (RFC 9110, section 14.1.2). What is no range of bytes is ignored, as S3 does.
fn resolve(range: &str, size: u64) -> Result<Option<(u64, u64)>, Error> {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Ok(None);
    };
    let number = |text: &str| text.parse::<u64>().ok();
    let (start, end) = match (number(first), number(last)) {
        (None, Some(suffix)) if first.is_empty() => (size.saturating_sub(suffix), size),
        (Some(start), None) if last.is_empty() => (start, size),
        (Some(start), Some(last)) if start <= last => (start, size.min(last.saturating_add(1))),
        _ => return Ok(None),
    };
    if start >= end { Err(Error::InvalidRange) } else { Ok(Some((start, end - start))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_resolved_against_the_size() {
        let cases = [
            ("bytes=0-4", Some((0, 5))),
            ("bytes=5-", Some((5, 5))),
            ("bytes=-3", Some((7, 3))),
            ("bytes=8-100", Some((8, 2))),
            ("bytes=-100", Some((0, 10))),
            ("bytes=4-2", None),
            ("items=0-4", None),
            ("bytes=0-1,3-4", None),
        ];
        for (range, expected) in cases {
            assert_eq!(resolve(range, 10).expect("satisfiable"), expected, "{range}");
        }
        for range in ["bytes=10-", "bytes=-0", "bytes=11-12"] {
            assert!(matches!(resolve(range, 10), Err(Error::InvalidRange)), "{range}");
        }
    }
}
