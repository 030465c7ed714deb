//! Values as traces hold them: shared where they are small and shared already, else a copy that is cut to a size.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::mask;
use crate::limits;

/// What a node of JSON takes beside its texts, bytes.
pub(super) const NODE_BYTES: usize = 32;

/// A value of a trace, read with [`Captured::read`].
#[derive(Debug, Clone, Default)]
pub struct Captured(Held);

#[derive(Debug, Clone, Default)]
enum Held {
    #[default]
    Nothing,
    Value(Arc<Value>),
    Members(Arc<Map<String, Value>>),
    /// JSON text.
    Text(Bytes),
}

impl Captured {
    /// A copy with its secrets masked; `None` where nothing was captured.
    pub fn read(&self) -> Option<Value> {
        match &self.0 {
            Held::Nothing => None,
            Held::Value(value) => Some(mask::value(value)),
            Held::Members(members) => Some(Value::Object(mask::members(members))),
            Held::Text(text) => serde_json::from_slice(text).ok().map(|value| mask::value(&value)),
        }
    }

    /// The value as it was, for what never leaves the process.
    pub(super) fn raw(&self) -> Option<&Value> {
        match &self.0 {
            Held::Value(value) => Some(value),
            _ => None,
        }
    }

    /// This value, or a cut copy where it takes more than `room` bytes; and the bytes that it takes.
    pub(super) fn shared(value: &Arc<Value>, room: usize) -> (Self, usize) {
        let mut left = room;
        if weigh(value, &mut left, limits::TRACE_VALUE_DEPTH) {
            return (Self(Held::Value(value.clone())), room - left);
        }
        Self::copied(value, room)
    }

    /// As [`Self::shared`], of an object's members.
    pub(super) fn members(members: &Arc<Map<String, Value>>, room: usize) -> (Self, usize) {
        let mut left = room;
        if weigh_members(members, &mut left, limits::TRACE_VALUE_DEPTH) {
            return (Self(Held::Members(members.clone())), room - left);
        }
        Self::copied_members(members, room)
    }

    /// A copy, cut where the value takes more than `room` bytes; and the bytes that it takes.
    pub(super) fn copied(value: &Value, room: usize) -> (Self, usize) {
        let mut left = room;
        let copy = copy(value, &mut left, limits::TRACE_VALUE_DEPTH);
        (Self(Held::Value(Arc::new(copy))), room - left)
    }

    /// As [`Self::copied`], of an object's members.
    pub(super) fn copied_members(members: &Map<String, Value>, room: usize) -> (Self, usize) {
        let mut left = room;
        let copy = copy_members(members, &mut left, limits::TRACE_VALUE_DEPTH);
        (Self(Held::Members(Arc::new(copy))), room - left)
    }

    /// JSON text; nothing where it is too large.
    pub(super) fn text(text: &Bytes) -> (Self, usize) {
        if text.len() > limits::TRACE_VALUE_BYTES {
            return (Self::default(), 0);
        }
        (Self(Held::Text(text.clone())), text.len())
    }
}

/// Takes what `value` weighs from `left`; false as soon as that is not enough.
fn weigh(value: &Value, left: &mut usize, depth: usize) -> bool {
    let own = NODE_BYTES + value.as_str().map_or(0, str::len);
    let enough = take(left, own);
    match value {
        Value::Array(items) => enough && depth > 0 && items.iter().all(|item| weigh(item, left, depth - 1)),
        Value::Object(members) => enough && depth > 0 && weigh_members(members, left, depth - 1),
        _ => enough,
    }
}

fn weigh_members(members: &Map<String, Value>, left: &mut usize, depth: usize) -> bool {
    members.iter().all(|(name, value)| take(left, name.len()) && weigh(value, left, depth))
}

fn take(left: &mut usize, bytes: usize) -> bool {
    match left.checked_sub(bytes) {
        Some(rest) => {
            *left = rest;
            true
        }
        None => false,
    }
}

/// A copy of what fits into `left`; what does not is told in its place.
fn copy(value: &Value, left: &mut usize, depth: usize) -> Value {
    if !take(left, NODE_BYTES) || depth == 0 {
        return "… (cut)".into();
    }
    match value {
        Value::String(text) if take(left, text.len()) => text.as_str().into(),
        Value::String(text) => cut(text, std::mem::take(left)).into(),
        Value::Array(items) => {
            let mut copied = Vec::with_capacity(items.len().min(*left / NODE_BYTES));
            for item in items {
                if *left < NODE_BYTES {
                    copied.push(format!("… ({} more)", items.len() - copied.len()).into());
                    break;
                }
                copied.push(copy(item, left, depth - 1));
            }
            copied.into()
        }
        Value::Object(members) => copy_members(members, left, depth - 1).into(),
        other => other.clone(),
    }
}

fn copy_members(members: &Map<String, Value>, left: &mut usize, depth: usize) -> Map<String, Value> {
    let mut copied = Map::new();
    for (name, value) in members {
        if *left < NODE_BYTES + name.len() {
            copied.insert("…".to_owned(), format!("({} more)", members.len() - copied.len()).into());
            break;
        }
        *left -= name.len();
        copied.insert(name.clone(), copy(value, left, depth));
    }
    copied
}

/// A copy of a text, cut where it has more than `room` bytes.
pub(super) fn text(text: &str, room: usize) -> String {
    if text.len() <= room { text.to_owned() } else { cut(text, room) }
}

fn cut(text: &str, bytes: usize) -> String {
    let end = text.floor_char_boundary(bytes);
    format!("{}… ({} more bytes)", &text[..end], text.len() - end)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ROOM: usize = limits::TRACE_VALUE_BYTES;

    #[test]
    fn a_small_value_is_shared_and_a_large_one_cut() {
        let small = Arc::new(json!({ "a": [1, "two"] }));
        let (captured, bytes) = Captured::shared(&small, ROOM);
        assert_eq!((Arc::strong_count(&small), bytes), (2, 4 * NODE_BYTES + 4));
        assert_eq!(captured.read(), Some((*small).clone()));

        let large = Arc::new(json!({ "list": vec![7; 10_000], "after": true }));
        let (captured, bytes) = Captured::shared(&large, ROOM);
        assert_eq!(Arc::strong_count(&large), 1, "it is not kept alive");
        assert!(bytes <= ROOM, "{bytes}");
        let read = captured.read().expect("a value");
        let list = read["list"].as_array().expect("a list");
        assert_eq!(list.last(), Some(&json!(format!("… ({} more)", 10_001 - list.len()))));
        assert_eq!(read["…"], "(1 more)");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let (captured, _) = Captured::copied(&Value::from("é".repeat(ROOM)), ROOM);
        let read = captured.read().expect("a value");
        assert!(read.as_str().expect("a text").ends_with("more bytes)"), "{read}");
    }

    #[test]
    fn a_deep_value_is_cut() {
        let mut deep = json!(1);
        for _ in 0..limits::TRACE_VALUE_DEPTH * 2 {
            deep = json!([deep]);
        }
        let (captured, _) = Captured::shared(&Arc::new(deep), ROOM);
        assert!(captured.read().expect("a value").to_string().contains("(cut)"));
    }
}
