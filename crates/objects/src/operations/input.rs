//! What operations take, and how members that are moments look.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    error::Error,
    folder::{Folder, Object},
};

/// How `Body` is written in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum BodyEncoding {
    /// As text. Bytes that are no UTF-8 are shown as U+FFFD, as Step Functions shows them.
    #[default]
    Text,
    /// As base64.
    Base64,
}

impl BodyEncoding {
    pub(super) fn encode(self, bytes: Vec<u8>) -> String {
        match self {
            Self::Text => String::from_utf8(bytes).unwrap_or_else(|not| String::from_utf8_lossy(not.as_bytes()).into()),
            Self::Base64 => STANDARD.encode(bytes),
        }
    }

    pub(super) fn decode(self, body: String) -> Result<Vec<u8>, Error> {
        match self {
            Self::Text => Ok(body.into_bytes()),
            Self::Base64 => {
                STANDARD.decode(body).map_err(|cause| Error::InvalidArgument(format!("Body is no base64: {cause}")))
            }
        }
    }
}

/// Reads the members of an operation; those that it has no use for but a client may well send are not looked at.
pub(super) fn parse<T: DeserializeOwned>(mut input: Value) -> Result<T, Error> {
    if let Some(members) = input.as_object_mut() {
        // The account that owns everything here is the only one there is; what was not given needs no keeping.
        for accepted in ["ExpectedBucketOwner", "RequestPayer"] {
            members.remove(accepted);
        }
        members.retain(|_, value| !value.is_null());
    }
    serde_json::from_value(input).map_err(|cause| {
        let text = cause.to_string();
        match text.strip_prefix("unknown field ") {
            Some(field) => Error::NotImplemented(field.split(',').next().unwrap_or_default().replace('`', "")),
            None => Error::InvalidArgument(text),
        }
    })
}

/// `Bucket`, `Key` and what GetObject and HeadObject both ask.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ObjectInput {
    pub(super) bucket: String,
    pub(super) key: String,
    version_id: Option<String>,
    if_match: Option<String>,
    if_none_match: Option<String>,
    pub(super) range: Option<String>,
    #[serde(default)]
    pub(super) body_encoding: BodyEncoding,
}

impl ObjectInput {
    /// Finds the object and checks the conditions on it.
    pub(super) fn find(&self, folder: &Folder) -> Result<Object, Error> {
        let object = folder.head(&self.bucket, &self.key)?;
        if self.version_id.as_deref().is_some_and(|version| version != "null") {
            return Err(Error::NoSuchVersion);
        }
        let is = |etag: &String| etag == "*" || *etag == object.etag || *etag == object.etag.trim_matches('"');
        if self.if_match.as_ref().is_some_and(|etag| !is(etag)) || self.if_none_match.as_ref().is_some_and(is) {
            return Err(Error::PreconditionFailed);
        }
        Ok(object)
    }
}

/// What GetObject and HeadObject both answer of an object of which `length` bytes are meant.
pub(super) fn described(object: &Object, key: &str, length: u64) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("AcceptRanges".into(), "bytes".into());
    members.insert("ContentLength".into(), length.into());
    members.insert("ContentType".into(), content_type(key).into());
    members.insert("ETag".into(), object.etag.clone().into());
    members.insert("LastModified".into(), moment(object).into());
    members.insert("Metadata".into(), Map::new().into());
    members.insert("ServerSideEncryption".into(), "AES256".into());
    members
}

/// `2024-01-31T00:00:00Z`.
pub(super) fn moment(object: &Object) -> String {
    let time = chrono::DateTime::from_timestamp(object.modified_seconds, 0).unwrap_or_default();
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// By the ending of the key.
// AWS differs: S3 keeps the ContentType that PutObject was given.
fn content_type(key: &str) -> &'static str {
    match key.rsplit_once('.').map(|(_, ending)| ending) {
        Some("json") => "application/json",
        Some("csv") => "text/csv",
        Some("txt") => "text/plain",
        Some("html") => "text/html",
        Some("xml") => "application/xml",
        _ => "binary/octet-stream",
    }
}
