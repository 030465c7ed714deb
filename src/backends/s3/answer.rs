//! From an answer to the members of an operation: headers and the body for objects, XML for lists and errors.

use aws_protocol::ServiceError;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use roxmltree::{Document, Node};
use serde_json::{Map, Value, json};

use super::request::Operation;
use crate::backends::signed::Answer;

/// Headers that are members of an answer as they are.
const TEXTS: &[(&str, &str)] = &[
    ("accept-ranges", "AcceptRanges"),
    ("cache-control", "CacheControl"),
    ("content-disposition", "ContentDisposition"),
    ("content-encoding", "ContentEncoding"),
    ("content-language", "ContentLanguage"),
    ("content-range", "ContentRange"),
    ("content-type", "ContentType"),
    ("etag", "ETag"),
    ("x-amz-server-side-encryption", "ServerSideEncryption"),
    ("x-amz-storage-class", "StorageClass"),
    ("x-amz-version-id", "VersionId"),
];

/// The members of an answer, or its exception.
pub(super) fn read(operation: Operation, body_is_base64: bool, answer: Answer) -> Result<Value, ServiceError> {
    if !(200..300).contains(&answer.status) {
        return Err(exception(&answer));
    }
    match operation {
        Operation::ListObjectsV2 => list(&String::from_utf8_lossy(&answer.body)),
        Operation::GetObject | Operation::HeadObject => Ok(object(operation, body_is_base64, &answer).into()),
        Operation::PutObject | Operation::DeleteObject => Ok(texts(&answer).into()),
    }
}

fn object(operation: Operation, body_is_base64: bool, answer: &Answer) -> Map<String, Value> {
    let mut members = texts(answer);
    let number = answer.header("content-length").and_then(|length| length.parse::<u64>().ok());
    members.insert("ContentLength".into(), number.unwrap_or(answer.body.len() as u64).into());
    let modified = answer.header("last-modified").and_then(|date| DateTime::parse_from_rfc2822(&date).ok());
    if let Some(modified) = modified {
        let text = modified.with_timezone(&Utc).format("%Y-%m-%dT%H:%M:%SZ").to_string();
        members.insert("LastModified".into(), text.into());
    }
    let metadata = answer.headers.iter().filter_map(|(name, value)| {
        let name = name.as_str().strip_prefix("x-amz-meta-")?;
        Some((name.to_owned(), Value::from(value.to_str().ok()?)))
    });
    members.insert("Metadata".into(), metadata.collect::<Map<_, _>>().into());
    if operation == Operation::GetObject {
        let body = match body_is_base64 {
            true => STANDARD.encode(&answer.body),
            false => String::from_utf8_lossy(&answer.body).into_owned(),
        };
        members.insert("Body".into(), body.into());
    }
    members
}

fn texts(answer: &Answer) -> Map<String, Value> {
    let present =
        TEXTS.iter().filter_map(|(header, member)| Some(((*member).to_owned(), answer.header(header)?.into())));
    present.collect()
}

/// The members of `ListBucketResult`, numbers and booleans as such.
fn list(text: &str) -> Result<Value, ServiceError> {
    let document = Document::parse(text)
        .map_err(|cause| ServiceError::internal(format!("the list of objects is no XML: {cause}")))?;
    let mut members = Map::from_iter([("Contents".to_owned(), json!([])), ("CommonPrefixes".to_owned(), json!([]))]);
    for element in document.root_element().children().filter(Node::is_element) {
        let name = element.tag_name().name();
        match members.get_mut(name) {
            Some(Value::Array(entries)) => entries.push(entry(element)),
            _ => _ = members.insert(name.to_owned(), value(element)),
        }
    }
    Ok(members.into())
}

/// An element of `Contents` or `CommonPrefixes`: the texts of its children.
fn entry(element: Node<'_, '_>) -> Value {
    let children =
        element.children().filter(|child| child.is_element() && !child.children().any(|below| below.is_element()));
    children.map(|child| (child.tag_name().name().to_owned(), value(child))).collect::<Map<_, _>>().into()
}

fn value(element: Node<'_, '_>) -> Value {
    let text: String = element.children().filter_map(|child| child.text()).collect();
    match element.tag_name().name() {
        "Size" | "MaxKeys" | "KeyCount" => text.parse::<u64>().map_or(Value::from(text), Value::from),
        "IsTruncated" => (text == "true").into(),
        _ => text.into(),
    }
}

/// The exception in the body; where there is none, as after HEAD, what the status says.
fn exception(answer: &Answer) -> ServiceError {
    let text = String::from_utf8_lossy(&answer.body);
    let document = Document::parse(&text).ok();
    let member = |name: &str| {
        let root = document.as_ref()?.root_element();
        Some(root.children().find(|child| child.has_tag_name(name))?.text()?.to_owned())
    };
    let code = member("Code").unwrap_or_else(|| by_status(answer.status).to_owned());
    ServiceError::new(code, member("Message").unwrap_or_default()).with_status(answer.status)
}

fn by_status(status: u16) -> &'static str {
    match status {
        304 => "NotModified",
        403 => "AccessDenied",
        404 => "NoSuchKey",
        412 => "PreconditionFailed",
        503 => "SlowDown",
        _ => "UnknownError",
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    fn answer(status: u16, pairs: &[(&'static str, &'static str)], body: &'static str) -> Answer {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let headers: HeaderMap = pairs.iter().map(pair).collect();
        Answer { status, headers, body: Bytes::from_static(body.as_bytes()) }
    }

    #[test]
    fn an_object_is_its_headers_and_its_body() {
        let headers = [
            ("etag", "\"5d41\""),
            ("content-length", "5"),
            ("last-modified", "Mon, 12 Oct 2009 17:50:00 GMT"),
            ("x-amz-meta-owner", "me"),
        ];
        let expected = json!({
            "ETag": "\"5d41\"", "ContentLength": 5, "LastModified": "2009-10-12T17:50:00Z", "Metadata": { "owner": "me" },
            "Body": "hello",
        });
        assert_eq!(read(Operation::GetObject, false, answer(200, &headers, "hello")), Ok(expected));
        let encoded = read(Operation::GetObject, true, answer(200, &headers, "hello")).expect("a success");
        assert_eq!(encoded["Body"], "aGVsbG8=");
        let head = read(Operation::HeadObject, false, answer(200, &headers, "")).expect("a success");
        assert_eq!((head.get("Body"), &head["ContentLength"]), (None, &json!(5)));
    }

    #[test]
    fn a_list_is_read_from_its_xml() {
        // Amazon S3 API reference, "ListObjectsV2".
        let xml = r#"<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Name>bucket</Name><Prefix/><NextContinuationToken>1ueGcx==</NextContinuationToken><KeyCount>2</KeyCount>
  <MaxKeys>2</MaxKeys><IsTruncated>true</IsTruncated>
  <Contents><Key>a &amp; b.txt</Key><LastModified>2014-11-21T19:40:05.000Z</LastModified>
    <ETag>&quot;70ee&quot;</ETag><Size>142863</Size><StorageClass>STANDARD</StorageClass>
    <Owner><ID>x</ID></Owner></Contents>
  <CommonPrefixes><Prefix>photos/</Prefix></CommonPrefixes>
</ListBucketResult>"#;
        let expected = json!({
            "Contents": [{
                "Key": "a & b.txt", "LastModified": "2014-11-21T19:40:05.000Z", "ETag": "\"70ee\"", "Size": 142_863,
                "StorageClass": "STANDARD",
            }],
            "CommonPrefixes": [{ "Prefix": "photos/" }],
            "Name": "bucket", "Prefix": "", "NextContinuationToken": "1ueGcx==", "KeyCount": 2, "MaxKeys": 2,
            "IsTruncated": true,
        });
        assert_eq!(read(Operation::ListObjectsV2, false, answer(200, &[], xml)), Ok(expected));
        assert!(read(Operation::ListObjectsV2, false, answer(200, &[], "<a>")).is_err());
    }

    #[test]
    fn exceptions_are_those_of_the_body_or_of_the_status() {
        let xml = "<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>";
        let cases = [
            (404, xml, "NoSuchBucket", "The specified bucket does not exist"),
            (404, "", "NoSuchKey", ""),
            (503, "", "SlowDown", ""),
            (500, "<html>", "UnknownError", ""),
        ];
        for (status, body, code, message) in cases {
            let error = read(Operation::GetObject, false, answer(status, &[], body)).expect_err("an exception");
            assert_eq!((error.code.as_ref(), error.message.as_str(), error.status), (code, message, status));
        }
    }
}
