//! `$name`, `${name}`, `$!name`, `$!{name}`, and the steps after the name.

use super::{
    super::syntax::{Expression, Reference, Step, StepKind},
    Parser, SyntaxError,
};

impl Parser<'_> {
    /// The reference that comes next; nothing where a `$` is only a `$`.
    pub(super) fn reference(&mut self) -> Result<Option<Reference>, SyntaxError> {
        let start = self.at;
        let at = self.offset();
        if !self.take("$") {
            return Ok(None);
        }
        let quiet = self.take("!");
        let braced = self.take("{");
        let Some(name) = self.name(true) else {
            self.at = start;
            return Ok(None);
        };
        let steps = self.nested(Self::steps)?;
        if braced && !self.take("}") {
            return Err(self.error("'${' without '}'"));
        }
        let source = self.text[start..self.at].into();
        Ok(Some(Reference { name: name.into(), steps, quiet, source, escapes: 0, at }))
    }

    fn steps(&mut self) -> Result<Vec<Step>, SyntaxError> {
        let mut steps = Vec::new();
        loop {
            let start = self.at;
            let at = self.offset();
            let kind = match self.peek() {
                Some(b'.') => {
                    self.at += 1;
                    let Some(name) = self.name(true) else {
                        self.at = start;
                        return Ok(steps);
                    };
                    if self.take("(") {
                        StepKind::Method(name.into(), self.list(")", Self::expression)?)
                    } else {
                        StepKind::Property(name.into())
                    }
                }
                Some(b'[') if self.index_ahead() => {
                    self.at += 1;
                    let index = self.expression()?;
                    self.expect("]")?;
                    StepKind::Index(index)
                }
                _ => return Ok(steps),
            };
            steps.push(Step { kind, at });
        }
    }

    /// Whether the bracket after a reference is an index, and not text.
    fn index_ahead(&self) -> bool {
        let inside = self.rest()[1..].trim_start();
        inside.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '$' | '"' | '\'' | '-'))
    }

    /// What is between brackets, separated by commas, up to and including `close`.
    pub(super) fn list<T>(
        &mut self,
        close: &str,
        item: fn(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<Vec<T>, SyntaxError> {
        let mut items = Vec::new();
        self.skip_blanks();
        if self.take(close) {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            self.skip_blanks();
            if !self.take(",") {
                self.expect(close)?;
                return Ok(items);
            }
        }
    }

    /// `key: value`.
    pub(super) fn entry(&mut self) -> Result<(Expression, Expression), SyntaxError> {
        let key = self.expression()?;
        self.expect(":")?;
        Ok((key, self.expression()?))
    }
}
