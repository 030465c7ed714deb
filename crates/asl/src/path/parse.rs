//! The grammar of paths.

use std::sync::Arc;

use thiserror::Error;

use super::filter::Filter;
use super::{Path, Root, Step};

/// A path that does not follow the grammar.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message} at character {position} of path '{path}'")]
pub struct PathSyntaxError {
    /// What is wrong.
    pub message: &'static str,
    /// Characters before the fault.
    pub position: usize,
    /// As written.
    pub path: String,
}

/// How deep filters may nest in filters.
const MAX_FILTER_DEPTH: usize = 16;

pub(super) fn parse(text: &str) -> Result<Path, PathSyntaxError> {
    let mut cursor = Cursor::new(text, 0);
    let path = cursor.path('$')?;
    if cursor.peek().is_some() {
        return Err(cursor.fault("unexpected character"));
    }
    Ok(path)
}

/// A place in the text of a path.
pub(super) struct Cursor {
    chars: Vec<char>,
    position: usize,
    depth: usize,
}

impl Cursor {
    fn new(text: &str, depth: usize) -> Self {
        Self { chars: text.chars().collect(), position: 0, depth }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.position).copied()
    }

    fn peek_second(&self) -> Option<char> {
        self.chars.get(self.position + 1).copied()
    }

    pub(super) fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.position += usize::from(found);
        found
    }

    pub(super) fn take_text(&mut self, wanted: &str) -> bool {
        let found = self.chars[self.position..].iter().copied().take(wanted.chars().count()).eq(wanted.chars());
        if found {
            self.position += wanted.chars().count();
        }
        found
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.position += usize::from(next.is_some());
        next
    }

    pub(super) fn blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.position += 1;
        }
    }

    pub(super) fn fault(&self, message: &'static str) -> PathSyntaxError {
        PathSyntaxError { message, position: self.position, path: self.chars.iter().collect() }
    }

    pub(super) fn expect(&mut self, wanted: char, message: &'static str) -> Result<(), PathSyntaxError> {
        if self.take(wanted) { Ok(()) } else { Err(self.fault(message)) }
    }

    /// A path from here as far as it goes: `$...`, or `@...` inside a filter.
    pub(super) fn path(&mut self, root: char) -> Result<Path, PathSyntaxError> {
        let start = self.position;
        self.expect(root, "a path begins with $")?;
        let root = if root == '$' { self.root() } else { Root::Input };
        let mut steps = Vec::new();
        while let Some(next) = self.peek() {
            match next {
                '.' => self.dotted(&mut steps)?,
                '[' => steps.push(self.bracketed()?),
                _ => break,
            }
        }
        let text: String = self.chars[start..self.position].iter().collect();
        Ok(Path { text: text.into(), root, steps })
    }

    fn root(&mut self) -> Root {
        if self.take('$') {
            return Root::Context;
        }
        match self.name() {
            name if name.is_empty() => Root::Input,
            name => Root::Variable(name.into()),
        }
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(next) = self.peek().filter(|next| is_name_char(*next)) {
            name.push(next);
            self.position += 1;
        }
        name
    }

    fn dotted(&mut self, steps: &mut Vec<Step>) -> Result<(), PathSyntaxError> {
        self.position += 1;
        if self.take('.') {
            steps.push(Step::Descend);
            if self.peek() == Some('[') {
                return Ok(());
            }
        }
        if self.take('*') {
            steps.push(Step::Wildcard);
            return Ok(());
        }
        let name = self.name();
        if name.is_empty() {
            return Err(self.fault("a property name must follow the dot"));
        }
        if name == "length" && self.take_text("()") {
            steps.push(Step::Length);
            return Ok(());
        }
        steps.push(Step::Name(name.into()));
        Ok(())
    }

    fn bracketed(&mut self) -> Result<Step, PathSyntaxError> {
        self.position += 1;
        self.blanks();
        let step = match self.peek() {
            Some('*') => {
                self.position += 1;
                Step::Wildcard
            }
            Some('?') => self.filter()?,
            Some('\'' | '"') => self.names()?,
            _ => self.indices()?,
        };
        self.blanks();
        self.expect(']', "a bracket must be closed")?;
        Ok(step)
    }

    fn filter(&mut self) -> Result<Step, PathSyntaxError> {
        self.position += 1;
        self.expect('(', "a filter is written ?( )")?;
        if self.depth >= MAX_FILTER_DEPTH {
            return Err(self.fault("filters nest too deeply"));
        }
        self.depth += 1;
        let filter = Filter::parse(self)?;
        self.depth -= 1;
        self.blanks();
        self.expect(')', "a filter must be closed")?;
        Ok(Step::Filter(filter))
    }

    /// Runs a parse one level deeper, so that `((((...` cannot overflow the stack.
    pub(super) fn nested<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, PathSyntaxError>,
    ) -> Result<T, PathSyntaxError> {
        if self.depth >= MAX_FILTER_DEPTH {
            return Err(self.fault("a filter nests too deeply"));
        }
        self.depth += 1;
        let parsed = parse(self)?;
        self.depth -= 1;
        Ok(parsed)
    }

    fn names(&mut self) -> Result<Step, PathSyntaxError> {
        let mut names: Vec<Arc<str>> = vec![self.quoted()?.into()];
        self.blanks();
        while self.take(',') {
            self.blanks();
            names.push(self.quoted()?.into());
            self.blanks();
        }
        Ok(match names.len() {
            1 => Step::Name(names.remove(0)),
            _ => Step::Names(names),
        })
    }

    /// A quoted text. Only the quote itself and a backslash before a backslash or quote of the same kind are escapes:
    /// `\"` inside single quotes stays as it is (recorded on AWS).
    pub(super) fn quoted(&mut self) -> Result<String, PathSyntaxError> {
        let quote = self.next().filter(|quote| matches!(quote, '\'' | '"'));
        let quote = quote.ok_or_else(|| self.fault("a quoted name is expected"))?;
        let mut text = String::new();
        loop {
            match self.next().ok_or_else(|| self.fault("a quote must be closed"))? {
                next if next == quote => return Ok(text),
                '\\' if matches!(self.peek(), Some(next) if next == quote || next == '\\') => {
                    text.extend(self.next());
                }
                next => text.push(next),
            }
        }
    }

    fn indices(&mut self) -> Result<Step, PathSyntaxError> {
        let first = self.integer()?;
        self.blanks();
        if self.take(':') {
            let end = self.integer()?;
            return Ok(Step::Slice { start: first, end });
        }
        let mut indices = vec![first.ok_or_else(|| self.fault("an index is expected"))?];
        while self.take(',') {
            self.blanks();
            indices.push(self.integer()?.ok_or_else(|| self.fault("an index is expected"))?);
            self.blanks();
        }
        Ok(match indices[..] {
            [index] => Step::Index(index),
            _ => Step::Indices(indices),
        })
    }

    fn integer(&mut self) -> Result<Option<i64>, PathSyntaxError> {
        self.blanks();
        let start = self.position;
        if self.peek() == Some('-') && self.peek_second().is_some_and(|next| next.is_ascii_digit()) {
            self.position += 1;
        }
        while self.peek().is_some_and(|next| next.is_ascii_digit()) {
            self.position += 1;
        }
        if start == self.position {
            return Ok(None);
        }
        let digits: String = self.chars[start..self.position].iter().collect();
        digits.parse().map(Some).map_err(|_| self.fault("the index is too large"))
    }
}

/// What a property name may hold without brackets. The library allows nearly anything; commas, quotes, parentheses and
/// operators end a name so that paths can stand in filters and function calls.
fn is_name_char(next: char) -> bool {
    !next.is_whitespace()
        && !matches!(
            next,
            '.' | '[' | ']' | '(' | ')' | ',' | '\'' | '"' | '*' | '=' | '<' | '>' | '!' | '&' | '|' | '@' | '$' | '?'
        )
}
