//! Expressions of a request: several of them share one set of names and values in the DynamoDB call.

use serde_json::{Map, Value};

use super::{attribute::typed_map, given};
use crate::data_source::Failure;

/// A DynamoDB call under construction.
#[derive(Default)]
pub(super) struct Input {
    pub(super) fields: Map<String, Value>,
    names: Map<String, Value>,
    values: Map<String, Value>,
}

impl Input {
    /// A call on a table.
    pub(super) fn on(table: &str) -> Self {
        let mut input = Self::default();
        input.set("TableName", table);
        input
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.fields.insert(name.to_owned(), value.into());
    }

    /// Copies a member of the request under DynamoDB's name, if it is there.
    pub(super) fn copy(&mut self, request: &Map<String, Value>, ours: &str, theirs: &str) {
        if let Some(value) = given(request, ours) {
            self.set(theirs, value.clone());
        }
    }

    /// Adds `{expression, expressionNames, expressionValues}` as DynamoDB's `member`; empty ones count as absent.
    pub(super) fn expression(&mut self, request: &Map<String, Value>, ours: &str, member: &str) -> Result<(), Failure> {
        let Some(part) = given(request, ours) else { return Ok(()) };
        let part = part.as_object().ok_or_else(|| Failure::invalid(ours))?;
        let text = given(part, "expression").and_then(Value::as_str).unwrap_or_default();
        if text.trim().is_empty() {
            return Ok(());
        }
        self.set(member, text);
        if let Some(names) = given(part, "expressionNames").and_then(Value::as_object) {
            self.names.extend(names.clone());
        }
        if let Some(values) = given(part, "expressionValues").and_then(Value::as_object) {
            self.values.extend(typed_map(values, &format!("{ours}.expressionValues"))?);
        }
        Ok(())
    }

    /// Takes those of the names and values of the request's `part` that are `used`.
    pub(super) fn placeholders(
        &mut self,
        request: &Map<String, Value>,
        part: &str,
        used: &[&str],
    ) -> Result<(), Failure> {
        let Some(part) = given(request, part).and_then(Value::as_object) else { return Ok(()) };
        let of = |member: &str| -> Map<String, Value> {
            let all = given(part, member).and_then(Value::as_object).cloned().unwrap_or_default();
            all.into_iter().filter(|(name, _)| used.contains(&name.as_str())).collect()
        };
        self.names.extend(of("expressionNames"));
        self.values.extend(typed_map(&of("expressionValues"), "expressionValues")?);
        Ok(())
    }

    /// Adds to `member` what must hold beside what is there already.
    pub(super) fn require(&mut self, member: &str, text: &str, names: &[(&str, &str)], values: &[(&str, Value)]) {
        let text = match self.fields.get(member).and_then(Value::as_str) {
            // DynamoDB refuses parentheses right inside of others.
            Some(present) if is_enclosed(present) => format!("{present} AND {text}"),
            Some(present) => format!("({present}) AND {text}"),
            None => text.to_owned(),
        };
        self.set(member, text);
        self.names.extend(names.iter().map(|(name, attribute)| ((*name).to_owned(), Value::from(*attribute))));
        self.values.extend(values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    }

    /// The call.
    pub(super) fn finish(mut self) -> Map<String, Value> {
        if !self.names.is_empty() {
            self.fields.insert("ExpressionAttributeNames".into(), self.names.into());
        }
        if !self.values.is_empty() {
            self.fields.insert("ExpressionAttributeValues".into(), self.values.into());
        }
        self.fields
    }
}

/// Whether one pair of parentheses is around the whole expression. Expressions have no texts that could hold others.
fn is_enclosed(text: &str) -> bool {
    let Some(inner) = text.trim().strip_prefix('(').and_then(|text| text.strip_suffix(')')) else { return false };
    let mut depth = 0_usize;
    inner.chars().all(|c| match c {
        '(' => {
            depth += 1;
            true
        }
        ')' => {
            let within = depth > 0;
            depth = depth.saturating_sub(1);
            within
        }
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_required_besides_adds_parentheses_where_there_are_none() {
        let cases = [
            ("a = b", "(a = b) AND c"),
            ("a = b OR size(d) = e", "(a = b OR size(d) = e) AND c"),
            ("(attribute_exists(a))", "(attribute_exists(a)) AND c"),
            (" (a OR (b)) ", " (a OR (b))  AND c"),
            ("(a) OR (b)", "((a) OR (b)) AND c"),
            ("attribute_exists(a)", "(attribute_exists(a)) AND c"),
        ];
        for (present, expected) in cases {
            let mut input = Input::default();
            input.set("FilterExpression", present);
            input.require("FilterExpression", "c", &[], &[]);
            assert_eq!(input.finish()["FilterExpression"], expected);
        }
        let mut input = Input::default();
        input.require("FilterExpression", "c", &[], &[]);
        assert_eq!(input.finish()["FilterExpression"], "c");
    }
}
