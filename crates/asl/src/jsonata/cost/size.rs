//! Upper bounds of the size of a value.

use serde_json::Value;

/// How long an escaped character may be: `\u001f`.
pub(super) const ESCAPED: u64 = 6;
/// What a value takes up beside its text.
const OVERHEAD: u64 = 16;

/// A value is no larger than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::jsonata) struct Size {
    /// Text and structure, bytes.
    pub(super) bytes: u64,
    /// Items of arrays, at any depth.
    pub(super) items: u64,
    /// The largest item of an array at any depth, bytes.
    pub(super) item: u64,
}

impl Size {
    /// A value that holds no others.
    pub(super) fn scalar(bytes: u64) -> Self {
        Self { bytes, items: 0, item: 0 }
    }

    /// The size of a value whose depth is bounded.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::scalar(OVERHEAD + text.len() as u64),
            Value::Array(items) => items.iter().map(Self::of).fold(Self::scalar(OVERHEAD), |all, item| {
                let all = all.and(item);
                Self { items: all.items + 1, item: all.item.max(item.bytes), ..all }
            }),
            Value::Object(members) => members.iter().fold(Self::scalar(OVERHEAD), |all, (key, member)| {
                let all = all.and(Self::of(member));
                Self { bytes: all.bytes + OVERHEAD + key.len() as u64, ..all }
            }),
            _ => Self::scalar(super::SCALAR),
        }
    }

    /// The same, where the members of objects count as items of a sequence.
    pub(super) fn spread(self) -> Self {
        Self { bytes: self.bytes, items: self.bytes, item: self.bytes }
    }

    /// Both values.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            items: self.items.saturating_add(other.items),
            item: self.item.max(other.item),
        }
    }

    /// One of the two.
    pub(super) fn or(self, other: Self) -> Self {
        Self { bytes: self.bytes.max(other.bytes), items: self.items.max(other.items), item: self.item.max(other.item) }
    }

    /// An array of so many of them, flattened or not.
    pub(super) fn repeated(self, count: u64) -> Self {
        Self {
            bytes: self.bytes.saturating_add(OVERHEAD).saturating_mul(count),
            items: self.items.saturating_add(1).saturating_mul(count),
            item: self.bytes.max(self.item),
        }
    }

    /// A value whose text and number of items are so many times as large.
    pub(super) fn times(self, factor: u64) -> Self {
        Self { bytes: self.bytes.saturating_mul(factor), items: self.items.saturating_mul(factor), item: self.bytes }
    }

    /// How many items a loop over it meets.
    pub(super) fn count(self) -> u64 {
        self.items.max(1)
    }

    /// One item of it.
    pub(super) fn element(self) -> Self {
        Self { bytes: self.item, ..self }
    }

    /// How many comparisons sorting it takes, at most.
    pub(super) fn comparisons(self) -> u64 {
        self.count().saturating_mul(2 * u64::from(u64::BITS - self.count().leading_zeros()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Size;

    #[test]
    fn items_are_counted_at_any_depth() {
        let size = Size::of(&json!({ "text": "t".repeat(1_000), "items": [[1, 2], [3]] }));
        assert_eq!((size.items, size.item), (5, 80), "an array of two numbers is the largest item");
        assert!((1_016..2_000).contains(&size.bytes), "{size:?}");
    }
}
