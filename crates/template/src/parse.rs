//! YAML (and so JSON) text to [`Node`]s, with CloudFormation's short function tags rewritten to their long form.
//!
//! CloudFormation reads YAML without aliases and merge keys; those are refused, so a small text stays small.

use std::collections::HashSet;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

use crate::{
    diagnostic::{FileNumber, Position, Problem},
    node::{Content, Entry, Node},
    source::LONGEST_FILE,
};

/// How deep values may nest.
const DEEPEST: usize = 64;

/// How many values a text may hold.
const MOST_NODES: usize = 200_000;

/// CloudFormation's short forms that become `Fn::NAME`.
const FUNCTIONS: &[&str] = &[
    "And",
    "Base64",
    "Cidr",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
];

/// Parses one document; positions in it say that it is the template of that number.
pub(crate) fn parse(text: &str, file: FileNumber) -> Result<Node, Problem> {
    let whole = Position { file, ..Position::default() };
    if text.len() > LONGEST_FILE {
        return Err(Problem::error("SW0104", whole, "the file is larger than 1 MB"));
    }
    let mut builder = Builder::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| syntax(&error, file))?;
        builder.event(event, Position { file, ..position(&span) })?;
    }
    builder.root.ok_or_else(|| Problem::error("SW0101", whole, "the file is empty"))
}

fn syntax(error: &ScanError, file: FileNumber) -> Problem {
    let marker = error.marker();
    let at = Position { file, ..place(marker.line(), marker.col(), 1) };
    Problem::error("SW0101", at, format!("the syntax is wrong: {}", error.info()))
}

fn position(span: &Span) -> Position {
    let width = if span.start.line() == span.end.line() { span.end.col().saturating_sub(span.start.col()) } else { 1 };
    place(span.start.line(), span.start.col(), width)
}

/// Where a list or a map begins: its tag, or its first character.
fn opening(tag: Option<&Tag>, at: Position) -> Position {
    let width = tag.map_or(1, |tag| tag.handle.len() + tag.suffix.len());
    Position { width: u32::try_from(width).unwrap_or(1), ..at }
}

fn place(line: usize, column: usize, width: usize) -> Position {
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Position { line: small(line), column: small(column).saturating_add(1), width: small(width.max(1)), file: 0 }
}

/// A list or map whose end is still to come.
enum Open {
    List {
        at: Position,
        tag: Option<String>,
        items: Vec<Node>,
    },
    Map {
        at: Position,
        tag: Option<String>,
        entries: Vec<Entry>,
        keys: HashSet<String>,
        key: Option<(String, Position)>,
    },
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    nodes: usize,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, at: Position) -> Result<(), Problem> {
        match event {
            Event::Scalar(text, style, _, tag) => self.scalar(&text, style, tag.as_deref(), at),
            Event::SequenceStart(_, tag) => {
                let at = opening(tag.as_deref(), at);
                let tag = short_form(tag.as_deref(), at)?;
                self.open(Open::List { at, tag, items: Vec::new() }, at)
            }
            Event::MappingStart(_, tag) => {
                let at = opening(tag.as_deref(), at);
                let tag = short_form(tag.as_deref(), at)?;
                let map = Open::Map { at, tag, entries: Vec::new(), keys: HashSet::new(), key: None };
                self.open(map, at)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(_) => Err(Problem::error("SW0105", at, "CloudFormation does not support YAML aliases")
                .help("write the value out")),
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(Problem::error("SW0101", at, "a template is one YAML document; this begins a second one"))
            }
            Event::DocumentStart(_) | Event::DocumentEnd | Event::StreamStart | Event::StreamEnd | Event::Nothing => {
                Ok(())
            }
        }
    }

    fn open(&mut self, frame: Open, at: Position) -> Result<(), Problem> {
        if self.open.len() == DEEPEST {
            return Err(Problem::error("SW0104", at, format!("values nest deeper than {DEEPEST} levels")));
        }
        if let Some(Open::Map { key: None, .. }) = self.open.last() {
            return Err(Problem::error("SW0101", at, "a key must be a string"));
        }
        self.open.push(frame);
        Ok(())
    }

    fn close(&mut self) -> Result<(), Problem> {
        let (at, tag, content) = match self.open.pop().expect("the parser balances starts and ends") {
            Open::List { at, tag, items } => (at, tag, Content::List(items)),
            Open::Map { at, tag, entries, .. } => (at, tag, Content::Map(entries)),
        };
        self.put(tagged(tag, Node { at, content }))
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, at: Position) -> Result<(), Problem> {
        if let Some(Open::Map { key, keys, .. }) = self.open.last_mut()
            && key.is_none()
        {
            if text == "<<" && style == ScalarStyle::Plain {
                return Err(Problem::error("SW0105", at, "CloudFormation does not support YAML merge keys"));
            }
            if !keys.insert(text.to_owned()) {
                return Err(Problem::error("SW0102", at, format!("the key '{text}' is here twice")));
            }
            *key = Some((text.to_owned(), at));
            return Ok(());
        }
        let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
        let content =
            if style == ScalarStyle::Plain && !is_text { plain(text) } else { Content::Text(text.to_owned()) };
        let tag = short_form(tag, at)?;
        let content = if tag.is_some() { Content::Text(text.to_owned()) } else { content };
        self.put(tagged(tag, Node { at, content }))
    }

    /// Hands a finished value to what it stands in.
    fn put(&mut self, node: Node) -> Result<(), Problem> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(Problem::error("SW0104", node.at, format!("there are more than {MOST_NODES} values")));
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, .. }) => {
                let (key, key_at) = key.take().expect("a map's value follows its key");
                entries.push(Entry { key, key_at, value: node });
            }
        }
        Ok(())
    }
}

/// A plain scalar: null, a boolean, a number in its usual spelling, or text. Dates, octal numbers and `yes` are text.
fn plain(text: &str) -> Content {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Content::Null,
        "true" | "True" | "TRUE" => Content::Bool(true),
        "false" | "False" | "FALSE" => Content::Bool(false),
        _ if crate::node::number(text).is_some() => Content::Number(text.to_owned()),
        _ => Content::Text(text.to_owned()),
    }
}

/// The long name of a short form, `None` without a tag.
fn short_form(tag: Option<&Tag>, at: Position) -> Result<Option<String>, Problem> {
    let Some(tag) = tag else { return Ok(None) };
    if tag.is_yaml_core_schema() && matches!(&*tag.suffix, "str" | "int" | "float" | "bool" | "null" | "map" | "seq") {
        return Ok(None);
    }
    match &*tag.suffix {
        "Ref" | "Condition" if tag.handle == "!" => Ok(Some(tag.suffix.clone())),
        name if tag.handle == "!" && FUNCTIONS.contains(&name) => Ok(Some(format!("Fn::{name}"))),
        name => Err(Problem::error("SW0103", at, format!("CloudFormation has no tag '{}{name}'", tag.handle))
            .suggest(name, FUNCTIONS.iter().copied().chain(["Ref", "Condition"]))),
    }
}

/// Wraps `node` in the call that its tag abbreviates.
fn tagged(tag: Option<String>, node: Node) -> Node {
    let Some(function) = tag else { return node };
    let at = node.at;
    let argument = match (&*function, node.as_text()) {
        ("Fn::GetAtt", Some(text)) => {
            let (resource, attribute) = text.split_once('.').unwrap_or((text, ""));
            Node::list(at, vec![Node::text(at, resource), Node::text(at, attribute)])
        }
        _ => node,
    };
    Node::call(at, &function, argument)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn short_forms_become_long_ones() {
        let cases = [
            ("!Ref A", json!({"Ref": "A"})),
            ("!GetAtt A.B.C", json!({"Fn::GetAtt": ["A", "B.C"]})),
            ("!Sub ${A}x", json!({"Fn::Sub": "${A}x"})),
            ("!Join ['', [a, !Ref B]]", json!({"Fn::Join": ["", ["a", {"Ref": "B"}]]})),
            ("!Not [!Condition C]", json!({"Fn::Not": [{"Condition": "C"}]})),
            ("!Base64\n  Fn::Sub: x", json!({"Fn::Base64": {"Fn::Sub": "x"}})),
            ("{\"a\": [1, 2.5, \"3\", null, true]}", json!({"a": [1, 2.5, "3", null, true]})),
            ("a: 2012-10-17\nb: 012\nc: yes", json!({"a": "2012-10-17", "b": "012", "c": "yes"})),
            ("a: !!str 5", json!({"a": "5"})),
            ("{\n\t\"a\":\t\"\\u00e9\\n\"\n}", json!({"a": "\u{e9}\n"})),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text, 0).expect(text).to_json(), expected, "{text}");
        }
    }

    #[test]
    fn hostile_texts_are_refused() {
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        let bomb = "a: &a [x]\nb: [*a, *a]";
        let many = format!("[{}]", "1,".repeat(MOST_NODES + 1));
        for (text, code) in [(&*deep, "SW0104"), (bomb, "SW0105"), (&*many, "SW0104"), ("a: 1\na: 2", "SW0102")] {
            assert_eq!(parse(text, 0).expect_err("refused").code, code);
        }
        // The scanner has a bound of its own on unclosed brackets.
        parse(&"[".repeat(100_000), 0).expect_err("refused");
    }
}
