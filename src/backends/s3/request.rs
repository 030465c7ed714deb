//! From the members of an operation to a request: where each goes is one table.

use aws_protocol::ServiceError;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

/// The operations that tasks and Maps use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    GetObject,
    PutObject,
    HeadObject,
    DeleteObject,
    ListObjectsV2,
}

impl Operation {
    pub(super) fn parse(name: &str) -> Result<Self, ServiceError> {
        Ok(match name {
            "GetObject" => Self::GetObject,
            "PutObject" => Self::PutObject,
            "HeadObject" => Self::HeadObject,
            "DeleteObject" => Self::DeleteObject,
            "ListObjectsV2" => Self::ListObjectsV2,
            _ => return Err(ServiceError::unknown_operation("s3", name)),
        })
    }

    pub(super) fn method(self) -> Method {
        match self {
            Self::GetObject | Self::ListObjectsV2 => Method::GET,
            Self::PutObject => Method::PUT,
            Self::HeadObject => Method::HEAD,
            Self::DeleteObject => Method::DELETE,
        }
    }
}

/// A request without its endpoint and signature.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outgoing {
    /// Encoded, with its query.
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// `Body` is to be base64 in the answer.
    pub(super) body_is_base64: bool,
}

/// Where a member goes.
#[derive(Debug, Clone, Copy)]
enum Place {
    Header(&'static str),
    Query(&'static str),
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>
const PLACES: &[(&str, Place)] = &[
    ("ACL", Place::Header("x-amz-acl")),
    ("CacheControl", Place::Header("cache-control")),
    ("ContentDisposition", Place::Header("content-disposition")),
    ("ContentEncoding", Place::Header("content-encoding")),
    ("ContentLanguage", Place::Header("content-language")),
    ("ContentType", Place::Header("content-type")),
    ("ContinuationToken", Place::Query("continuation-token")),
    ("Delimiter", Place::Query("delimiter")),
    ("ExpectedBucketOwner", Place::Header("x-amz-expected-bucket-owner")),
    ("FetchOwner", Place::Query("fetch-owner")),
    ("IfMatch", Place::Header("if-match")),
    ("IfModifiedSince", Place::Header("if-modified-since")),
    ("IfNoneMatch", Place::Header("if-none-match")),
    ("IfUnmodifiedSince", Place::Header("if-unmodified-since")),
    ("MaxKeys", Place::Query("max-keys")),
    ("PartNumber", Place::Query("partNumber")),
    ("Prefix", Place::Query("prefix")),
    ("Range", Place::Header("range")),
    ("RequestPayer", Place::Header("x-amz-request-payer")),
    ("SSEKMSKeyId", Place::Header("x-amz-server-side-encryption-aws-kms-key-id")),
    ("ServerSideEncryption", Place::Header("x-amz-server-side-encryption")),
    ("StartAfter", Place::Query("start-after")),
    ("StorageClass", Place::Header("x-amz-storage-class")),
    ("Tagging", Place::Header("x-amz-tagging")),
    ("VersionId", Place::Query("versionId")),
];

/// All but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const RESERVED_IN_KEY: &AsciiSet = &RESERVED.remove(b'/');

/// The request of `operation` with the members of `input`.
pub(super) fn build(operation: Operation, input: Value) -> Result<Outgoing, ServiceError> {
    let Value::Object(mut members) = input else { return Err(invalid("the parameters are no object")) };
    members.retain(|_, value| !value.is_null());
    let body_is_base64 = members.shift_remove("BodyEncoding").is_some_and(|encoding| encoding == "base64");
    let path = path(operation, &mut members)?;
    let body = match members.shift_remove("Body") {
        Some(body) if body_is_base64 => {
            STANDARD.decode(text("Body", body)?).map_err(|_| invalid("Body is no base64"))?
        }
        Some(body) => text("Body", body)?.into_bytes(),
        None => Vec::new(),
    };
    let mut query = if operation == Operation::ListObjectsV2 { vec!["list-type=2".to_owned()] } else { Vec::new() };
    let mut headers = Vec::new();
    for (name, value) in members {
        let place = PLACES.iter().find(|(member, _)| *member == name).map(|(_, place)| *place);
        match place.ok_or_else(|| not_implemented(&name))? {
            Place::Header(header) => headers.push((header, text(&name, value)?)),
            Place::Query(parameter) => {
                query.push(format!("{parameter}={}", utf8_percent_encode(&text(&name, value)?, RESERVED)));
            }
        }
    }
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    Ok(Outgoing { path: path + &query, headers, body, body_is_base64 })
}

fn path(operation: Operation, members: &mut Map<String, Value>) -> Result<String, ServiceError> {
    let mut required = |name: &str| {
        let value = members.shift_remove(name).ok_or_else(|| invalid(&format!("{name} is required")))?;
        text(name, value)
    };
    let bucket = required("Bucket")?;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    if bucket.is_empty() || !bucket.bytes().all(is_plain) || bucket.contains("..") || bucket == "." {
        return Err(ServiceError::new("InvalidBucketName", "The specified bucket is not valid."));
    }
    if operation == Operation::ListObjectsV2 {
        return Ok(format!("/{bucket}"));
    }
    let key = required("Key")?;
    if key.is_empty() {
        return Err(invalid("Key must not be empty"));
    }
    // AWS differs: such a key is possible, but a URL that holds it means another one to every HTTP client.
    if key.split('/').any(|part| matches!(part, "." | "..")) {
        return Err(invalid("Key must not have parts . or .."));
    }
    Ok(format!("/{bucket}/{}", utf8_percent_encode(&key, RESERVED_IN_KEY)))
}

fn text(name: &str, value: Value) -> Result<String, ServiceError> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err(invalid(&format!("{name} must be a text"))),
    }
}

fn invalid(message: &str) -> ServiceError {
    ServiceError::new("InvalidArgument", message)
}

fn not_implemented(member: &str) -> ServiceError {
    let message = format!("A header you provided implies functionality that is not implemented: {member}");
    ServiceError::new("NotImplemented", message).with_status(501)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_go_where_the_table_says() {
        let get = json!({ "Bucket": "b", "Key": "a b/ü", "Range": "bytes=0-1", "VersionId": "v/1", "IfMatch": null });
        let outgoing = build(Operation::GetObject, get).expect("valid");
        assert_eq!(outgoing.path, "/b/a%20b/%C3%BC?versionId=v%2F1");
        assert_eq!(outgoing.headers, [("range", "bytes=0-1".to_owned())]);

        let put = json!({ "Bucket": "b", "Key": "k", "Body": "AAE=", "BodyEncoding": "base64", "ContentType": "x/y" });
        let outgoing = build(Operation::PutObject, put).expect("valid");
        assert_eq!((outgoing.body, outgoing.body_is_base64), (vec![0, 1], true));

        let list = json!({ "Bucket": "b", "Prefix": "a/", "MaxKeys": 7, "ContinuationToken": "x+y=" });
        let outgoing = build(Operation::ListObjectsV2, list).expect("valid");
        assert_eq!(outgoing.path, "/b?list-type=2&prefix=a%2F&max-keys=7&continuation-token=x%2By%3D");
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        let cases = [
            (json!([]), "InvalidArgument"),
            (json!({ "Key": "k" }), "InvalidArgument"),
            (json!({ "Bucket": "b" }), "InvalidArgument"),
            (json!({ "Bucket": "b", "Key": "" }), "InvalidArgument"),
            (json!({ "Bucket": "b", "Key": "a/../b" }), "InvalidArgument"),
            (json!({ "Bucket": "b", "Key": ["k"] }), "InvalidArgument"),
            (json!({ "Bucket": "b/c", "Key": "k" }), "InvalidBucketName"),
            (json!({ "Bucket": "..", "Key": "k" }), "InvalidBucketName"),
            (json!({ "Bucket": "b", "Key": "k", "Metadata": { "a": "b" } }), "NotImplemented"),
        ];
        for (input, code) in cases {
            assert_eq!(build(Operation::GetObject, input.clone()).expect_err("refused").code, code, "{input}");
        }
    }
}
