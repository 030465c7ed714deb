//! Hashes, the signing key and the signature itself.

use std::fmt::Write as _;

use aws_lc_rs::{
    digest::{self, SHA256},
    hmac::{self, HMAC_SHA256, Key},
};
use chrono::{DateTime, NaiveDateTime, Utc};

use super::{ALGORITHM, Payload, Scope, UNSIGNED_PAYLOAD};

pub(super) const TERMINATOR: &str = "aws4_request";
const DATE_TIME: &str = "%Y%m%dT%H%M%SZ";

/// The signature of a canonical request, in lower-case hex. `date_time` is `YYYYMMDDThhmmssZ`.
pub(super) fn signature(secret: &str, scope: Scope<'_>, date_time: &str, canonical_request: &str) -> String {
    let hash = sha256_hex(canonical_request.as_bytes());
    let to_sign = format!("{ALGORITHM}\n{date_time}\n{}\n{hash}", credential_scope(scope, date_time));
    hex(sign_with(&signing_key(secret, scope, date_of(date_time)), &to_sign).as_ref())
}

/// `YYYYMMDD/region/service/aws4_request`.
pub(super) fn credential_scope(scope: Scope<'_>, date_time: &str) -> String {
    format!("{}/{}/{}/{TERMINATOR}", date_of(date_time), scope.region, scope.service)
}

/// The first eight characters of a date and time.
pub(super) fn date_of(date_time: &str) -> &str {
    date_time.get(..8).unwrap_or(date_time)
}

pub(super) fn format_time(epoch_seconds: i64) -> String {
    DateTime::<Utc>::from_timestamp(epoch_seconds, 0).unwrap_or_default().format(DATE_TIME).to_string()
}

/// Seconds since the epoch of a `YYYYMMDDThhmmssZ`.
pub(super) fn parse_time(date_time: &str) -> Option<i64> {
    NaiveDateTime::parse_from_str(date_time, DATE_TIME).ok().map(|time| time.and_utc().timestamp())
}

pub(super) fn payload_hash(payload: Payload<'_>) -> String {
    match payload {
        Payload::Bytes(bytes) => sha256_hex(bytes),
        Payload::Sha256(hash) => hash.to_owned(),
        Payload::Unsigned => UNSIGNED_PAYLOAD.to_owned(),
    }
}

fn signing_key(secret: &str, scope: Scope<'_>, date: &str) -> Key {
    let secret = Key::new(HMAC_SHA256, format!("AWS4{secret}").as_bytes());
    [date, scope.region, scope.service, TERMINATOR]
        .into_iter()
        .fold(secret, |key, part| Key::new(HMAC_SHA256, sign_with(&key, part).as_ref()))
}

fn sign_with(key: &Key, text: &str) -> hmac::Tag {
    hmac::sign(key, text.as_bytes())
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string never fails");
        text
    })
}
