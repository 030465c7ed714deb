//! Times as AWS writes them into data.

use chrono::{DateTime, SecondsFormat};
use clock::Timestamp;

/// `2024-01-01T00:00:00.000Z`.
pub(crate) fn iso_8601(at: Timestamp) -> String {
    DateTime::from_timestamp_millis(at.0).unwrap_or(DateTime::UNIX_EPOCH).to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds_and_z() {
        assert_eq!(iso_8601(Timestamp(1_704_067_200_000)), "2024-01-01T00:00:00.000Z");
        assert_eq!(iso_8601(Timestamp(1_704_067_200_042)), "2024-01-01T00:00:00.042Z");
    }
}
