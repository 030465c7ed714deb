//! The values of a running template: Java's, with lists and maps that are shared and change in place.
//!
//! Lists and maps live in one [`Heap`] and are named by their index, so that one that contains itself costs nothing to
//! drop. The heap ends with the template; a budget bounds what one run may make.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Number;

/// A map: keys as text, in the order in which they came.
pub(super) type Fields = IndexMap<Arc<str>, Value>;

/// What making a value costs beside its text, bytes.
const VALUE_BYTES: usize = 64;

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Boolean(bool),
    Number(Number),
    Text(Arc<str>),
    List(ListId),
    Map(MapId),
    /// An entry of `entrySet()`: key and value.
    Entry(Arc<(Arc<str>, Value)>),
    /// `$foreach`, by the nesting of its loop.
    Loop(usize),
    /// `$ctx`.
    Context,
    /// `$ctx.info`.
    Info,
    /// `$util`, `$util.time`, `$extensions`: the path of functions.
    Namespace(Arc<str>),
}

/// Names a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ListId(usize);

/// Names a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MapId(usize);

/// The lists and maps of one run.
#[derive(Debug, Default)]
pub(super) struct Heap {
    lists: Vec<Vec<Value>>,
    maps: Vec<Fields>,
    spent: usize,
    budget: usize,
}

impl Heap {
    /// A heap for `budget` bytes in all, freed ones included.
    pub(super) fn new(budget: usize) -> Self {
        Self { budget, ..Self::default() }
    }

    /// Pays for `values` values and `bytes` of text.
    ///
    /// # Errors
    /// The budget is spent.
    pub(super) fn pay(&mut self, values: usize, bytes: usize) -> Result<(), String> {
        self.spent = self.spent.saturating_add(values.saturating_mul(VALUE_BYTES)).saturating_add(bytes);
        if self.spent > self.budget {
            return Err(format!("the template used more than {} bytes of memory", self.budget));
        }
        Ok(())
    }

    /// A new list.
    pub(super) fn list(&mut self, items: Vec<Value>) -> Result<Value, String> {
        self.pay(1 + items.len(), 0)?;
        self.lists.push(items);
        Ok(Value::List(ListId(self.lists.len() - 1)))
    }

    /// A new map.
    pub(super) fn map(&mut self, fields: Fields) -> Result<Value, String> {
        self.pay(1 + 2 * fields.len(), 0)?;
        self.maps.push(fields);
        Ok(Value::Map(MapId(self.maps.len() - 1)))
    }

    pub(super) fn items(&self, id: ListId) -> &Vec<Value> {
        &self.lists[id.0]
    }

    pub(super) fn items_mut(&mut self, id: ListId) -> &mut Vec<Value> {
        &mut self.lists[id.0]
    }

    pub(super) fn fields(&self, id: MapId) -> &Fields {
        &self.maps[id.0]
    }

    pub(super) fn fields_mut(&mut self, id: MapId) -> &mut Fields {
        &mut self.maps[id.0]
    }

    /// Sets a field, and gives what was there.
    pub(super) fn put(&mut self, id: MapId, key: Arc<str>, value: Value) -> Result<Value, String> {
        self.pay(2, 0)?;
        Ok(self.fields_mut(id).insert(key, value).unwrap_or(Value::Null))
    }
}

impl Value {
    pub(super) fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// Velocity's truth: everything but null and false.
    pub(super) fn is_true(&self) -> bool {
        !matches!(self, Self::Null | Self::Boolean(false))
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// A whole number.
    pub(super) fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|float| float as i64)),
            _ => None,
        }
    }

    /// The name of its Java class, for messages.
    pub(super) fn class(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "java.lang.Boolean",
            Self::Number(number) if number.is_f64() => "java.lang.Double",
            Self::Number(number) if number.as_i64().is_some_and(|whole| i32::try_from(whole).is_ok()) => {
                "java.lang.Integer"
            }
            Self::Number(_) => "java.lang.Long",
            Self::Text(_) => "java.lang.String",
            Self::List(_) => "java.util.ArrayList",
            Self::Map(_) | Self::Context | Self::Info => "java.util.LinkedHashMap",
            Self::Entry(_) => "java.util.Map$Entry",
            Self::Loop(_) | Self::Namespace(_) => "java.lang.Object",
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::Number(value.into())
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}
