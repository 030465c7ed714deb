//! Runs a template. Time, memory, output and the turns of loops are bounded; nesting is bounded by the parser.

mod arithmetic;
mod context;
mod expression;
mod reference;
mod statement;

use std::{collections::HashMap, sync::Arc};

use regex::Regex;
use serde_json::{Map, Value as Json};

use super::{
    conversion::Bounds,
    heap::{Heap, Value},
    syntax::{Block, Offset},
};
use crate::{
    Context, End, Limits,
    deadline::Deadline,
    util::{Fault, Scope},
};

pub(super) use context::Part;

/// Turns of one `#foreach` (AppSync quota).
const TURNS: usize = 1_000;
/// How much memory one run may use in all, freed values included, for each byte that handlers may hold at once.
const CHURN: usize = 4;

/// Why a template did not come to its end.
#[derive(Debug)]
pub(super) enum Halt {
    /// What is wrong, and where in the template.
    Wrong { at: Offset, message: String },
    /// `$util.error` and its like.
    End(Box<End>),
}

/// What comes after a node.
enum Flow {
    Next,
    Break,
    Stop,
    Return(Value),
}

/// What a template came to.
pub(super) enum Outcome {
    /// Its output.
    Text(String),
    /// The value of `#return`.
    Returned(Json),
}

/// A running template.
pub(super) struct Interpreter<'a> {
    pub(super) context: &'a Context,
    pub(super) heap: Heap,
    pub(super) scope: Scope,
    pub(super) limits: Limits,
    variables: HashMap<Arc<str>, Value>,
    loops: Vec<Turn>,
    parts: HashMap<Part, Value>,
    patterns: HashMap<Arc<str>, Regex>,
    deadline: Deadline,
    /// The reference that was looked at last: where an expression around it went wrong.
    at: Offset,
}

/// Where a `#foreach` is.
struct Turn {
    index: usize,
    last: bool,
}

impl<'a> Interpreter<'a> {
    pub(super) fn new(context: &'a Context, scope: Scope, limits: Limits) -> Self {
        let deadline = Deadline::new();
        deadline.start(limits.time);
        Self {
            context,
            scope,
            limits,
            deadline,
            heap: Heap::new(limits.memory_bytes.saturating_mul(CHURN)),
            variables: HashMap::new(),
            loops: Vec::new(),
            parts: HashMap::new(),
            patterns: HashMap::new(),
            at: 0,
        }
    }

    /// Runs a whole template.
    pub(super) fn run(&mut self, template: &Block) -> Result<Outcome, Halt> {
        let mut output = String::new();
        Ok(match self.block(template, &mut output)? {
            Flow::Next | Flow::Break | Flow::Stop => Outcome::Text(output),
            Flow::Return(value) => Outcome::Returned(self.json(&value).map_err(wrong(self.at))?),
        })
    }

    /// `$ctx.stash` as the template left it; `None` where it did not look.
    pub(super) fn stash(&self) -> Result<Option<Map<String, Json>>, String> {
        self.object_of(Part::Stash)
    }

    /// `$ctx.args` as the template left it; `None` where it did not change it.
    pub(super) fn changed_arguments(&self) -> Result<Option<Map<String, Json>>, String> {
        Ok(self.object_of(Part::Arguments)?.filter(|arguments| *arguments != *self.context.arguments))
    }

    fn object_of(&self, part: Part) -> Result<Option<Map<String, Json>>, String> {
        let Some(value) = self.parts.get(&part) else { return Ok(None) };
        match self.heap.to_json(value, self.bounds())? {
            Json::Object(fields) => Ok(Some(fields)),
            _ => Ok(None),
        }
    }

    fn bounds(&self) -> Bounds<'_> {
        Bounds { limits: &self.limits, deadline: &self.deadline }
    }

    /// A value as JSON, `$ctx` included.
    pub(super) fn json(&mut self, value: &Value) -> Result<Json, String> {
        let value = self.materialized(value)?;
        self.heap.to_json(&value, self.bounds())
    }

    /// A JSON value on the heap.
    pub(super) fn value(&mut self, json: &Json) -> Result<Value, String> {
        self.heap.read_json(json, Bounds { limits: &self.limits, deadline: &self.deadline })
    }

    /// A value as text.
    pub(super) fn text(&mut self, value: &Value) -> Result<Arc<str>, String> {
        if let Value::Text(text) = value {
            return Ok(text.clone());
        }
        let value = self.materialized(value)?;
        let text = self.heap.to_text(&value, self.bounds())?;
        self.new_text(text)
    }

    /// A new text, paid for.
    pub(super) fn new_text(&mut self, text: String) -> Result<Arc<str>, String> {
        let most = self.limits.result_bytes;
        if text.len() > most {
            return Err(format!("the text is larger than {most} bytes"));
        }
        self.heap.pay(1, text.len())?;
        self.check_time()?;
        Ok(text.into())
    }

    /// A regular expression, compiled once.
    pub(super) fn pattern(&mut self, pattern: &Arc<str>) -> Result<Regex, String> {
        if let Some(known) = self.patterns.get(pattern) {
            return Ok(known.clone());
        }
        self.check_time()?;
        let compiled = crate::util::pattern(pattern)?;
        self.patterns.insert(pattern.clone(), compiled.clone());
        Ok(compiled)
    }

    /// Fails once time is up.
    pub(super) fn check_time(&self) -> Result<(), String> {
        if self.deadline.check() {
            return Err(format!("the template ran longer than {} ms", self.limits.time.as_millis()));
        }
        Ok(())
    }
}

/// A message of a function, put where the function was called.
fn wrong(at: Offset) -> impl Fn(String) -> Halt {
    move |message| Halt::Wrong { at, message }
}

/// A fault of a shared function, put where the function was called.
fn fault(at: Offset) -> impl Fn(Fault) -> Halt {
    move |fault| match fault {
        Fault::Code(message) => Halt::Wrong { at, message },
        Fault::End(end) => Halt::End(end),
    }
}
