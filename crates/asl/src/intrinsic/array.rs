//! `States.Array*`.

use std::collections::HashSet;

use serde_json::Value;

use super::Refusal;
use super::math::integer;
use crate::number::equal_values;

/// AWS's limit on the length of a range.
const MAX_RANGE: i64 = 1000;

fn items(value: &Value) -> Result<&Vec<Value>, Refusal> {
    value.as_array().ok_or_else(|| "The first argument must be an array".to_owned())
}

pub(super) fn partition(array: &Value, size: &Value) -> Result<Value, Refusal> {
    let size = usize::try_from(integer(size)?).ok().filter(|size| *size > 0);
    let size = size.ok_or_else(|| "The chunk size must be a positive integer".to_owned())?;
    Ok(items(array)?.chunks(size).map(<[Value]>::to_vec).collect::<Vec<_>>().into())
}

pub(super) fn contains(array: &Value, wanted: &Value) -> Result<Value, Refusal> {
    Ok(items(array)?.iter().any(|item| equal_values(item, wanted)).into())
}

pub(super) fn range(first: &Value, last: &Value, step: &Value) -> Result<Value, Refusal> {
    let (first, last, step) = (integer(first)?, integer(last)?, integer(step)?);
    if step == 0 {
        return Err("The increment must not be zero".to_owned());
    }
    let length = (last - first).checked_div(step).map_or(0, |steps| steps.saturating_add(1));
    if (last - first).signum() * step.signum() < 0 {
        return Ok(Value::Array(Vec::new()));
    }
    if length > MAX_RANGE {
        return Err(format!("The range must not hold more than {MAX_RANGE} items"));
    }
    Ok((0..length).map(|position| first + position * step).collect::<Vec<i64>>().into())
}

pub(super) fn get_item(array: &Value, index: &Value) -> Result<Value, Refusal> {
    let (items, index) = (items(array)?, integer(index)?);
    let item = usize::try_from(index).ok().and_then(|index| items.get(index));
    item.cloned().ok_or_else(|| format!("The index {index} is out of bounds for an array of length {}", items.len()))
}

pub(super) fn length(array: &Value) -> Result<Value, Refusal> {
    Ok(items(array)?.len().into())
}

/// The first of each set of equal items, in order. AWS does not say which order it keeps.
pub(super) fn unique(array: &Value) -> Result<Value, Refusal> {
    let mut seen = HashSet::new();
    let items = items(array)?.iter().filter(|item| seen.insert(item.to_string()));
    Ok(items.cloned().collect::<Vec<_>>().into())
}
