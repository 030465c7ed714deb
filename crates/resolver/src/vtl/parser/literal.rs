//! Quoted texts, numbers, `true`, `false` and `null`.

use std::borrow::Cow;

use serde_json::Number;

use super::{super::syntax::Expression, Parser, SyntaxError};

impl<'a> Parser<'a> {
    /// `'text'`: as it is.
    pub(super) fn single_quoted(&mut self) -> Result<Expression, SyntaxError> {
        Ok(Expression::Text(self.quoted('\'')?.into()))
    }

    /// `"text"`: a template of its own where it has references, directives or comments.
    pub(super) fn double_quoted(&mut self) -> Result<Expression, SyntaxError> {
        let base = self.offset() + 1;
        let text = self.quoted('"')?;
        if !text.contains(['$', '#']) {
            return Ok(Expression::Text(text.into()));
        }
        let depth = self.depth;
        let block = self.nested(|_| Parser { text: &text, at: 0, base, depth: depth + 1 }.whole())?;
        Ok(Expression::Interpolated(block))
    }

    /// Text up to the closing quote. A doubled quote is one quote; a backslash is only a backslash, as in Velocity.
    fn quoted(&mut self, quote: char) -> Result<Cow<'a, str>, SyntaxError> {
        let inside = &self.rest()[1..];
        let mut from = 0;
        loop {
            let Some(found) = inside[from..].find(quote) else {
                return Err(self.error(format!("text without its closing {quote}")));
            };
            let end = from + found;
            if inside[end + 1..].starts_with(quote) {
                from = end + 2;
                continue;
            }
            self.at += end + 2;
            let text = &inside[..end];
            let doubled: String = [quote, quote].iter().collect();
            return Ok(if from == 0 { text.into() } else { text.replace(&doubled, &quote.to_string()).into() });
        }
    }

    /// `12`, `1.5`, `1e3`; a `..` after a number is a range.
    pub(super) fn number(&mut self) -> Result<Expression, SyntaxError> {
        let start = self.at;
        let digits = |byte: u8| byte.is_ascii_digit();
        self.skip_while(digits);
        let follows = |parser: &Self, ahead: usize| parser.text.as_bytes().get(parser.at + ahead).copied();
        if self.peek() == Some(b'.') && follows(self, 1).is_some_and(digits) {
            self.at += 1;
            self.skip_while(digits);
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(follows(self, 1), Some(b'+' | b'-')));
            if follows(self, 1 + sign).is_some_and(digits) {
                self.at += 1 + sign;
                self.skip_while(digits);
            }
        }
        let written = &self.text[start..self.at];
        let number = match written.parse::<i64>() {
            Ok(whole) => Some(Number::from(whole)),
            Err(_) => written.parse().ok().and_then(Number::from_f64),
        };
        number.map(Expression::Number).ok_or_else(|| self.error(format!("'{written}' is not a number")))
    }

    pub(super) fn word(&mut self) -> Result<Expression, SyntaxError> {
        let at = self.offset();
        match self.name(false) {
            Some("true") => Ok(Expression::Boolean(true)),
            Some("false") => Ok(Expression::Boolean(false)),
            Some("null") => Ok(Expression::Null),
            Some(other) => Err(SyntaxError { at, message: format!("'{other}' is no value: text needs quotes") }),
            None => {
                let found = self.rest().chars().next();
                let found = found.map_or("the end of the template".into(), |next| format!("'{next}'"));
                Err(self.error(format!("expected a value, found {found}")))
            }
        }
    }
}
