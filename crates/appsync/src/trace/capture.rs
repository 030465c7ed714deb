//! Values as traces hold them: as JSON text, cut to a size, in blocks that belong to the request. A trace outlives its
//! request by far, and is seldom read: text is a tenth of what a tree takes, and keeps nothing else alive.

use bytes::{Bytes, BytesMut};
use serde_json::{Map, Value};

use super::mask;
use crate::limits;

/// Of less room nothing is made.
pub(super) const LEAST_BYTES: usize = 32;
/// What is allocated for texts at once, at least.
const BLOCK_BYTES: usize = 1 << 10;

/// A value of a trace, read with [`Captured::read`]: JSON text; empty where nothing was captured.
#[derive(Debug, Clone, Default)]
pub struct Captured(Bytes);

impl Captured {
    /// The value with its secrets masked; `None` where nothing was captured.
    pub fn read(&self) -> Option<Value> {
        self.raw().map(|value| mask::value(&value))
    }

    /// The value as it was, for what never leaves the process.
    pub(super) fn raw(&self) -> Option<Value> {
        serde_json::from_slice(&self.0).ok()
    }

    /// Whether its text has `word` in it.
    pub(super) fn mentions(&self, word: &str) -> bool {
        str::from_utf8(&self.0).is_ok_and(|text| text.contains(word))
    }

    /// JSON text that is shared; nothing where it is too large.
    pub(super) fn text(text: &Bytes) -> Self {
        if text.len() > limits::TRACE_VALUE_BYTES { Self::default() } else { Self(text.clone()) }
    }

    /// What it takes.
    pub(super) fn bytes(&self) -> usize {
        self.0.len()
    }
}

/// Makes the texts of one request.
#[derive(Default)]
pub(super) struct Texts {
    /// Where a text is written while its length is unknown.
    draft: Vec<u8>,
    block: BytesMut,
}

impl Texts {
    /// A value, cut to about `room` bytes.
    pub(super) fn value(&mut self, value: &Value, room: usize) -> Captured {
        self.write(|cutter| cutter.value(value, limits::TRACE_VALUE_DEPTH), room)
    }

    /// As [`Self::value`], of an object's members.
    pub(super) fn members(&mut self, members: &Map<String, Value>, room: usize) -> Captured {
        self.write(|cutter| cutter.members(members, limits::TRACE_VALUE_DEPTH), room)
    }

    fn write(&mut self, write: impl FnOnce(&mut Cutter), room: usize) -> Captured {
        self.draft.clear();
        write(&mut Cutter { text: &mut self.draft, room });
        if self.block.capacity() < self.draft.len() {
            self.block = BytesMut::with_capacity(self.draft.len().max(BLOCK_BYTES));
        }
        self.block.extend_from_slice(&self.draft);
        Captured(self.block.split().freeze())
    }
}

/// Writes JSON of about so many bytes. What does not fit is told in its place, in a few bytes more.
struct Cutter<'a> {
    text: &'a mut Vec<u8>,
    room: usize,
}

impl Cutter<'_> {
    fn left(&self) -> usize {
        self.room.saturating_sub(self.text.len())
    }

    fn scalar(&mut self, value: &Value) {
        serde_json::to_writer(&mut *self.text, value).expect("a vector takes every byte");
    }

    fn quoted(&mut self, text: &str) {
        serde_json::to_writer(&mut *self.text, text).expect("a vector takes every byte");
    }

    fn value(&mut self, value: &Value, depth: usize) {
        match value {
            _ if depth == 0 || self.left() == 0 => self.quoted("… (cut)"),
            Value::String(given) => self.string(given),
            Value::Array(items) => self.items(items, depth - 1),
            Value::Object(members) => self.members(members, depth - 1),
            other => self.scalar(other),
        }
    }

    fn items(&mut self, items: &[Value], depth: usize) {
        self.text.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.text.push(b',');
            }
            if self.left() < LEAST_BYTES {
                self.quoted(&format!("… ({} more)", items.len() - index));
                break;
            }
            self.value(item, depth);
        }
        self.text.push(b']');
    }

    fn members(&mut self, members: &Map<String, Value>, depth: usize) {
        self.text.push(b'{');
        for (index, (name, value)) in members.iter().enumerate() {
            if index > 0 {
                self.text.push(b',');
            }
            if self.left() < LEAST_BYTES + name.len() {
                self.quoted("…");
                self.text.push(b':');
                self.quoted(&format!("({} more)", members.len() - index));
                break;
            }
            self.quoted(name);
            self.text.push(b':');
            self.value(value, depth);
        }
        self.text.push(b'}');
    }

    fn string(&mut self, given: &str) {
        let (start, left) = (self.text.len(), self.left());
        if given.len() + QUOTES <= left {
            self.quoted(given);
            if self.text.len() - start <= left {
                return;
            }
            // Escapes made it longer than it may be.
            self.text.truncate(start);
        }
        let mut room = left.saturating_sub(QUOTES);
        let fits = |(_, character): &(usize, char)| match room.checked_sub(escaped_bytes(*character)) {
            Some(rest) => {
                room = rest;
                true
            }
            None => false,
        };
        let last = given.char_indices().take_while(fits).last();
        self.quoted(&cut(given, last.map_or(0, |(at, character)| at + character.len_utf8())));
    }
}

const QUOTES: usize = 2;

/// What a character takes in JSON text, at most.
fn escaped_bytes(character: char) -> usize {
    match character {
        '"' | '\\' => 2,
        '\0'..=' ' => "\\u0000".len(),
        _ => character.len_utf8(),
    }
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
    /// What says in a flat value that it is cut.
    const MORE: usize = 64;

    fn captured(value: &Value) -> Captured {
        Texts::default().value(value, ROOM)
    }

    #[test]
    fn a_small_value_is_kept_whole_and_a_large_one_cut() {
        let small = json!({ "a": [1, "two", null, { "b": 2.5 }], "ü\n\"": true, "empty": [{}, []] });
        let whole = captured(&small);
        assert_eq!((whole.read(), whole.bytes()), (Some(small.clone()), small.to_string().len()));

        let large = json!({ "list": vec![7; 10_000], "after": true });
        let cut = captured(&large);
        assert!((ROOM - MORE..ROOM + MORE).contains(&cut.bytes()), "{}", cut.bytes());
        let read = cut.read().expect("a value");
        let list = read["list"].as_array().expect("a list");
        assert_eq!(list.last(), Some(&json!(format!("… ({} more)", 10_001 - list.len()))));
        assert_eq!(read["…"], "(1 more)");
    }

    #[test]
    fn a_long_text_is_cut_between_characters_however_they_are_escaped() {
        for character in ["é", "\u{1}", "\"", "a\n"] {
            let cut = captured(&Value::from(character.repeat(ROOM)));
            assert!((ROOM / 3..ROOM + MORE).contains(&cut.bytes()), "{character:?}: {}", cut.bytes());
            let read = cut.read().expect("a value");
            let read = read.as_str().expect("a text");
            assert!(read.starts_with(character) && read.ends_with("more bytes)"), "{character:?}: {read}");
        }
        let fits = Value::from("\"".repeat(ROOM / 2 - QUOTES));
        assert_eq!(captured(&fits).read(), Some(fits));
    }

    #[test]
    fn a_deep_value_is_cut() {
        let mut deep = json!(1);
        for _ in 0..limits::TRACE_VALUE_DEPTH * 2 {
            deep = json!([deep]);
        }
        assert!(captured(&deep).read().expect("a value").to_string().contains("(cut)"));
    }

    #[test]
    fn a_request_has_its_texts_side_by_side() {
        let mut texts = Texts::default();
        let values: Vec<_> = (0..1_000).map(|number| json!({ "number": number })).collect();
        let kept: Vec<_> = values.iter().map(|value| texts.value(value, ROOM)).collect();
        assert_eq!(kept.iter().filter_map(Captured::raw).collect::<Vec<_>>(), values);
        let neighbours = kept.windows(2).filter(|pair| pair[0].0.as_ptr_range().end == pair[1].0.as_ptr());
        assert!(neighbours.count() > 900, "most share a block");
    }
}
