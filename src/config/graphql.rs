//! `[graphql]`: what stands in front of the GraphQL APIs.

use std::ops::RangeInclusive;

use serde::Deserialize;

/// Windows that requests may be counted in, seconds. AWS WAF has 60, 120, 300 and 600.
const WINDOW_SECONDS: RangeInclusive<u32> = 1..=3_600;

/// `[graphql]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Graphql {
    pub(crate) rate_limit: Option<RateLimit>,
}

/// `rate_limit = { per_key = 1000, window_seconds = 300 }`: what one caller may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RateLimit {
    /// Requests of one API key, access key, token or address.
    pub(crate) per_key: u32,
    /// The trailing window that they are counted in.
    #[serde(default = "window_seconds")]
    pub(crate) window_seconds: u32,
}

/// The window of AWS WAF's rate-based rules where they name none.
fn window_seconds() -> u32 {
    300
}

impl Graphql {
    /// What cannot be right.
    pub(super) fn validate(&self) -> Result<(), String> {
        match self.rate_limit {
            Some(RateLimit { per_key: 0, .. }) => Err("graphql.rate_limit: per_key is 0; nobody could call".to_owned()),
            Some(RateLimit { window_seconds, .. }) if !WINDOW_SECONDS.contains(&window_seconds) => {
                Err(format!("graphql.rate_limit: window_seconds is {window_seconds}; expected {WINDOW_SECONDS:?}"))
            }
            _ => Ok(()),
        }
    }

    /// For `stepwell config`.
    pub(super) fn rate_limit_text(&self) -> String {
        match self.rate_limit {
            None => "off".to_owned(),
            Some(limit) => format!("{} in {} s", limit.per_key, limit.window_seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_limit_has_a_window_and_lets_somebody_through() {
        let read = |text: &str| toml::from_str::<Graphql>(text).expect("readable");
        let limited = read("rate_limit = { per_key = 10 }");
        assert_eq!(limited.rate_limit, Some(RateLimit { per_key: 10, window_seconds: 300 }));
        assert_eq!((limited.validate(), limited.rate_limit_text()), (Ok(()), "10 in 300 s".to_owned()));
        assert_eq!(read("").rate_limit_text(), "off");
        assert!(read("rate_limit = { per_key = 0 }").validate().is_err());
        assert!(read("rate_limit = { per_key = 1, window_seconds = 0 }").validate().is_err());
    }
}
