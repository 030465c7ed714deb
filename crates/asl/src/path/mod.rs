//! JSONPath.

/// A compiled path.
#[derive(Debug, Clone)]
pub struct Path {}

/// A path that names one place.
#[derive(Debug, Clone)]
pub struct ReferencePath {}
