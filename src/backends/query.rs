//! The AWS query protocol: a form in, XML out.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>. There are no models of the services here, so the shape
//! of an answer is read from its XML: lists have elements called `member`, maps have elements called `entry`.
// AWS differs: numbers and booleans of an answer are texts here, since XML does not say what they are.

use aws_protocol::ServiceError;
use roxmltree::{Document, Node, ParsingOptions};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::signed::Answer;

/// The deepest XML that is read, and the most nodes of it.
const DEPTH: usize = 64;
const NODES: u32 = 200_000;
/// Members that are maps, and what their keys and values are called on the wire.
const MAPS: [(&str, &str, &str); 2] = [("MessageAttributes", "Name", "Value"), ("Attributes", "key", "value")];

/// The form of a request.
pub(super) fn request(operation: &str, version: &str, input: &Value) -> String {
    let mut pairs = vec![("Action".to_owned(), operation.to_owned()), ("Version".to_owned(), version.to_owned())];
    for (name, value) in input.as_object().into_iter().flatten() {
        add(&mut pairs, name, name, value);
    }
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Adds a value under its path. `serde_json` bounds the depth of what it parses.
fn add(pairs: &mut Vec<(String, String)>, path: &str, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                add(pairs, &format!("{path}.member.{}", index + 1), "", item);
            }
        }
        Value::Object(members) => match MAPS.iter().find(|(map, ..)| *map == name) {
            Some((_, key_name, value_name)) => {
                for (index, (key, value)) in members.iter().enumerate() {
                    let entry = format!("{path}.entry.{}", index + 1);
                    pairs.push((format!("{entry}.{key_name}"), key.clone()));
                    add(pairs, &format!("{entry}.{value_name}"), "", value);
                }
            }
            None => {
                for (member, value) in members {
                    add(pairs, &format!("{path}.{member}"), member, value);
                }
            }
        },
        Value::String(text) => pairs.push((path.to_owned(), text.clone())),
        other => pairs.push((path.to_owned(), other.to_string())),
    }
}

/// What the service answered.
///
/// # Errors
/// Its exception, or that the answer cannot be read.
pub(super) fn answer(answer: &Answer) -> Result<Value, ServiceError> {
    let unreadable = |cause: String| {
        ServiceError::internal(format!("the service answered {} without readable XML: {cause}", answer.status))
    };
    let text = std::str::from_utf8(&answer.body).map_err(|error| unreadable(error.to_string()))?;
    let document = read(text).map_err(unreadable)?;
    if (200..300).contains(&answer.status) {
        let result = document.children.into_iter().find(|child| child.name.ends_with("Result"));
        return Ok(result.map_or_else(|| Value::Object(Map::new()), Element::into_value));
    }
    let error = document.children.iter().find(|child| child.name == "Error").unwrap_or(&document);
    let text = |name: &str| {
        let child = error.children.iter().find(|child| child.name == name);
        child.map(|child| child.text.clone()).unwrap_or_default()
    };
    Err(ServiceError::new(text("Code"), text("Message")).with_status(answer.status))
}

#[derive(Debug)]
struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// [`DEPTH`] bounds the depth.
    fn into_value(self) -> Value {
        if self.children.is_empty() {
            return Value::String(self.text.trim().to_owned());
        }
        if self.children.iter().all(|child| child.name == "member") {
            return self.children.into_iter().map(Self::into_value).collect();
        }
        let mut members = Map::new();
        if self.children.iter().all(|child| child.name == "entry") {
            for entry in self.children {
                let mut pair = entry.children.into_iter();
                if let (Some(key), Some(value)) = (pair.next(), pair.next()) {
                    members.insert(key.text, value.into_value());
                }
            }
            return Value::Object(members);
        }
        for child in self.children {
            members.insert(child.name.clone(), child.into_value());
        }
        Value::Object(members)
    }
}

/// The root element.
fn read(text: &str) -> Result<Element, String> {
    let options = ParsingOptions { nodes_limit: NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| error.to_string())?;
    element(document.root_element(), DEPTH)
}

fn element(node: Node<'_, '_>, depth: usize) -> Result<Element, String> {
    let below = depth.checked_sub(1).ok_or_else(|| format!("it is deeper than {DEPTH} elements"))?;
    let children = node.children().filter(Node::is_element).map(|child| element(child, below));
    Ok(Element {
        name: node.tag_name().name().to_owned(),
        text: node.children().filter_map(|child| child.text().filter(|_| child.is_text())).collect(),
        children: children.collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;
    use serde_json::json;

    use super::*;

    fn answered(status: u16, body: &str) -> Result<Value, ServiceError> {
        answer(&Answer { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()) })
    }

    #[test]
    fn requests_are_forms_with_numbered_members() {
        let input = json!({
            "TopicArn": "arn:t",
            "Message": "a b",
            "MessageAttributes": { "colour": { "DataType": "String", "StringValue": "blue" } },
            "Tags": [{ "Key": "k", "Value": true }],
        });
        let expected = "Action=Publish&Version=2010-03-31&TopicArn=arn%3At&Message=a+b\
                        &MessageAttributes.entry.1.Name=colour&MessageAttributes.entry.1.Value.DataType=String\
                        &MessageAttributes.entry.1.Value.StringValue=blue&Tags.member.1.Key=k&Tags.member.1.Value=true";
        assert_eq!(request("Publish", "2010-03-31", &input), expected);
    }

    #[test]
    fn answers_become_json() {
        let body = r#"<?xml version="1.0"?><ListResponse xmlns="http://sns"><ListResult>
            <Topics><member><TopicArn>a &amp; b&#33;</TopicArn></member><member><TopicArn>c</TopicArn></member></Topics>
            <Attributes><entry><key>k</key><value>v</value></entry></Attributes><NextToken/>
            </ListResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></ListResponse>"#;
        let expected = json!({
            "Topics": [{ "TopicArn": "a & b!" }, { "TopicArn": "c" }], "Attributes": { "k": "v" }, "NextToken": "",
        });
        assert_eq!(answered(200, body), Ok(expected));
        assert_eq!(answered(200, "<DeleteResponse/>"), Ok(json!({})));
    }

    #[test]
    fn exceptions_have_their_code_and_message_and_what_is_no_xml_is_a_failure() {
        let body = "<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>Topic does not exist</Message>\
                    </Error></ErrorResponse>";
        let error = answered(404, body).expect_err("an exception");
        assert_eq!(
            (error.code.as_ref(), error.message.as_str(), error.status),
            ("NotFound", "Topic does not exist", 404)
        );
        let deep = format!("{}{}", "<a>".repeat(50_000), "</a>".repeat(50_000));
        for broken in ["", "<a></b>", "</a>", "<a>&unknown;</a>", &deep] {
            assert_eq!(answered(200, broken).expect_err("no XML").status, 500);
        }
    }
}
