//! What expressions come to.

use super::{
    super::{
        heap::{Fields, Value},
        syntax::{Expression, Operator},
    },
    Halt, Interpreter, wrong,
};

/// The longest list that a range makes.
const RANGE: u64 = 10_000;

impl Interpreter<'_> {
    pub(super) fn evaluate(&mut self, expression: &Expression) -> Result<Value, Halt> {
        Ok(match expression {
            Expression::Null => Value::Null,
            Expression::Boolean(value) => (*value).into(),
            Expression::Number(number) => Value::Number(number.clone()),
            Expression::Text(text) => Value::Text(text.clone()),
            Expression::Interpolated(block) => {
                let mut text = String::new();
                self.block(block, &mut text)?;
                Value::Text(self.new_text(text).map_err(wrong(self.at))?)
            }
            Expression::Reference(reference) => self.refer(reference)?,
            Expression::List(items) => {
                let mut items = self.evaluate_all(items)?;
                for item in &mut items {
                    *item = self.materialized(item).map_err(wrong(self.at))?;
                }
                self.heap.list(items).map_err(wrong(self.at))?
            }
            Expression::Range(ends, at) => {
                let (first, last) = (self.evaluate(&ends.0)?, self.evaluate(&ends.1)?);
                self.range(&first, &last).map_err(wrong(*at))?
            }
            Expression::Map(entries) => self.map(entries)?,
            Expression::Not(inside) => (!self.evaluate(inside)?.is_true()).into(),
            Expression::Negate(inside) => self.negate(inside)?,
            Expression::Chain(first, rest) => self.chain(first, rest)?,
        })
    }

    pub(super) fn evaluate_all(&mut self, expressions: &[Expression]) -> Result<Vec<Value>, Halt> {
        expressions.iter().map(|expression| self.evaluate(expression)).collect()
    }

    fn map(&mut self, entries: &[(Expression, Expression)]) -> Result<Value, Halt> {
        let mut fields = Fields::with_capacity(entries.len());
        for (key, value) in entries {
            let key = self.evaluate(key)?;
            let key = self.text(&key).map_err(wrong(self.at))?;
            let value = self.evaluate(value)?;
            fields.insert(key, self.materialized(&value).map_err(wrong(self.at))?);
        }
        self.heap.map(fields).map_err(wrong(self.at))
    }

    /// The whole numbers from one to the other; null where an end is none.
    fn range(&mut self, first: &Value, last: &Value) -> Result<Value, String> {
        let (Some(first), Some(last)) = (first.as_integer(), last.as_integer()) else { return Ok(Value::Null) };
        if first.abs_diff(last) >= RANGE {
            return Err(format!("the range has more than {RANGE} items"));
        }
        let items: Vec<Value> = if first <= last {
            (first..=last).map(Value::from).collect()
        } else {
            (last..=first).rev().map(Value::from).collect()
        };
        self.heap.list(items)
    }

    /// Operators from left to right. `&&` and `||` look at no more than they must.
    fn chain(&mut self, first: &Expression, rest: &[(Operator, Expression)]) -> Result<Value, Halt> {
        let mut left = self.evaluate(first)?;
        let mut left_source = first;
        for (operator, operand) in rest {
            self.check_time().map_err(wrong(self.at))?;
            match (operator, left.is_true()) {
                (Operator::Or, true) => return Ok(true.into()),
                (Operator::And, false) => return Ok(false.into()),
                _ => {}
            }
            let right = self.evaluate(operand)?;
            left = match operator {
                Operator::Or | Operator::And => right.is_true().into(),
                Operator::Add => self.add((&left, left_source), (&right, operand)).map_err(wrong(self.at))?,
                _ => self.operate(*operator, &left, &right).map_err(wrong(self.at))?,
            };
            left_source = operand;
        }
        Ok(left)
    }
}
