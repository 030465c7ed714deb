//! The textual forms of AppSync's scalars (developer guide, "AWS AppSync scalars").

use std::{net::IpAddr, sync::LazyLock};

use chrono::{NaiveDate, NaiveTime};
use regex::Regex;

use super::leaf::TextForm;

static OFFSET: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?:Z|[+-]\d{2}:\d{2}(?::\d{2})?)$").expect("a valid pattern"));
static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+|"[^"]+")@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$"#)
        .expect("a valid pattern")
});
static PHONE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\+?[0-9() .-]+$").expect("a valid pattern"));
static URL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[A-Za-z][A-Za-z0-9+.-]*:(?://)?[^\s]+$").expect("a valid pattern"));

/// Whether `text` has the form.
pub(super) fn is_valid(form: TextForm, text: &str) -> bool {
    match form {
        TextForm::Date => is_date(text),
        TextForm::Time => is_time(text),
        TextForm::DateTime => is_date_time(text),
        TextForm::Email => text.len() <= 320 && EMAIL.is_match(text) && !text.contains(".."),
        TextForm::Phone => is_phone(text),
        TextForm::Url => is_url(text),
        TextForm::IpAddress => is_ip_address(text),
    }
}

/// `YYYY-MM-DD` and an optional offset.
fn is_date(text: &str) -> bool {
    let Some((date, offset)) = text.split_at_checked(10) else { return false };
    NaiveDate::parse_from_str(date, "%Y-%m-%d").is_ok() && (offset.is_empty() || OFFSET.is_match(offset))
}

/// `hh:mm[:ss[.sss]]` and an optional offset.
fn is_time(text: &str) -> bool {
    let (time, offset) = split_offset(text);
    is_clock(time) && (offset.is_empty() || OFFSET.is_match(offset))
}

/// Date, `T`, time and an offset.
fn is_date_time(text: &str) -> bool {
    let Some((date, rest)) = text.split_once('T') else { return false };
    let (time, offset) = split_offset(rest);
    date.len() == 10 && is_date(date) && is_clock(time) && OFFSET.is_match(offset)
}

fn split_offset(text: &str) -> (&str, &str) {
    text.find(['Z', '+', '-']).map_or((text, ""), |at| text.split_at(at))
}

fn is_clock(time: &str) -> bool {
    let (whole, fraction) = time.split_once('.').unwrap_or((time, ""));
    let format = if whole.len() == 5 { "%H:%M" } else { "%H:%M:%S" };
    // A trailing dot is in AWS's own samples.
    matches!(whole.len(), 5 | 8)
        && NaiveTime::parse_from_str(whole, format).is_ok()
        && fraction.len() <= 9
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
}

/// Digits with spaces and hyphens; ten of them without a country code (North America).
fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let expected = if text.starts_with('+') { 7..=15 } else { 10..=11 };
    PHONE.is_match(text) && expected.contains(&digits)
}

/// A scheme, and no empty step in the path.
fn is_url(text: &str) -> bool {
    let after_scheme = text.split_once("://").map_or("", |(_, rest)| rest);
    URL.is_match(text) && !after_scheme.contains("//")
}

fn is_ip_address(text: &str) -> bool {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let bits = if address.is_ipv4() { 32 } else { 128 };
    prefix.is_none_or(|prefix| prefix.parse::<u8>().is_ok_and(|prefix| prefix <= bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_follow_the_developer_guide() {
        use TextForm::*;
        for (form, good, bad) in [
            (
                Date,
                vec!["1970-01-01", "1970-01-01Z", "1970-01-01-07:00", "1970-01-01+05:30:00"],
                vec!["1970-13-01", "1970-01-01T", "x"],
            ),
            (Time, vec!["12:00", "12:00:34", "12:00:34.", "12:00:34.123Z", "09:00-07:00"], vec!["25:00", "12", ""]),
            (
                DateTime,
                vec!["1930-01-01T16:00:00-07:00", "2020-02-29T00:00Z", "2020-01-01T00:00:00.123456789Z"],
                vec!["2020-01-01T00:00:00", "2021-02-29T00:00Z"],
            ),
            (Email, vec!["username@example.com", "a.b+c@d.co"], vec!["x", "a@", "a..b@c.de", "a b@c.de"]),
            (Phone, vec!["+1 206-555-0100", "206-555-0100"], vec!["12", "phone"]),
            (Url, vec!["http://www.amazon.com/", "mailto:example@example.com"], vec!["amazon", "http://a//b"]),
            (
                IpAddress,
                vec!["127.0.0.1", "127.0.0.1/8", "::1", "2001:db8::/32"],
                vec!["256.0.0.1", "1.2.3.4/33", "[::1]"],
            ),
        ] {
            for text in good {
                assert!(is_valid(form, text), "{form:?} should accept {text}");
            }
            for text in bad {
                assert!(!is_valid(form, text), "{form:?} should refuse {text}");
            }
        }
    }
}
