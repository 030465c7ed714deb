//! Credentials of a connection, in the three ways that clients carry them.
//!
//! "Building a real-time WebSocket client", AppSync developer guide: a subprotocol `header-<base64url JSON>`, the query
//! parameter `header` (base64 JSON), or plain headers of the upgrade request.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;

/// Header names in lower case, and their values.
pub(super) type Headers = BTreeMap<String, String>;

/// Why a handshake cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("offer the WebSocket subprotocol {0}")]
    Protocol(&'static str),
    #[error("the connection's header is not base64 of a JSON object of texts")]
    Header,
}

/// What a client said when it connected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Handshake {
    /// The header object that carries the credentials.
    pub(super) credentials: Headers,
    /// The application's own headers: further query parameters, and headers of the upgrade request.
    pub(super) custom: Headers,
}

/// Reads the handshake of an upgrade request, which has to offer `protocol`.
pub(super) fn read(protocol: &'static str, headers: &HeaderMap, query: &str) -> Result<Handshake, Problem> {
    let offered: Vec<&str> = headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(str::trim))
        .collect();
    if !offered.contains(&protocol) {
        return Err(Problem::Protocol(protocol));
    }
    let parameters: BTreeMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let mut custom = plain(headers);
    custom.extend(parameters.iter().filter(|(name, _)| !matches!(name.as_str(), "header" | "payload")).map(lower));
    let credentials = if let Some(encoded) = offered.iter().find_map(|protocol| protocol.strip_prefix("header-")) {
        decode(encoded)?
    } else if let Some(encoded) = parameters.get("header") {
        decode(encoded)?
    } else {
        plain(headers)
    };
    Ok(Handshake { credentials, custom })
}

/// The authorization object of a message.
pub(super) fn object(value: &Value) -> Result<Headers, Problem> {
    let members = value.as_object().ok_or(Problem::Header)?;
    members
        .iter()
        .map(|(name, value)| Ok((name.to_ascii_lowercase(), value.as_str().ok_or(Problem::Header)?.to_owned())))
        .collect()
}

/// Base64 of either alphabet, padded or not.
fn decode(encoded: &str) -> Result<Headers, Problem> {
    let unified: String = encoded
        .trim_end_matches('=')
        .chars()
        .map(|c| match c {
            '+' | ' ' => '-',
            '/' => '_',
            other => other,
        })
        .collect();
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(unified).map_err(|_| Problem::Header)?;
    object(&serde_json::from_slice(&bytes).map_err(|_| Problem::Header)?)
}

fn plain(headers: &HeaderMap) -> Headers {
    let relevant = headers.iter().filter(|(name, _)| {
        let name = name.as_str();
        !name.starts_with("sec-websocket-") && !matches!(name, "connection" | "upgrade" | "cookie")
    });
    relevant.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))).collect()
}

fn lower((name, value): (&String, &String)) -> (String, String) {
    (name.to_ascii_lowercase(), value.clone())
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};

    use super::*;

    const HEADER: &str = r#"{"Host":"h","x-api-key":"da2-??>>"}"#;

    fn upgrade(protocols: &str, more: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("sec-websocket-protocol", protocols.parse().expect("a value"));
        for (name, value) in more {
            headers.insert(*name, value.parse().expect("a value"));
        }
        headers
    }

    #[test]
    fn the_subprotocol_carries_credentials() {
        let encoded = BASE64_URL_SAFE_NO_PAD.encode(HEADER);
        let read =
            read("graphql-ws", &upgrade(&format!("graphql-ws, header-{encoded}"), &[]), "").expect("a handshake");
        assert_eq!(read.credentials["x-api-key"], "da2-??>>");
        assert_eq!(read.credentials["host"], "h");
    }

    #[test]
    fn the_query_carries_credentials_in_either_alphabet_and_custom_headers_beside_them() {
        for encoded in
            [BASE64_STANDARD.encode(HEADER), BASE64_URL_SAFE.encode(HEADER), BASE64_URL_SAFE_NO_PAD.encode(HEADER)]
        {
            let query: String = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("header", &encoded)
                .append_pair("payload", "e30=")
                .append_pair("X-Tenant", "t1")
                .finish();
            let read = read("graphql-ws", &upgrade("graphql-ws", &[]), &query).expect("a handshake");
            assert_eq!(read.credentials["x-api-key"], "da2-??>>", "{query}");
            assert_eq!(read.custom.get("x-tenant").map(String::as_str), Some("t1"));
            assert_eq!(read.custom.get("header"), None);
        }
    }

    #[test]
    fn plain_headers_carry_credentials_but_no_cookie() {
        let headers = upgrade("graphql-ws", &[("x-api-key", "da2-k"), ("cookie", "a=b"), ("upgrade", "websocket")]);
        let read = read("graphql-ws", &headers, "").expect("a handshake");
        assert_eq!(read.credentials, Headers::from([("x-api-key".into(), "da2-k".into())]));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let read = |headers: HeaderMap| read("graphql-ws", &headers, "");
        assert_eq!(read(upgrade("graphql-transport-ws", &[])), Err(Problem::Protocol("graphql-ws")));
        for bad in ["header-!!!", "header-bnVsbA", "header-eyJhIjoxfQ"] {
            assert_eq!(read(upgrade(&format!("graphql-ws, {bad}"), &[])), Err(Problem::Header), "{bad}");
        }
    }
}
