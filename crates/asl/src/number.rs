//! Numbers.

/// Where a number comes from.
#[derive(Debug, Clone)]
pub(crate) enum NumberSource {}
