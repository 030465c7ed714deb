//! `#set`, `#if`, `#foreach` and the other directives.

use super::{
    super::syntax::{Block, Node},
    Parser, SyntaxError,
    block::{Ending, Pieces},
};

/// The directives of mapping templates.
const DIRECTIVES: [&str; 9] = ["set", "if", "elseif", "else", "end", "foreach", "break", "stop", "return"];
/// Velocity's other directives: mapping templates do not have them.
const UNSUPPORTED: [&str; 5] = ["macro", "parse", "include", "evaluate", "define"];

impl<'a> Parser<'a> {
    /// The directive that comes next, as written, `#` included: `#end`, `#{end}`. Others are text.
    pub(super) fn directive_ahead(&self) -> Option<&'a str> {
        let rest = self.rest();
        let after = rest.strip_prefix('#')?;
        let (name, braced) = match after.strip_prefix('{') {
            Some(inside) => (&inside[..inside.find('}')?], true),
            None => (after, false),
        };
        let length = name.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        if braced && length != name.len() {
            return None;
        }
        let known = DIRECTIVES.contains(&&name[..length]);
        let called = rest[1 + length..].trim_start_matches([' ', '\t']).starts_with('(');
        let refused = !braced && called && UNSUPPORTED.contains(&&name[..length]);
        (known || refused).then(|| &rest[..1 + length + if braced { 2 } else { 0 }])
    }

    /// Reads a directive; one that ends the block is the answer.
    pub(super) fn directive(&mut self, pieces: &mut Pieces) -> Result<Option<Ending>, SyntaxError> {
        let start = self.offset();
        let written = self.directive_ahead().unwrap_or_default();
        let name = written.trim_matches(['#', '{', '}']);
        if UNSUPPORTED.contains(&name) {
            return Err(self.error(format!("#{name} is not available in mapping templates")));
        }
        self.at += written.len();
        match name {
            "elseif" => return Ok(Some(Ending::ElseIf)),
            "end" | "else" => {
                self.skip_line_end();
                return Ok(Some(if name == "end" { Ending::End } else { Ending::Else }));
            }
            "set" => pieces.node(self.set()?),
            "if" => pieces.node(self.nested(Self::conditional)?),
            "foreach" => pieces.node(self.nested(|parser| parser.foreach(start))?),
            "return" => pieces.node(self.returned()?),
            "break" => pieces.node(Node::Break),
            _ => pieces.node(Node::Stop),
        }
        self.skip_line_end();
        Ok(None)
    }

    fn set(&mut self) -> Result<Node, SyntaxError> {
        self.expect("(")?;
        self.skip_blanks();
        let target = self.reference()?.ok_or_else(|| self.error("#set needs a reference such as $name"))?;
        self.expect("=")?;
        let value = self.expression()?;
        self.expect(")")?;
        Ok(Node::Set { target, value })
    }

    /// `(condition)`, and the end of its line.
    fn condition(&mut self) -> Result<super::super::syntax::Expression, SyntaxError> {
        self.expect("(")?;
        let condition = self.expression()?;
        self.expect(")")?;
        self.skip_line_end();
        Ok(condition)
    }

    fn conditional(&mut self) -> Result<Node, SyntaxError> {
        let mut branches = Vec::new();
        loop {
            let condition = self.condition()?;
            let (block, ending) = self.block()?;
            branches.push((condition, block));
            match ending {
                Ending::ElseIf => {}
                Ending::End => return Ok(Node::If { branches, otherwise: Block::new() }),
                Ending::Else => return Ok(Node::If { branches, otherwise: self.until_end("#if")? }),
                Ending::Text => return Err(self.error("#if without #end")),
            }
        }
    }

    fn foreach(&mut self, at: usize) -> Result<Node, SyntaxError> {
        self.expect("(")?;
        self.skip_blanks();
        let variable = self.reference()?.filter(|reference| reference.steps.is_empty());
        let variable = variable.ok_or_else(|| self.error("#foreach needs a variable such as $item"))?.name;
        self.expect("in")?;
        let list = self.expression()?;
        self.expect(")")?;
        self.skip_line_end();
        Ok(Node::Foreach { variable, list, block: self.until_end("#foreach")?, at })
    }

    fn until_end(&mut self, of: &str) -> Result<Block, SyntaxError> {
        match self.block()? {
            (block, Ending::End) => Ok(block),
            (_, Ending::Text) => Err(self.error(format!("{of} without #end"))),
            (_, ending) => Err(self.error(format!("{} where {of} needs #end", ending.name()))),
        }
    }

    fn returned(&mut self) -> Result<Node, SyntaxError> {
        let start = self.at;
        self.skip_while(|byte| byte == b' ' || byte == b'\t');
        if self.peek() != Some(b'(') {
            self.at = start;
            return Ok(Node::Return(None));
        }
        self.at += 1;
        self.skip_blanks();
        let value = if self.peek() == Some(b')') { None } else { Some(self.expression()?) };
        self.expect(")")?;
        Ok(Node::Return(value))
    }
}
