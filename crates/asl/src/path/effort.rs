//! How much a path may do: `$..*..*` grows with the power of the depth, and a filter may walk the whole input for each
//! item.

use std::cell::Cell;

use serde_json::Value;

/// How many values one path may visit or copy, those of its filters included.
const MAX_EFFORT: usize = 1_000_000;
/// How many bytes of text count as one value.
const TEXT: usize = 32;

/// What is left for one path.
pub(super) struct Effort(Cell<usize>);

impl Effort {
    pub(super) fn new() -> Self {
        Self(Cell::new(MAX_EFFORT))
    }

    /// Takes some of it; whether there was enough. Once there is not, there is none left.
    pub(super) fn spend(&self, amount: usize) -> bool {
        let left = self.0.get().checked_sub(amount);
        self.0.set(left.unwrap_or(0));
        left.is_some()
    }

    /// Takes what a copy of a value needs, whose depth is bounded.
    pub(super) fn copy(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.spend(1 + text.len() / TEXT),
            Value::Array(items) => self.spend(1) && items.iter().all(|item| self.copy(item)),
            Value::Object(members) => self.spend(1 + members.len()) && members.values().all(|member| self.copy(member)),
            _ => self.spend(1),
        }
    }
}
