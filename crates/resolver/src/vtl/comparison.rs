//! Equality and order.

use std::cmp::Ordering;

use serde_json::Number;

use super::heap::{Heap, Value};

/// How many pairs of values one comparison looks at.
const PAIRS: usize = 100_000;
/// How deep one comparison looks.
const DEPTH: usize = 100;

impl Heap {
    /// Java's `equals`: texts, numbers, lists and maps by what they hold.
    ///
    /// # Errors
    /// The values are too large or too deep to compare.
    pub(super) fn equals(&self, left: &Value, right: &Value) -> Result<bool, String> {
        self.equals_within(left, right, DEPTH, &mut { PAIRS })
    }

    fn equals_within(&self, left: &Value, right: &Value, depth: usize, pairs: &mut usize) -> Result<bool, String> {
        let (Some(depth), Some(rest)) = (depth.checked_sub(1), pairs.checked_sub(1)) else {
            return Err("the values are too large to compare".into());
        };
        *pairs = rest;
        Ok(match (left, right) {
            (Value::Null, Value::Null) | (Value::Context, Value::Context) | (Value::Info, Value::Info) => true,
            (Value::Boolean(left), Value::Boolean(right)) => left == right,
            (Value::Number(left), Value::Number(right)) => order(left, right) == Some(Ordering::Equal),
            (Value::Text(left), Value::Text(right)) => left == right,
            (Value::List(left), Value::List(right)) if left == right => true,
            (Value::List(left), Value::List(right)) => {
                let (left, right) = (self.items(*left), self.items(*right));
                if left.len() != right.len() {
                    return Ok(false);
                }
                for (left, right) in left.iter().zip(right) {
                    if !self.equals_within(left, right, depth, pairs)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Value::Map(left), Value::Map(right)) if left == right => true,
            (Value::Map(left), Value::Map(right)) => {
                let (left, right) = (self.fields(*left), self.fields(*right));
                if left.len() != right.len() {
                    return Ok(false);
                }
                for (name, left) in left {
                    let Some(right) = right.get(name) else { return Ok(false) };
                    if !self.equals_within(left, right, depth, pairs)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Value::Entry(left), Value::Entry(right)) => {
                left.0 == right.0 && self.equals_within(&left.1, &right.1, depth, pairs)?
            }
            _ => false,
        })
    }

    /// The index of the first item that is equal to `value`.
    pub(super) fn position(&self, items: &[Value], value: &Value) -> Result<Option<usize>, String> {
        for (index, item) in items.iter().enumerate() {
            if self.equals(item, value)? {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }
}

/// The order of two numbers: whole ones exactly, others as floating point.
pub(super) fn order(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}
