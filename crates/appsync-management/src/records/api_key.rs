//! An API key.

use serde::{Deserialize, Serialize};

/// `ApiKey` without the time of its deletion, which follows from when it expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ApiKey {
    /// The key itself: `da2-` and 26 lowercase letters and digits.
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// Epoch seconds, a whole hour.
    pub(crate) expires: i64,
}
