//! Expressions: operators by precedence, and what they work on.

use super::{
    super::syntax::{Expression, Operator},
    Parser, SyntaxError,
};

/// The operators, loosest first, as written; a longer one stands before its beginning.
const LEVELS: [&[(&str, Operator)]; 6] = [
    &[("||", Operator::Or), ("or", Operator::Or)],
    &[("&&", Operator::And), ("and", Operator::And)],
    &[("==", Operator::Equal), ("!=", Operator::NotEqual), ("eq", Operator::Equal), ("ne", Operator::NotEqual)],
    &[
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
        ("lt", Operator::Less),
        ("gt", Operator::Greater),
        ("le", Operator::LessOrEqual),
        ("ge", Operator::GreaterOrEqual),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("/", Operator::Divide), ("%", Operator::Remainder)],
];

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expression, SyntaxError> {
        self.nested(|parser| parser.level(0))
    }

    fn level(&mut self, level: usize) -> Result<Expression, SyntaxError> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let first = self.level(level + 1)?;
        let mut rest = Vec::new();
        while let Some(operator) = self.operator(operators) {
            rest.push((operator, self.level(level + 1)?));
        }
        Ok(if rest.is_empty() { first } else { Expression::Chain(Box::new(first), rest) })
    }

    fn operator(&mut self, operators: &[(&str, Operator)]) -> Option<Operator> {
        self.skip_blanks();
        let (_, operator) = *operators.iter().find(|(written, _)| self.take_operator(written))?;
        Some(operator)
    }

    /// Takes an operator; one that is a word must end there.
    fn take_operator(&mut self, written: &str) -> bool {
        let is_word = written.starts_with(|first: char| first.is_ascii_alphabetic());
        let after = self.text.as_bytes().get(self.at + written.len());
        let goes_on = is_word && after.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        !goes_on && self.take(written)
    }

    fn unary(&mut self) -> Result<Expression, SyntaxError> {
        self.skip_blanks();
        if self.take_operator("!") || self.take_operator("not") {
            return Ok(Expression::Not(Box::new(self.nested(Self::unary)?)));
        }
        if self.take_operator("-") {
            return Ok(Expression::Negate(Box::new(self.nested(Self::unary)?)));
        }
        self.operand()
    }

    fn operand(&mut self) -> Result<Expression, SyntaxError> {
        match self.peek() {
            Some(b'$') => {
                let reference = self.reference()?.ok_or_else(|| self.error("'$' without a name after it"))?;
                Ok(Expression::Reference(reference))
            }
            Some(b'(') => {
                self.at += 1;
                let inside = self.expression()?;
                self.expect(")")?;
                Ok(inside)
            }
            Some(b'"') => self.double_quoted(),
            Some(b'\'') => self.single_quoted(),
            Some(b'[') => self.bracketed(),
            Some(b'{') => {
                self.at += 1;
                Ok(Expression::Map(self.list("}", Self::entry)?))
            }
            Some(b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    /// `[a, b]` or `[1..3]`.
    fn bracketed(&mut self) -> Result<Expression, SyntaxError> {
        let at = self.offset();
        self.at += 1;
        self.skip_blanks();
        if self.take("]") {
            return Ok(Expression::List(Vec::new()));
        }
        let first = self.expression()?;
        self.skip_blanks();
        if self.take("..") {
            let last = self.expression()?;
            self.expect("]")?;
            return Ok(Expression::Range(Box::new((first, last)), at));
        }
        let mut items = vec![first];
        if self.take(",") {
            items.extend(self.list("]", Self::expression)?);
        } else {
            self.expect("]")?;
        }
        Ok(Expression::List(items))
    }
}
