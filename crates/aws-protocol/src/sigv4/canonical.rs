//! The canonical request: the one text that both sides must agree on.

use std::{borrow::Cow, fmt::Write as _};

use http::HeaderMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{Request, S3};

/// All but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same, with the slashes of a path left alone.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// The canonical request to `service` over `signed_headers` (lower case, in the signer's order) and `payload_hash`.
pub(super) fn canonical_request(
    request: &Request<'_>,
    service: &str,
    signed_headers: &[&str],
    payload_hash: &str,
) -> String {
    let mut text = String::with_capacity(512);
    text.push_str(request.method);
    text.push('\n');
    if service == S3 {
        text.push_str(request.path);
    } else {
        text.extend(utf8_percent_encode(&normalized_path(request.path), RESERVED_IN_PATH));
    }
    text.push('\n');
    text.push_str(&canonical_query(request.query));
    text.push('\n');
    for name in signed_headers {
        text.push_str(name);
        text.push(':');
        push_header_value(&mut text, request.headers, name);
        text.push('\n');
    }
    write!(text, "\n{}\n{payload_hash}", signed_headers.join(";")).expect("writing to a string never fails");
    text
}

/// `text` with everything but unreserved characters percent-encoded.
pub(super) fn encoded(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, RESERVED).into()
}

/// The name-value pairs of a raw query, decoded. A plus sign is a space, as in HTML forms.
pub(super) fn query_pairs(query: &str) -> impl Iterator<Item = (String, String)> + '_ {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// Sorted by encoded name, then value; the signature itself is not part of what is signed.
fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<(String, String)> = query_pairs(query)
        .filter(|(name, _)| name != "X-Amz-Signature")
        .map(|(name, value)| (encoded(&name).into_owned(), encoded(&value).into_owned()))
        .collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// RFC 3986, section 5.2.4 (dot segments), with empty segments removed too.
fn normalized_path(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut ends_open = false;
    for segment in path.split('/') {
        ends_open = matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    let mut normalized = format!("/{}", kept.join("/"));
    if ends_open && !kept.is_empty() {
        normalized.push('/');
    }
    normalized
}

/// All values of one header joined with commas, each trimmed and with runs of spaces made one.
fn push_header_value(text: &mut String, headers: &HeaderMap, name: &str) {
    for (n, value) in headers.get_all(name).iter().enumerate() {
        if n > 0 {
            text.push(',');
        }
        let value = String::from_utf8_lossy(value.as_bytes());
        let mut words = value.split([' ', '\t']).filter(|word| !word.is_empty());
        text.extend(words.next());
        for word in words {
            text.push(' ');
            text.push_str(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalized() {
        let cases = [
            ("", "/"),
            ("/", "/"),
            ("/graphql", "/graphql"),
            ("/a/../b", "/b"),
            ("/a/b/..", "/a/"),
            ("/a/./b/", "/a/b/"),
            ("//a//b", "/a/b"),
            ("/../..", "/"),
            ("/a/.", "/a/"),
        ];
        for (path, normalized) in cases {
            assert_eq!(normalized_path(path), normalized, "{path}");
        }
    }

    #[test]
    fn queries_are_sorted_and_encoded_anew() {
        let cases = [
            ("", ""),
            ("b=2&a=1", "a=1&b=2"),
            ("a=2&a=1", "a=1&a=2"),
            ("a", "a="),
            ("a=b+c%2Fd%7e", "a=b%20c%2Fd~"),
            ("X-Amz-Signature=00&X-Amz-Date=1", "X-Amz-Date=1"),
            ("B=1&a=2&%C3%A9=3", "%C3%A9=3&B=1&a=2"),
        ];
        for (query, canonical) in cases {
            assert_eq!(canonical_query(query), canonical, "{query}");
        }
    }
}
