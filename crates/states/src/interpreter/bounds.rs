//! The bounds that an execution was started under. They stay its own: a replay under others could give another history.

use serde::{Deserialize, Serialize};

/// See the module's header. The defaults are AWS's quotas (Step Functions developer guide, "Service quotas").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// A Standard execution ends, without success, with this many history events.
    pub max_events: u64,
    /// Of one input, output, result, or `Assign`: bytes of UTF-8.
    pub payload_bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { max_events: 25_000, payload_bytes: 256 << 10 }
    }
}

impl Bounds {
    /// Whether they are AWS's.
    pub(crate) fn are_default(&self) -> bool {
        *self == Self::default()
    }
}
