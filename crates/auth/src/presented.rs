//! What a request presents: method, path and body as they were signed, and headers.

use std::net::IpAddr;

use http::{HeaderMap, header::AUTHORIZATION};

/// The parts of a request that credentials are about.
///
/// For the real-time protocol, `headers` is the header object of the handshake or of `start`, and method, path and
/// payload are what that object was signed for.
#[derive(Debug, Clone, Copy)]
pub struct Presented<'a> {
    /// `POST`, `GET`.
    pub method: &'a str,
    /// As on the wire, without the query.
    pub path: &'a str,
    /// As on the wire, without `?`.
    pub query: &'a str,
    /// Names in any case.
    pub headers: &'a HeaderMap,
    /// The body.
    pub payload: &'a [u8],
    /// The peer of the connection.
    pub peer: Option<IpAddr>,
}

/// What a caller of an Event API is about to do. A Lambda authorizer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventOperation<'a> {
    /// Open a real-time connection.
    Connect,
    /// Publish to this channel, for example `/news/sport`.
    Publish(&'a str),
    /// Subscribe to this channel, which may end with `/*`.
    Subscribe(&'a str),
}

impl<'a> EventOperation<'a> {
    /// `EVENT_CONNECT`, `EVENT_PUBLISH` or `EVENT_SUBSCRIBE`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Connect => "EVENT_CONNECT",
            Self::Publish(_) => "EVENT_PUBLISH",
            Self::Subscribe(_) => "EVENT_SUBSCRIBE",
        }
    }

    pub(crate) fn channel(self) -> Option<&'a str> {
        match self {
            Self::Connect => None,
            Self::Publish(channel) | Self::Subscribe(channel) => Some(channel),
        }
    }
}

impl<'a> Presented<'a> {
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether it is the handshake of a real-time connection, which is signed for `<endpoint>/connect`.
    pub(crate) fn connects(&self) -> bool {
        self.path.ends_with("/connect")
    }

    /// The token of `Authorization`, with or without `Bearer `.
    pub(crate) fn token(&self) -> Option<&'a str> {
        let value = self.header(AUTHORIZATION.as_str())?.trim();
        let bare = match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            None if value.eq_ignore_ascii_case("bearer") => "",
            _ => value,
        };
        (!bare.is_empty()).then_some(bare)
    }

    /// Addresses the request came through, the client's first: `x-forwarded-for`, then the peer.
    pub(crate) fn source_ip(&self) -> Vec<String> {
        let forwarded = self.header("x-forwarded-for").into_iter().flat_map(|list| list.split(','));
        let forwarded = forwarded.map(|address| address.trim().to_owned()).filter(|address| !address.is_empty());
        forwarded.chain(self.peer.map(|peer| peer.to_string())).collect()
    }
}
