//! Moving over the text.

use super::{Parser, SyntaxError};

impl<'a> Parser<'a> {
    /// What is not read yet.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The next byte.
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Takes `token` if it comes next.
    pub(super) fn take(&mut self, token: &str) -> bool {
        let comes = self.rest().starts_with(token);
        if comes {
            self.at += token.len();
        }
        comes
    }

    /// Takes `token`, blanks before it too.
    pub(super) fn expect(&mut self, token: &str) -> Result<(), SyntaxError> {
        self.skip_blanks();
        if self.take(token) {
            return Ok(());
        }
        let found = self.rest().chars().next().map_or("the end of the template".into(), |next| format!("'{next}'"));
        Err(self.error(format!("expected '{token}', found {found}")))
    }

    /// Skips blanks and line ends.
    pub(super) fn skip_blanks(&mut self) {
        self.skip_while(|byte| byte.is_ascii_whitespace());
    }

    /// Skips blanks and, where nothing else is left of the line, its end.
    pub(super) fn skip_line_end(&mut self) {
        let start = self.at;
        self.skip_while(|byte| byte == b' ' || byte == b'\t');
        if !self.take("\r\n") && !self.take("\n") {
            self.at = start;
        }
    }

    pub(super) fn skip_while(&mut self, belongs: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&belongs) {
            self.at += 1;
        }
    }

    /// Takes a name: a letter or `_`, then letters, digits, `_` and, for references, `-`.
    pub(super) fn name(&mut self, hyphens: bool) -> Option<&'a str> {
        let start = self.at;
        if !self.peek().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_') {
            return None;
        }
        self.skip_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || (hyphens && byte == b'-'));
        Some(&self.text[start..self.at])
    }
}
