//! One alternative of a leaf, and whether a value satisfies it.

use std::net::IpAddr;

use serde_json::Value;

use super::wildcard::Wildcard;

/// What a value is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Comparison {
    /// A string, number, `true`, `false` or `null`. Numbers are compared as they are written: 300 is not 300.0.
    Exactly(Value),
    Text(Text),
    Numeric(Vec<(Order, f64)>),
    Cidr(Cidr),
    Exists(bool),
    /// Present, and none of these.
    AnythingBut(Vec<Comparison>),
}

/// Comparisons of strings.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Text {
    Prefix(String),
    Suffix(String),
    /// In lower case, as are the next two.
    EqualsIgnoreCase(String),
    PrefixIgnoreCase(String),
    SuffixIgnoreCase(String),
    Wildcard(Wildcard),
}

/// The operators of `numeric`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A block of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cidr {
    pub(super) network: IpAddr,
    pub(super) bits: u8,
}

impl Comparison {
    /// `None` is a field that is absent.
    pub(super) fn matches(&self, value: Option<&Value>) -> bool {
        let Some(value) = value else {
            return *self == Self::Exists(false);
        };
        match self {
            Self::Exactly(expected) => expected == value,
            Self::Text(text) => value.as_str().is_some_and(|value| text.matches(value)),
            Self::Numeric(limits) => {
                value.as_f64().is_some_and(|value| limits.iter().all(|(order, limit)| order.holds(value, *limit)))
            }
            Self::Cidr(cidr) => value.as_str().and_then(|text| text.parse().ok()).is_some_and(|ip| cidr.contains(ip)),
            Self::Exists(wanted) => *wanted,
            Self::AnythingBut(excluded) => !excluded.iter().any(|comparison| comparison.matches(Some(value))),
        }
    }
}

impl Text {
    fn matches(&self, value: &str) -> bool {
        match self {
            Self::Prefix(prefix) => value.starts_with(prefix),
            Self::Suffix(suffix) => value.ends_with(suffix),
            Self::EqualsIgnoreCase(text) => value.to_lowercase() == *text,
            Self::PrefixIgnoreCase(prefix) => value.to_lowercase().starts_with(prefix),
            Self::SuffixIgnoreCase(suffix) => value.to_lowercase().ends_with(suffix),
            Self::Wildcard(wildcard) => wildcard.matches(value),
        }
    }
}

impl Order {
    fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Equal => value == limit,
            Self::Less => value < limit,
            Self::LessOrEqual => value <= limit,
            Self::Greater => value > limit,
            Self::GreaterOrEqual => value >= limit,
        }
    }
}

impl Cidr {
    fn contains(self, address: IpAddr) -> bool {
        match (self.network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}
