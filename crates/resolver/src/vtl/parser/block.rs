//! Text, and what is in it: references, directives, comments, unparsed text.

use std::mem;

use super::{
    super::syntax::{Block, Node},
    Parser, SyntaxError,
};

/// How a block ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// With the text.
    Text,
    End,
    Else,
    ElseIf,
}

impl Ending {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "the end of the template",
            Self::End => "#end",
            Self::Else => "#else",
            Self::ElseIf => "#elseif",
        }
    }
}

/// A block in the making: its nodes, and text that is no node yet.
#[derive(Default)]
pub(super) struct Pieces {
    nodes: Block,
    text: String,
}

impl Pieces {
    pub(super) fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn node(&mut self, node: Node) {
        self.flush();
        self.nodes.push(node);
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.nodes.push(Node::Text(mem::take(&mut self.text).into()));
        }
    }

    fn finish(mut self) -> Block {
        self.flush();
        self.nodes
    }
}

impl Parser<'_> {
    /// Reads up to and including the directive that ends the block.
    pub(super) fn block(&mut self) -> Result<(Block, Ending), SyntaxError> {
        let mut pieces = Pieces::default();
        loop {
            let rest = self.rest();
            let plain = rest.find(['$', '#', '\\']).unwrap_or(rest.len());
            pieces.text(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                None => return Ok((pieces.finish(), Ending::Text)),
                Some(b'$') => self.print(&mut pieces, 0)?,
                Some(b'\\') => self.escape(&mut pieces)?,
                Some(_) => {
                    if let Some(ending) = self.hash(&mut pieces)? {
                        return Ok((pieces.finish(), ending));
                    }
                }
            }
        }
    }

    fn print(&mut self, pieces: &mut Pieces, escapes: usize) -> Result<(), SyntaxError> {
        match self.reference()? {
            Some(mut reference) => {
                reference.escapes = escapes;
                pieces.node(Node::Print(reference));
            }
            None => {
                pieces.text(&"\\".repeat(escapes));
                pieces.text("$");
                self.at += 1;
            }
        }
        Ok(())
    }

    /// Backslashes: each two before a reference or directive are one, an odd one takes its meaning away.
    fn escape(&mut self, pieces: &mut Pieces) -> Result<(), SyntaxError> {
        let start = self.at;
        self.skip_while(|byte| byte == b'\\');
        let count = self.at - start;
        if self.peek() == Some(b'$') {
            return self.print(pieces, count);
        }
        let directive = self.directive_ahead().map(str::len);
        let kept = if directive.is_some() { count / 2 } else { count };
        pieces.text(&"\\".repeat(kept));
        if let Some(length) = directive.filter(|_| count % 2 == 1) {
            pieces.text(&self.rest()[..length]);
            self.at += length;
        }
        Ok(())
    }

    /// What begins with `#`: a comment, unparsed text, a directive, or nothing of the kind.
    fn hash(&mut self, pieces: &mut Pieces) -> Result<Option<Ending>, SyntaxError> {
        if self.take("##") {
            self.skip_while(|byte| byte != b'\n');
            self.take("\n");
        } else if self.rest().starts_with("#*") {
            self.delimited("#*", "*#")?;
        } else if self.rest().starts_with("#[[") {
            let text = self.delimited("#[[", "]]#")?;
            pieces.text(text);
        } else if self.directive_ahead().is_some() {
            return self.directive(pieces);
        } else {
            pieces.text("#");
            self.at += 1;
        }
        Ok(None)
    }
}

impl<'a> Parser<'a> {
    fn delimited(&mut self, open: &str, close: &str) -> Result<&'a str, SyntaxError> {
        let inside = &self.rest()[open.len()..];
        let length = inside.find(close).ok_or_else(|| self.error(format!("'{open}' without '{close}'")))?;
        self.at += open.len() + length + close.len();
        Ok(&inside[..length])
    }
}
