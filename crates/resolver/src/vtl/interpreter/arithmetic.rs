//! Numbers, joined texts and comparisons, with Velocity's rules: what cannot be computed is null, what cannot be
//! compared is not equal.

use std::cmp::Ordering;

use serde_json::Number;

use super::{
    super::{
        comparison::order,
        heap::Value,
        syntax::{Expression, Operator},
    },
    Halt, Interpreter,
};

impl Interpreter<'_> {
    pub(super) fn operate(&mut self, operator: Operator, left: &Value, right: &Value) -> Result<Value, String> {
        Ok(match operator {
            Operator::Equal => self.equal(left, right)?.into(),
            Operator::NotEqual => (!self.equal(left, right)?).into(),
            Operator::Less => compare(left, right, Ordering::is_lt),
            Operator::LessOrEqual => compare(left, right, Ordering::is_le),
            Operator::Greater => compare(left, right, Ordering::is_gt),
            Operator::GreaterOrEqual => compare(left, right, Ordering::is_ge),
            Operator::Subtract => compute(left, right, i64::checked_sub, |left, right| left - right),
            Operator::Multiply => compute(left, right, i64::checked_mul, |left, right| left * right),
            Operator::Divide => divide(left, right, i64::checked_div, |left, right| left / right),
            Operator::Remainder => divide(left, right, i64::checked_rem, |left, right| left % right),
            Operator::Or | Operator::And | Operator::Add => Value::Null,
        })
    }

    /// `==`: values of unlike classes are compared as text, so `1 == "1"`.
    fn equal(&mut self, left: &Value, right: &Value) -> Result<bool, String> {
        let (left, right) = (self.materialized(left)?, self.materialized(right)?);
        let alike = std::mem::discriminant(&left) == std::mem::discriminant(&right);
        if alike || left.is_null() || right.is_null() {
            return self.heap.equals(&left, &right);
        }
        Ok(self.text(&left)? == self.text(&right)?)
    }

    /// `+`: text joined with anything is text, and null is written as its expression is.
    pub(super) fn add(
        &mut self,
        (left, left_source): (&Value, &Expression),
        (right, right_source): (&Value, &Expression),
    ) -> Result<Value, String> {
        if !matches!(left, Value::Text(_)) && !matches!(right, Value::Text(_)) {
            return Ok(compute(left, right, i64::checked_add, |left, right| left + right));
        }
        let mut joined = String::new();
        for (value, source) in [(left, left_source), (right, right_source)] {
            match (value, source) {
                (Value::Null, Expression::Reference(reference)) => joined.push_str(&reference.source),
                _ => joined.push_str(&self.text(value)?),
            }
        }
        Ok(Value::Text(self.new_text(joined)?))
    }

    pub(super) fn negate(&mut self, inside: &Expression) -> Result<Value, Halt> {
        let value = self.evaluate(inside)?;
        Ok(compute(&Value::from(0_i64), &value, i64::checked_sub, |left, right| left - right))
    }
}

fn compare(left: &Value, right: &Value, holds: fn(Ordering) -> bool) -> Value {
    let (Value::Number(left), Value::Number(right)) = (left, right) else { return false.into() };
    order(left, right).is_some_and(holds).into()
}

/// Whole numbers stay whole; what does not fit goes on as floating point.
fn compute(left: &Value, right: &Value, whole: fn(i64, i64) -> Option<i64>, float: fn(f64, f64) -> f64) -> Value {
    let (Value::Number(left), Value::Number(right)) = (left, right) else { return Value::Null };
    if let Some(result) = left.as_i64().zip(right.as_i64()).and_then(|(left, right)| whole(left, right)) {
        return result.into();
    }
    let result = left.as_f64().zip(right.as_f64()).map(|(left, right)| float(left, right));
    result.and_then(Number::from_f64).map_or(Value::Null, Value::Number)
}

/// Null where the divisor is zero.
fn divide(left: &Value, right: &Value, whole: fn(i64, i64) -> Option<i64>, float: fn(f64, f64) -> f64) -> Value {
    match right {
        Value::Number(divisor) if divisor.as_f64() == Some(0.0) => Value::Null,
        _ => compute(left, right, whole, float),
    }
}
