//! `States.MathAdd` and `States.MathRandom`, and the rounding that all functions share.

use serde_json::Value;

use super::Refusal;
use crate::scope::Random;

/// A number rounded to the nearest integer, halves upward: -1.5 is -1 and 1.5 is 2 (recorded on AWS). Within 32 bits.
pub(super) fn integer(value: &Value) -> Result<i64, Refusal> {
    let number = value.as_f64().ok_or_else(|| "The argument must be a number".to_owned())?;
    let rounded = (number + 0.5).floor();
    if (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&rounded) {
        Ok(rounded as i64)
    } else {
        Err(format!("The number must lie between {} and {}", i32::MIN, i32::MAX))
    }
}

pub(super) fn add(first: &Value, second: &Value) -> Result<Value, Refusal> {
    let sum = integer(first)? + integer(second)?;
    match i32::try_from(sum) {
        Ok(sum) => Ok(sum.into()),
        Err(_) => Err(format!("The sum must lie between {} and {}", i32::MIN, i32::MAX)),
    }
}

/// From the first number up to but without the second. With a seed the result depends on the arguments alone.
// AWS differs: its generator is not documented, so the same seed gives another number there.
pub(super) fn random(from: &Value, to: &Value, seed: Option<&Value>, random: &Random) -> Result<Value, Refusal> {
    let (from, to) = (integer(from)?, integer(to)?);
    let width = u64::try_from(to - from).ok().filter(|width| *width > 0);
    let width = width.ok_or_else(|| "The start must be less than the end".to_owned())?;
    let draw = match seed {
        Some(seed) => Random::new(integer(seed)? as u64).next_u64(),
        None => random.next_u64(),
    };
    let offset = (u128::from(draw) * u128::from(width)) >> 64;
    Ok((from + i64::try_from(offset).expect("an offset lies below a width of at most 32 bits")).into())
}
