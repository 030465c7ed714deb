//! From a template's text to its [`syntax`](super::syntax). Bounded: nesting past [`DEPTH`] is an error.
//!
//! Velocity decides from the place what a character means, so there is no separate list of tokens: [`scanner`] moves
//! over the text, and [`block`], [`directive`], [`reference`], [`expression`] and [`literal`] each read their part.

mod block;
mod directive;
mod expression;
mod literal;
mod reference;
mod scanner;

use super::syntax::{Block, Offset};

/// How deep blocks, parentheses, arguments and texts may nest.
const DEPTH: usize = 50;

/// What is wrong with a template, and where.
#[derive(Debug)]
pub(super) struct SyntaxError {
    pub(super) at: Offset,
    pub(super) message: String,
}

/// Reads a whole template.
pub(super) fn parse(text: &str) -> Result<Block, SyntaxError> {
    Parser { text, at: 0, base: 0, depth: 0 }.whole()
}

/// A place in a text, and how deep it is.
struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// Where `text` begins in the template: it may be the inside of a quoted text.
    base: Offset,
    depth: usize,
}

impl Parser<'_> {
    fn whole(&mut self) -> Result<Block, SyntaxError> {
        let (block, ending) = self.block()?;
        match ending {
            block::Ending::Text => Ok(block),
            ending => Err(self.error(format!("{} without an #if or #foreach before it", ending.name()))),
        }
    }

    /// Where the parser is, in the template.
    fn offset(&self) -> Offset {
        self.base + self.at
    }

    fn error(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError { at: self.offset(), message: message.into() }
    }

    /// Reads something that may contain its like.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, SyntaxError>) -> Result<T, SyntaxError> {
        if self.depth >= DEPTH {
            return Err(self.error(format!("the template nests deeper than {DEPTH} levels")));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }
}
