//! Who may operate: a program or page of this machine, or whoever has the operator's token.
//!
//! The server binds to loopback unless told otherwise, but a web page anywhere can make a browser call loopback. So a
//! request is admitted when its connection comes from loopback (whatever its headers claim), it names this machine in
//! `Host` (no DNS rebinding) and comes from no page or from one of ours (`Origin`); anything else needs `Authorization: Bearer <token>` with the token of the data folder's `operator-token`.

use std::net::SocketAddr;

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::http::App;

const REFUSED: &str = "the operator's API serves this machine only; from elsewhere send \
                       'Authorization: Bearer TOKEN' with the token in the data folder's file operator-token";

pub(in crate::http) fn admit(app: &App, peer: SocketAddr, headers: &HeaderMap) -> Result<(), Response> {
    if from_this_machine(peer, headers) || has_token(headers, &app.operator_token) {
        return Ok(());
    }
    Err((StatusCode::FORBIDDEN, REFUSED).into_response())
}

/// Whether the connection comes from loopback, `Host` names loopback and `Origin`, if there is one, is that same host.
pub(in crate::http) fn from_this_machine(peer: SocketAddr, headers: &HeaderMap) -> bool {
    if !peer.ip().to_canonical().is_loopback() {
        return false;
    }
    let Some(host) = text(headers, &header::HOST) else { return false };
    if !is_loopback(host) {
        return false;
    }
    match headers.get(header::ORIGIN) {
        None => true,
        Some(origin) => {
            let origin = origin.to_str().unwrap_or_default();
            origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")) == Some(host)
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

fn has_token(headers: &HeaderMap, token: &str) -> bool {
    let given = text(headers, &header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    given.is_some_and(|given| same(given.as_bytes(), token.as_bytes()))
}

/// Comparison that takes the same time wherever the texts part.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value"))).collect()
    }

    const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 50_000);

    #[test]
    fn a_peer_elsewhere_is_not_of_this_machine_whatever_it_claims() {
        let claims = headers(&[("host", "localhost:4000"), ("origin", "http://localhost:4000")]);
        for (peer, admitted) in [
            ("127.0.0.1:1", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("192.0.2.1:1", false),
            ("[::ffff:192.0.2.1]:1", false),
            ("[2001:db8::1]:1", false),
        ] {
            let address = peer.parse().expect("an address");
            assert_eq!(from_this_machine(address, &claims), admitted, "{peer}");
        }
    }

    #[test]
    fn programs_and_pages_of_this_machine_are_admitted() {
        assert!(from_this_machine(LOOPBACK, &headers(&[("host", "127.0.0.1:4000")])));
        assert!(from_this_machine(LOOPBACK, &headers(&[("host", "[::1]:4000")])));
        assert!(from_this_machine(
            LOOPBACK,
            &headers(&[("host", "localhost:4000"), ("origin", "http://localhost:4000")])
        ));
    }

    #[test]
    fn pages_from_elsewhere_and_rebound_names_are_not() {
        assert!(!from_this_machine(
            LOOPBACK,
            &headers(&[("host", "localhost:4000"), ("origin", "https://evil.example")])
        ));
        assert!(!from_this_machine(
            LOOPBACK,
            &headers(&[("host", "localhost:4000"), ("origin", "http://localhost:9")])
        ));
        assert!(!from_this_machine(LOOPBACK, &headers(&[("host", "localhost:4000"), ("origin", "null")])));
        assert!(!from_this_machine(LOOPBACK, &headers(&[("host", "evil.example:4000")])));
        assert!(!from_this_machine(LOOPBACK, &headers(&[])));
    }

    #[test]
    fn the_token_is_compared_whole() {
        let given = |value| headers(&[("authorization", value)]);
        assert!(has_token(&given("Bearer abc"), "abc"));
        assert!(!has_token(&given("Bearer ab"), "abc"));
        assert!(!has_token(&given("abc"), "abc"));
    }
}
