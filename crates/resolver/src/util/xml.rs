//! `util.xml.*`: XML text as maps (AppSync developer guide, "XML helpers in util.xml").
//!
//! The guide shows elements, lists of equal elements and numbers; where it is silent, attributes, text beside them and
//! empty elements become what Java's org.json makes of them, which gives the guide's examples. Document types, and with
//! them entities of the document's own, are refused. All of it takes time in proportion to the text.

use std::mem;

use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
};
use serde_json::{Map, Value};

use super::{Fault, Function, argument, number, string_argument};

/// Nesting of elements.
const DEPTH: usize = 100;
/// Tags, texts, references, comments and instructions of a document.
const EVENTS: usize = 500_000;
/// The key of text beside attributes or elements.
const CONTENT: &str = "content";

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("util.xml.toMap", |_, arguments| to_map("util.xml.toMap", arguments)),
    ("util.xml.toJsonString", |_, arguments| {
        let json = to_map("util.xml.toJsonString", arguments)?.to_string();
        Ok(if *argument(arguments, 1) == Value::Bool(true) { Value::from(json).to_string() } else { json }.into())
    }),
];

/// `(xml)`: `{ root: ... }`.
fn to_map(function: &str, arguments: &[Value]) -> Result<Value, Fault> {
    let text = string_argument(function, arguments, 0)?;
    read(text).map_err(|message| Fault::code(format!("{function} expects XML: {message}")))
}

fn read(text: &str) -> Result<Value, String> {
    let mut reader = Reader::from_str(text);
    let mut tree = Tree::default();
    for _ in 0..EVENTS {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(tag) => tree.open(&tag)?,
            Event::Empty(tag) => {
                tree.open(&tag)?;
                tree.close()?;
            }
            Event::End(_) => tree.close()?,
            Event::Text(text) => tree.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => tree.text(&referred(&reference)?)?,
            Event::CData(text) => tree.data(&text.xml10_content())?,
            Event::DocType(_) => return Err("document types are not supported".into()),
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
            Event::Eof => return tree.finish(),
        }
    }
    Err(format!("it has more than {EVENTS} parts"))
}

/// The text of `&#65;` or `&lt;`.
fn referred(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(character) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(character.into());
    }
    let text = resolve_predefined_entity(reference);
    text.map(str::to_owned).ok_or_else(|| format!("the entity '{}' is unknown", &**reference))
}

/// The document, as far as it is read.
#[derive(Default)]
struct Tree {
    /// The elements around, innermost last.
    open: Vec<Element>,
    root: Map<String, Value>,
}

/// An element whose end is not read yet.
struct Element {
    name: String,
    fields: Map<String, Value>,
    /// Text since the last tag.
    text: String,
}

impl Tree {
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        if self.open.len() >= DEPTH {
            return Err(format!("the elements nest deeper than {DEPTH} levels"));
        }
        match self.open.last_mut() {
            Some(parent) => parent.end_text(),
            None if self.root.is_empty() => {}
            None => return Err("it has more than one root element".into()),
        }
        let mut fields = Map::new();
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
            if fields.insert(attribute.key.0.to_owned(), scalar(value.trim())).is_some() {
                return Err(format!("the attribute '{}' is there twice", attribute.key.0));
            }
        }
        self.open.push(Element { name: tag.name().0.to_owned(), fields, text: String::new() });
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        let mut element = self.open.pop().ok_or("an end tag has no start tag")?;
        element.end_text();
        let fields = self.open.last_mut().map_or(&mut self.root, |parent| &mut parent.fields);
        accumulate(fields, &element.name, value_of(element.fields));
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().trim_start_matches('\u{feff}').is_empty() => {}
            None => return Err("there is text outside the root element".into()),
        }
        Ok(())
    }

    /// A CDATA section: always text.
    fn data(&mut self, text: &str) -> Result<(), String> {
        let element = self.open.last_mut().ok_or("there is text outside the root element")?;
        element.end_text();
        if !text.is_empty() {
            accumulate(&mut element.fields, CONTENT, text.into());
        }
        Ok(())
    }

    fn finish(self) -> Result<Value, String> {
        match self.open.last() {
            Some(element) => Err(format!("the element '{}' has no end", element.name)),
            None if self.root.is_empty() => Err("it has no element".into()),
            None => Ok(Value::Object(self.root)),
        }
    }
}

impl Element {
    fn end_text(&mut self) {
        let text = mem::take(&mut self.text);
        if !text.trim().is_empty() {
            accumulate(&mut self.fields, CONTENT, scalar(text.trim()));
        }
    }
}

/// What an element becomes: its text alone where it has nothing else.
fn value_of(mut fields: Map<String, Value>) -> Value {
    match fields.len() {
        0 => "".into(),
        1 => fields.shift_remove(CONTENT).unwrap_or(Value::Object(fields)),
        _ => Value::Object(fields),
    }
}

/// Sets a key, or makes its value a list.
fn accumulate(fields: &mut Map<String, Value>, key: &str, value: Value) {
    match fields.get_mut(key) {
        None => {
            fields.insert(key.to_owned(), value);
        }
        Some(Value::Array(values)) => values.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}

/// Text that is a number, a Boolean or null as that value. Digits with zeros before them stay text.
fn scalar(text: &str) -> Value {
    match text {
        "true" => return true.into(),
        "false" => return false.into(),
        "null" => return Value::Null,
        _ => {}
    }
    if let Ok(whole) = text.parse::<i64>() {
        return if whole.to_string() == text { whole.into() } else { text.into() };
    }
    let numeric = text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
        && text.contains(['.', 'e', 'E']);
    match text.parse::<f64>() {
        Ok(value) if numeric && value.is_finite() => number(value),
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::util::{Scope, find};

    fn call(path: &str, arguments: &[Value]) -> Result<Value, Fault> {
        find(path).unwrap()(&mut Scope::default(), arguments)
    }

    #[test]
    fn elements_become_maps() {
        for (xml, expected) in [
            // The guide's examples.
            (
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<posts>\n<post>\n  <id>1</id>\n  \
                 <title>Getting started with GraphQL</title>\n</post>\n</posts>\n",
                json!({ "posts": { "post": { "id": 1, "title": "Getting started with GraphQL" } } }),
            ),
            (
                "<posts><post><id>1</id></post><post><id>2</id></post></posts>",
                json!({ "posts": { "post": [{ "id": 1 }, { "id": 2 }] } }),
            ),
            // As org.json has it; not recorded on AWS.
            ("\n<a/>", json!({ "a": "" })),
            ("<a>\n x &lt; y \n</a>", json!({ "a": "x < y" })),
            ("<a><![CDATA[<b>]]></a>", json!({ "a": "<b>" })),
            ("<a n='1'/>", json!({ "a": { "n": 1 } })),
            ("<a n='1'>t</a>", json!({ "a": { "n": 1, "content": "t" } })),
            ("<a>t<b/>u</a>", json!({ "a": { "content": ["t", "u"], "b": "" } })),
            ("<a><b>1</b><c/><b>2</b><b>3</b></a>", json!({ "a": { "b": [1, 2, 3], "c": "" } })),
            ("<a><b><![CDATA[1]]></b><c>a&amp;b&#33;</c></a>", json!({ "a": { "b": "1", "c": "a&b!" } })),
            ("<!-- x --><a><!-- y --><?z?></a>", json!({ "a": "" })),
            (
                "<s:E xmlns:s='urn:s' xmlns='urn:d'><s:B s:x='1' y='2'><c/></s:B></s:E>",
                json!({ "s:E": { "xmlns:s": "urn:s", "xmlns": "urn:d", "s:B": { "s:x": 1, "y": 2, "c": "" } } }),
            ),
        ] {
            let answer = call("util.xml.toMap", &[xml.into()]);
            assert_eq!(answer, Ok(expected.clone()), "{xml}");
            assert_eq!(call("util.xml.toJsonString", &[xml.into()]), Ok(expected.to_string().into()), "{xml}");
        }
    }

    #[test]
    fn text_becomes_the_value_that_it_reads_as() {
        for (text, expected) in [
            ("-7", json!(-7)),
            ("1.50", json!(1.5)),
            ("1e3", json!(1000)),
            ("true", json!(true)),
            ("null", json!(null)),
            ("007", json!("007")),
            ("+1", json!("+1")),
            ("1.2.3", json!("1.2.3")),
            ("-inf", json!("-inf")),
            ("1e999", json!("1e999")),
            ("123456789012345678901", json!("123456789012345678901")),
            ("94f20ce6-13c5", json!("94f20ce6-13c5")),
        ] {
            assert_eq!(scalar(text), expected, "{text}");
        }
    }

    #[test]
    fn json_text_can_be_a_json_string() {
        let encoded = call("util.xml.toJsonString", &["<a>1</a>".into(), true.into()]);
        assert_eq!(encoded, Ok(json!("\"{\\\"a\\\":1}\"")));
    }

    #[test]
    fn hostile_documents_are_errors() {
        let deep = |levels: usize| format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels));
        assert!(call("util.xml.toMap", &[deep(DEPTH).into()]).is_ok());
        let many = |part: &str| part.repeat(EVENTS);
        for (xml, text) in [
            (deep(DEPTH + 1), "deeper than 100"),
            (deep(200_000), "deeper than 100"),
            (format!("<a>{}</a>", many("<b/>")), "more than 500000 parts"),
            (format!("<a{}/>", many(" b=''")), "'b' is there twice"),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".to_owned(), "document types"),
            ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>".to_owned(), "document types"),
            ("<a>&b;</a>".to_owned(), "entity 'b' is unknown"),
            ("<a b='&c;'/>".to_owned(), "c"),
            ("<a><b></a>".to_owned(), "expects XML"),
            ("</a>".to_owned(), "expects XML"),
            ("<a>".to_owned(), "'a' has no end"),
            ("<a/><b/>".to_owned(), "more than one root"),
            ("<a/>b".to_owned(), "outside the root"),
            ("{}".to_owned(), "outside the root"),
            (String::new(), "no element"),
        ] {
            let shown = &xml[..xml.len().min(60)];
            let Err(Fault::Code(message)) = call("util.xml.toMap", &[(&*xml).into()]) else { panic!("read {shown}") };
            assert!(message.contains(text), "{shown}: {message}");
        }
        assert!(call("util.xml.toMap", &[json!(1)]).is_err());
    }

    #[test]
    fn many_attributes_take_no_longer_each() {
        let attributes: String = (0..100_000).map(|number| format!(" n{number}=''")).collect();
        let answer = call("util.xml.toMap", &[format!("<a{attributes}/>").into()]).unwrap();
        assert_eq!(answer["a"].as_object().unwrap().len(), 100_000);
    }
}
