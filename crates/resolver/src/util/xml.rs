//! `util.xml.*`: XML text as maps (AppSync developer guide, "XML helpers in util.xml").
//!
//! The guide shows elements, lists of equal elements and numbers; where it is silent, attributes, text beside them and
//! empty elements become what Java's org.json makes of them, which gives the guide's examples. Document types, and with
//! them entities of the document's own, are refused.

use roxmltree::{Document, Namespace, Node, ParsingOptions};
use serde_json::{Map, Value};

use super::{Fault, Function, argument, number, string_argument};

/// Nesting of elements.
const DEPTH: usize = 100;
/// Elements, texts, comments and instructions of a document.
const NODES: u32 = 100_000;
/// Namespaces in scope of an element; all elements look at all of theirs.
const NAMESPACES: usize = 32;
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
    let text = string_argument(function, arguments, 0)?.trim_start();
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES, entity_resolver: None };
    let document = Document::parse_with_options(text, options)
        .map_err(|error| Fault::code(format!("{function} expects XML: {error}")))?;
    let root = document.root_element();
    let value = element(root, DEPTH).map_err(|message| Fault::code(format!("{function}: {message}")))?;
    Ok(Value::Object(Map::from_iter([(name(root).to_owned(), value)])))
}

/// What an element becomes; an error is what passes the bounds.
fn element(node: Node<'_, '_>, depth: usize) -> Result<Value, String> {
    let depth = depth.checked_sub(1).ok_or_else(|| format!("the elements nest deeper than {DEPTH} levels"))?;
    let mut fields = attributes(node)?;
    for child in node.children() {
        if child.is_element() {
            accumulate(&mut fields, name(child), element(child, depth)?);
        } else if let Some(text) = child.text().filter(|text| child.is_text() && !text.trim().is_empty()) {
            accumulate(&mut fields, CONTENT, scalar(text.trim()));
        }
    }
    Ok(match fields.len() {
        0 => "".into(),
        1 => fields.remove(CONTENT).unwrap_or(Value::Object(fields)),
        _ => Value::Object(fields),
    })
}

/// The attributes as they are written, declarations of namespaces among them.
fn attributes(node: Node<'_, '_>) -> Result<Map<String, Value>, String> {
    let mut fields = Map::new();
    for namespace in declarations(node)? {
        let key = namespace.name().map_or_else(|| "xmlns".to_owned(), |prefix| format!("xmlns:{prefix}"));
        fields.insert(key, namespace.uri().into());
    }
    let text = node.document().input_text();
    for attribute in node.attributes() {
        // The range of a very long name ends too early.
        let name = text.get(attribute.range_qname()).unwrap_or(attribute.name());
        fields.insert(name.to_owned(), scalar(attribute.value().trim()));
    }
    Ok(fields)
}

/// The namespaces that an element has and its parent has not.
fn declarations<'a, 'input>(node: Node<'a, 'input>) -> Result<Vec<&'a Namespace<'input>>, String> {
    if node.namespaces().nth(NAMESPACES).is_some() {
        return Err(format!("more than {NAMESPACES} namespaces are in scope"));
    }
    let outer = node.parent_element();
    if outer.is_some_and(|outer| outer.namespaces().eq(node.namespaces())) {
        return Ok(Vec::new());
    }
    // XML itself declares `xml`.
    let declared = node.namespaces().filter(|namespace| {
        namespace.name() != Some("xml")
            && !outer.is_some_and(|outer| outer.namespaces().any(|other| other == *namespace))
    });
    Ok(declared.collect())
}

/// The name of an element as it is written, with its prefix.
fn name<'a>(node: Node<'a, '_>) -> &'a str {
    let tag = &node.document().input_text()[node.range()];
    let tag = tag.trim_start_matches('<');
    tag.split(|character: char| character.is_whitespace() || matches!(character, '>' | '/')).next().unwrap_or(tag)
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
        for (xml, text) in [
            (deep(DEPTH + 1), "deeper than 100"),
            (deep(200_000), "expects XML"),
            (format!("<a>{}</a>", "<b/>".repeat(NODES as usize)), "expects XML"),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".to_owned(), "expects XML"),
            ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>".to_owned(), "expects XML"),
            ("<a>&b;</a>".to_owned(), "expects XML"),
            (
                format!("<a{}/>", (0..40).map(|n| format!(" xmlns:n{n}='{n}'")).collect::<String>()),
                "more than 32 namespaces",
            ),
            ("<a><b></a>".to_owned(), "expects XML"),
            (String::new(), "expects XML"),
        ] {
            let shown = &xml[..xml.len().min(60)];
            let Err(Fault::Code(message)) = call("util.xml.toMap", &[(&*xml).into()]) else { panic!("read {shown}") };
            assert!(message.contains(text), "{shown}: {message}");
        }
        assert!(call("util.xml.toMap", &[json!(1)]).is_err());
    }
}
