//! Filters: `?(@.price < 10 && @.kind in ['a', 'b'])`.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use regex::Regex;
use serde_json::Value;

use super::Path;
use super::effort::Effort;
use super::parse::{Cursor, PathSyntaxError};
use crate::number::compare_numbers;
use crate::scope::Scope;

/// A compiled filter.
#[derive(Debug, Clone)]
pub(crate) enum Filter {
    Or(Vec<Filter>),
    And(Vec<Filter>),
    Not(Box<Filter>),
    Exists(Operand),
    Compare { left: Operand, operator: Operator, right: Operand },
}

#[derive(Debug, Clone)]
pub(crate) enum Operand {
    /// `@...`.
    Item(Path),
    /// `$...`, `$$...` or `$name...`.
    Scope(Path),
    Literal(Value),
    Pattern(Regex),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    In,
    NotIn,
}

/// In the order in which they must be tried: a longer one before its own prefix.
const OPERATORS: [(&str, Operator); 9] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("=~", Operator::Matches),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("in ", Operator::In),
    ("nin ", Operator::NotIn),
];

impl Filter {
    pub(super) fn parse(cursor: &mut Cursor) -> Result<Self, PathSyntaxError> {
        let mut terms = vec![Self::conjunction(cursor)?];
        while cursor.take_text("||") {
            terms.push(Self::conjunction(cursor)?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Self::Or(terms) })
    }

    fn conjunction(cursor: &mut Cursor) -> Result<Self, PathSyntaxError> {
        let mut terms = vec![Self::term(cursor)?];
        cursor.blanks();
        while cursor.take_text("&&") {
            terms.push(Self::term(cursor)?);
            cursor.blanks();
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Self::And(terms) })
    }

    fn term(cursor: &mut Cursor) -> Result<Self, PathSyntaxError> {
        cursor.blanks();
        if cursor.take('!') {
            return Ok(Self::Not(Box::new(cursor.nested(Self::term)?)));
        }
        if cursor.take('(') {
            let inner = cursor.nested(Self::parse)?;
            cursor.blanks();
            cursor.expect(')', "a parenthesis must be closed")?;
            return Ok(inner);
        }
        let left = Operand::parse(cursor)?;
        cursor.blanks();
        let operator = OPERATORS.iter().find(|(text, _)| cursor.take_text(text)).map(|(_, operator)| *operator);
        let Some(operator) = operator else {
            return Ok(Self::Exists(left));
        };
        cursor.blanks();
        Ok(Self::Compare { left, operator, right: Operand::parse(cursor)? })
    }

    pub(super) fn holds(&self, item: &Value, scope: &Scope<'_>, effort: &Effort) -> bool {
        match self {
            _ if !effort.spend(1) => false,
            Self::Or(terms) => terms.iter().any(|term| term.holds(item, scope, effort)),
            Self::And(terms) => terms.iter().all(|term| term.holds(item, scope, effort)),
            Self::Not(term) => !term.holds(item, scope, effort),
            Self::Exists(operand) => operand.value(item, scope, effort).is_some(),
            Self::Compare { left, operator: Operator::Matches, right: Operand::Pattern(pattern) } => left
                .value(item, scope, effort)
                .is_some_and(|left| left.as_str().is_some_and(|left| pattern.is_match(left))),
            Self::Compare { left, operator, right } => {
                compare(left.value(item, scope, effort), *operator, right.value(item, scope, effort))
            }
        }
    }

    pub(super) fn variables(&self, found: &mut Vec<Arc<str>>) {
        match self {
            Self::Or(terms) | Self::And(terms) => terms.iter().for_each(|term| term.variables(found)),
            Self::Not(term) => term.variables(found),
            Self::Exists(operand) => operand.variables(found),
            Self::Compare { left, right, .. } => {
                left.variables(found);
                right.variables(found);
            }
        }
    }
}

impl Operand {
    fn parse(cursor: &mut Cursor) -> Result<Self, PathSyntaxError> {
        match cursor.peek() {
            Some('@') => Ok(Self::Item(cursor.path('@')?)),
            Some('$') => Ok(Self::Scope(cursor.path('$')?)),
            Some('/') => Self::pattern(cursor),
            _ => cursor.nested(literal).map(Self::Literal),
        }
    }

    fn pattern(cursor: &mut Cursor) -> Result<Self, PathSyntaxError> {
        cursor.take('/');
        let mut text = String::new();
        loop {
            match cursor.next().ok_or_else(|| cursor.fault("a pattern must be closed"))? {
                '/' => break,
                '\\' if cursor.peek() == Some('/') => text.extend(cursor.next()),
                next => text.push(next),
            }
        }
        let flags = if cursor.take('i') { "(?i)" } else { "" };
        let pattern = Regex::new(&format!("{flags}^(?:{text})$"));
        pattern.map(Self::Pattern).map_err(|_| cursor.fault("the pattern is not a regular expression"))
    }

    fn value<'v>(&'v self, item: &'v Value, scope: &Scope<'_>, effort: &Effort) -> Option<Cow<'v, Value>> {
        match self {
            Self::Item(path) => path.select_in(item, scope, effort),
            Self::Scope(path) => {
                let data = path.select_within(scope, effort).ok()?;
                effort.copy(data.value()).then(|| Cow::Owned(data.value().clone()))
            }
            Self::Literal(value) => Some(Cow::Borrowed(value)),
            Self::Pattern(_) => None,
        }
    }

    fn variables(&self, found: &mut Vec<Arc<str>>) {
        if let Self::Item(path) | Self::Scope(path) = self {
            path.variables(found);
        }
    }
}

fn literal(cursor: &mut Cursor) -> Result<Value, PathSyntaxError> {
    match cursor.peek() {
        Some('\'' | '"') => Ok(Value::String(cursor.quoted()?)),
        Some('[') => array(cursor),
        _ => {
            let mut text = String::new();
            while let Some(next) =
                cursor.peek().filter(|next| next.is_alphanumeric() || matches!(next, '.' | '-' | '+'))
            {
                text.push(next);
                cursor.take(next);
            }
            let value = serde_json::from_str(&text).ok().filter(|value: &Value| !value.is_string());
            value.ok_or_else(|| cursor.fault("a value is expected"))
        }
    }
}

fn array(cursor: &mut Cursor) -> Result<Value, PathSyntaxError> {
    cursor.take('[');
    let mut items = Vec::new();
    loop {
        cursor.blanks();
        if cursor.take(']') {
            return Ok(Value::Array(items));
        }
        items.push(cursor.nested(literal)?);
        cursor.blanks();
        if !cursor.take(',') {
            cursor.expect(']', "an array must be closed")?;
            return Ok(Value::Array(items));
        }
    }
}

fn compare(left: Option<Cow<'_, Value>>, operator: Operator, right: Option<Cow<'_, Value>>) -> bool {
    let (Some(left), Some(right)) = (left, right) else {
        return operator == Operator::NotEqual;
    };
    let order = match (&*left, &*right) {
        (Value::Number(left), Value::Number(right)) => Some(compare_numbers(left, right)),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (left, right) if left == right => Some(Ordering::Equal),
        _ => None,
    };
    let within = |list: &Value| list.as_array().is_some_and(|list| list.contains(&left));
    match operator {
        Operator::Equal => order == Some(Ordering::Equal),
        Operator::NotEqual => order != Some(Ordering::Equal),
        Operator::Less => order == Some(Ordering::Less),
        Operator::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Operator::Greater => order == Some(Ordering::Greater),
        Operator::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Operator::In => within(&right),
        Operator::NotIn => !within(&right),
        Operator::Matches => false,
    }
}
