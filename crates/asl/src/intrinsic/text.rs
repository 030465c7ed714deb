//! `States.Format`, `States.StringSplit`, `States.Base64*`, `States.Hash` and `States.UUID`.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Refusal;
use super::parse::unescape;
use crate::scope::Random;

/// AWS's limit on what is encoded, decoded or hashed, in characters.
const MAX_ENCODED: usize = 10_000;

/// A value as `States.Format` prints it: text raw, and objects as Java maps, `{Arg1=1, Arg2=[]}` (recorded on AWS).
pub(crate) fn java_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(java_text).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| format!("{key}={}", java_text(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Fills each `{}`. The template still has its escapes when it was written as a literal, so `\{\}` is not a place.
pub(super) fn format(arguments: &[Value]) -> Result<Value, Refusal> {
    let template = string(&arguments[0])?;
    let mut filled = String::new();
    let mut values = arguments[1..].iter();
    let mut rest = template;
    while let Some(place) = next_placeholder(rest) {
        let value = values.next().ok_or_else(mismatch)?;
        filled.push_str(&unescape(&rest[..place]));
        filled.push_str(&java_text(value));
        rest = &rest[place + 2..];
    }
    if values.next().is_some() {
        return Err(mismatch());
    }
    filled.push_str(&unescape(rest));
    Ok(filled.into())
}

fn mismatch() -> Refusal {
    "The number of arguments do not match the occurrences of {}".to_owned()
}

fn next_placeholder(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (place, next) in text.bytes().enumerate() {
        if escaped {
            escaped = false;
        } else if next == b'\\' {
            escaped = true;
        } else if next == b'{' && text.as_bytes().get(place + 1) == Some(&b'}') {
            return Some(place);
        }
    }
    None
}

fn string(value: &Value) -> Result<&str, Refusal> {
    value.as_str().ok_or_else(|| "The argument must be a string".to_owned())
}

fn bounded(value: &Value) -> Result<&str, Refusal> {
    let text = string(value)?;
    if text.len() > MAX_ENCODED && text.chars().count() > MAX_ENCODED {
        return Err(format!("The argument must not be longer than {MAX_ENCODED} characters"));
    }
    Ok(text)
}

/// The delimiter is a set of characters, and empty pieces are dropped (recorded on AWS).
pub(super) fn split(text: &Value, delimiters: &Value) -> Result<Value, Refusal> {
    let delimiters: Vec<char> = string(delimiters)?.chars().collect();
    let pieces = string(text)?.split(|next| delimiters.contains(&next)).filter(|piece| !piece.is_empty());
    Ok(pieces.map(Value::from).collect::<Vec<_>>().into())
}

pub(super) fn base64_encode(text: &Value) -> Result<Value, Refusal> {
    Ok(STANDARD.encode(bounded(text)?).into())
}

pub(super) fn base64_decode(text: &Value) -> Result<Value, Refusal> {
    let refused = |_| "The argument is not Base64-encoded text".to_owned();
    let bytes = STANDARD.decode(bounded(text)?).map_err(refused)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned().into())
}

pub(super) fn hash(text: &Value, algorithm: &Value) -> Result<Value, Refusal> {
    hash_text(bounded(text)?, string(algorithm)?).map(Value::from)
}

/// The digest in lower-case hexadecimal.
pub(crate) fn hash_text(text: &str, algorithm: &str) -> Result<String, Refusal> {
    let algorithm = match algorithm {
        "MD5" => return Ok(hexadecimal(&super::md5::digest(text.as_bytes()))),
        "SHA-1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        "SHA-256" => &digest::SHA256,
        "SHA-384" => &digest::SHA384,
        "SHA-512" => &digest::SHA512,
        other => return Err(format!("The algorithm '{other}' is not one of MD5, SHA-1, SHA-256, SHA-384, SHA-512")),
    };
    Ok(hexadecimal(digest::digest(algorithm, text.as_bytes()).as_ref()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A version 4 UUID from the stream.
pub(crate) fn uuid(random: &Random) -> String {
    let high = random.next_u64() & 0xffff_ffff_ffff_0fff | 0x4000;
    let low = random.next_u64() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
    let (high, low) = (format!("{high:016x}"), format!("{low:016x}"));
    format!("{}-{}-{}-{}-{}", &high[..8], &high[8..12], &high[12..], &low[..4], &low[4..])
}
