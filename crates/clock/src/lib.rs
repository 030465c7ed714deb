//! Time, identifiers and jitter: the only crate that reads a wall clock or draws randomness.
//!
//! Services hold an `Arc<dyn Clock>`: [`RealClock`] in production, [`SimulatedClock`] in tests, where time moves
//! only when told to and every identifier follows from a seed.

mod real;
mod simulated;

use std::{future::Future, pin::Pin};

pub use real::RealClock;
pub use simulated::SimulatedClock;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Seconds with millisecond fraction, as AWS JSON carries times.
    pub fn epoch_seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// This moment plus `milliseconds`, saturating.
    pub fn plus_millis(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// This moment plus `seconds`, saturating.
    pub fn plus_seconds(self, seconds: i64) -> Self {
        self.plus_millis(seconds.saturating_mul(1000))
    }
}

/// A source of time, timers and identifiers.
pub trait Clock: Send + Sync + 'static {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// Microseconds since some moment of this clock's own choice, never going back: for measuring how long things take.
    fn monotonic_micros(&self) -> u64 {
        u64::try_from(self.now().0).unwrap_or(0).saturating_mul(1000)
    }

    /// Completes when `deadline` has come; at once if it has passed.
    fn sleep_until(&self, deadline: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send>>;

    /// 64 random bits.
    fn random(&self) -> u64;

    /// A version 4 UUID in its usual text form (RFC 9562).
    fn uuid(&self) -> String {
        let bits = (u128::from(self.random()) << 64) | u128::from(self.random());
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().to_string()
    }

    /// A version 7 UUID in its usual text form (RFC 9562): those of later milliseconds sort after those of earlier ones.
    fn ordered_uuid(&self) -> String {
        let bits = (u128::from(self.random()) << 64) | u128::from(self.random());
        let [.., a, b, c, d, e, f, g, h, i, j] = bits.to_be_bytes();
        let millis = u64::try_from(self.now().0).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &[a, b, c, d, e, f, g, h, i, j]).into_uuid().to_string()
    }
}
