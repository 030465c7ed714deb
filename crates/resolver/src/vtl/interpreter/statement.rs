//! Blocks, directives and printing.

use std::sync::Arc;

use super::{
    super::{
        heap::Value,
        syntax::{Block, Expression, Node, Offset, Reference},
    },
    Flow, Halt, Interpreter, TURNS, Turn, wrong,
};

impl Interpreter<'_> {
    pub(super) fn block(&mut self, block: &Block, output: &mut String) -> Result<Flow, Halt> {
        for node in block {
            match self.node(node, output)? {
                Flow::Next => {}
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Next)
    }

    fn node(&mut self, node: &Node, output: &mut String) -> Result<Flow, Halt> {
        match node {
            Node::Text(text) => self.emit(text, 0, output)?,
            Node::Print(reference) => self.print(reference, output)?,
            Node::Set { target, value } => {
                let value = self.evaluate(value)?;
                self.assign(target, value)?;
            }
            Node::If { branches, otherwise } => {
                for (condition, block) in branches {
                    if self.evaluate(condition)?.is_true() {
                        return self.block(block, output);
                    }
                }
                return self.block(otherwise, output);
            }
            Node::Foreach { variable, list, block, at } => return self.foreach(variable, list, block, *at, output),
            Node::Break => return Ok(Flow::Break),
            Node::Stop => return Ok(Flow::Stop),
            Node::Return(None) => return Ok(Flow::Return(Value::Null)),
            Node::Return(Some(value)) => return Ok(Flow::Return(self.evaluate(value)?)),
        }
        Ok(Flow::Next)
    }

    /// Adds to the output, within its bound.
    fn emit(&mut self, text: &str, at: Offset, output: &mut String) -> Result<(), Halt> {
        self.check_time().map_err(wrong(at))?;
        if output.len() + text.len() > self.limits.result_bytes {
            let message = format!("the output is larger than {} bytes", self.limits.result_bytes);
            return Err(Halt::Wrong { at, message });
        }
        output.push_str(text);
        Ok(())
    }

    /// Prints a reference: its value, or itself where it has none.
    fn print(&mut self, reference: &Reference, output: &mut String) -> Result<(), Halt> {
        let value = self.refer(reference)?;
        let (at, escapes) = (reference.at, reference.escapes);
        if value.is_null() {
            self.emit(&"\\".repeat(escapes), at, output)?;
            return if reference.quiet { Ok(()) } else { self.emit(&reference.source, at, output) };
        }
        self.emit(&"\\".repeat(escapes / 2), at, output)?;
        if escapes % 2 == 1 {
            return self.emit(&reference.source, at, output);
        }
        let text = self.text(&value).map_err(wrong(at))?;
        self.emit(&text, at, output)
    }

    fn foreach(
        &mut self,
        variable: &Arc<str>,
        list: &Expression,
        block: &Block,
        at: Offset,
        output: &mut String,
    ) -> Result<Flow, Halt> {
        let list = self.evaluate(list)?;
        let items = self.items_of(&list).map_err(wrong(at))?;
        if items.len() > TURNS {
            // AWS differs: what it does past its quota is not recorded; ending quietly would lose items.
            let message = format!("#foreach over {} items: it runs {TURNS} times at most", items.len());
            return Err(Halt::Wrong { at, message });
        }
        let hidden = self.variables.remove(variable);
        let count = items.len();
        let mut end = Flow::Next;
        for (index, item) in items.into_iter().enumerate() {
            self.check_time().map_err(wrong(at))?;
            self.loops.push(Turn { index, last: index + 1 == count });
            self.variables.insert(variable.clone(), item);
            let flow = self.block(block, output);
            self.loops.pop();
            match flow? {
                Flow::Next => {}
                Flow::Break => break,
                flow => {
                    end = flow;
                    break;
                }
            }
        }
        // Velocity gives the variable back what it had before the loop.
        match hidden {
            Some(value) => self.variables.insert(variable.clone(), value),
            None => self.variables.remove(variable),
        };
        Ok(end)
    }

    /// What `#foreach` goes over: a list's items, a map's values, nothing else.
    fn items_of(&mut self, list: &Value) -> Result<Vec<Value>, String> {
        let items = match self.materialized(list)? {
            Value::List(id) => self.heap.items(id).clone(),
            Value::Map(id) => self.heap.fields(id).values().cloned().collect(),
            _ => Vec::new(),
        };
        self.heap.pay(items.len(), 0)?;
        Ok(items)
    }
}
