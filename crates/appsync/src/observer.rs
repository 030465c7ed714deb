//! What an API tells whoever watches it: one trace per resolver that ran.

use serde_json::Value;

/// One run of a resolver.
#[derive(Debug)]
pub struct FieldTrace<'a> {
    /// The type that has the field.
    pub parent_type: &'a str,
    /// The field.
    pub field: &'a str,
    /// The resolver's result; null where it failed.
    pub result: &'a Value,
    /// The error's message, where it failed.
    pub error: Option<&'a str>,
    /// `console.log` and `console.error` of its handlers.
    pub logs: &'a [String],
    /// How long it took.
    pub milliseconds: i64,
}

/// Watches an API.
pub trait Observer: Send + Sync + 'static {
    /// A resolver has finished.
    fn field_resolved(&self, trace: &FieldTrace<'_>);
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn field_resolved(&self, _: &FieldTrace<'_>) {}
}
