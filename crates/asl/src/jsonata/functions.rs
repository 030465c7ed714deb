//! The functions that Step Functions adds to JSONata, and those it replaces.

use std::rc::Rc;

use jsonata_core::evaluator::{Evaluator, EvaluatorError};
use jsonata_core::value::JValue;
use serde_json::Value;

use crate::intrinsic::{hash_text, uuid};
use crate::scope::{Random, Scope};
use crate::timestamp;

/// AWS's limit on the length of a range.
pub(super) const MAX_RANGE: f64 = 1_000.0;

type Registered = Result<(), EvaluatorError>;

pub(super) fn register(evaluator: &mut Evaluator, scope: &Scope<'_>) -> Registered {
    let random = Rc::new(Random::new(scope.random.next_u64()));
    let now = scope.now_millis;
    let uuids = random.clone();
    evaluator.register_fn("partition", partition)?;
    evaluator.register_fn("range", range)?;
    evaluator.register_fn("hash", hash)?;
    evaluator.register_fn("parse", parse)?;
    evaluator.register_fn("uuid", move |_: &[JValue]| Ok(JValue::string(uuid(&uuids))))?;
    evaluator.register_fn_override("random", move |arguments: &[JValue]| Ok(random_number(arguments, &random)))?;
    evaluator.register_fn_override("millis", move |_: &[JValue]| Ok(JValue::from_f64(now as f64)))?;
    evaluator.register_fn_override("now", move |arguments: &[JValue]| formatted_now(arguments, now))?;
    evaluator.register_fn_override("eval", |_: &[JValue]| refuse("T1006: Attempted to invoke a non-function"))
}

fn refuse(message: impl Into<String>) -> Result<JValue, EvaluatorError> {
    Err(EvaluatorError::EvaluationError(message.into()))
}

fn partition(arguments: &[JValue]) -> Result<JValue, EvaluatorError> {
    let (Some(items), Some(size)) = (arguments.first().and_then(JValue::as_array), number(arguments, 1)) else {
        return refuse("T0410: Arguments of function \"partition\" do not match function signature");
    };
    if size.round() < 1.0 {
        return refuse("D3137: the size of a partition must be a positive integer");
    }
    Ok(JValue::array(items.chunks(size.round() as usize).map(|chunk| JValue::array(chunk.to_vec())).collect()))
}

/// Both ends included. A sequence, so that a single item is that item itself (recorded on AWS).
fn range(arguments: &[JValue]) -> Result<JValue, EvaluatorError> {
    let (Some(first), Some(last), Some(step)) = (number(arguments, 0), number(arguments, 1), number(arguments, 2))
    else {
        return refuse("T0410: Arguments of function \"range\" do not match function signature");
    };
    let steps = ((last - first) / step).floor();
    if step == 0.0 || !steps.is_finite() {
        return refuse("D3137: the step of a range must not be zero");
    }
    if steps >= MAX_RANGE {
        return refuse(format!("D3137: a range must not hold more than {MAX_RANGE} items"));
    }
    let items = (0..=steps as i64).map(|position| JValue::from_f64(first + position as f64 * step));
    let items: Vec<JValue> = if steps < 0.0 { Vec::new() } else { items.collect() };
    Ok(JValue::sequence(items).unwrap_sequence())
}

fn hash(arguments: &[JValue]) -> Result<JValue, EvaluatorError> {
    let text = arguments.first().and_then(JValue::as_str);
    let algorithm = arguments.get(1).map_or(Some("SHA-256"), JValue::as_str);
    let (Some(text), Some(algorithm)) = (text, algorithm) else {
        return refuse("T0410: Arguments of function \"hash\" do not match function signature");
    };
    hash_text(text, algorithm).map(JValue::string).or_else(|refusal| refuse(format!("D3137: {refusal}")))
}

fn parse(arguments: &[JValue]) -> Result<JValue, EvaluatorError> {
    let Some(text) = arguments.first().and_then(JValue::as_str) else {
        return refuse("T0410: Arguments of function \"parse\" do not match function signature");
    };
    match serde_json::from_str::<Value>(text) {
        Ok(_) => JValue::from_json_str(text).or_else(|error| refuse(format!("D3137: {error}"))),
        Err(error) => refuse(format!("D3137: {error}")),
    }
}

fn random_number(arguments: &[JValue], random: &Random) -> JValue {
    match number(arguments, 0) {
        Some(seed) => JValue::from_f64(Random::new(seed.to_bits()).next_f64()),
        None => JValue::from_f64(random.next_f64()),
    }
}

// AWS differs: `$now` with a picture is not supported here; `$fromMillis($millis(), picture)` is the same.
fn formatted_now(arguments: &[JValue], now: i64) -> Result<JValue, EvaluatorError> {
    if arguments.is_empty() {
        Ok(JValue::string(timestamp::format(now)))
    } else {
        refuse("D3137: $now with a picture: use $fromMillis($millis(), picture)")
    }
}

fn number(arguments: &[JValue], position: usize) -> Option<f64> {
    arguments.get(position).and_then(JValue::as_f64)
}
