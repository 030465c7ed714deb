//! `PutObject`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>

use serde::Deserialize;
use serde_json::{Value, json};

use super::input::{BodyEncoding, parse};
use crate::{error::Error, folder::Folder};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Input {
    bucket: String,
    key: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    body_encoding: BodyEncoding,
    // AWS differs: the type is not kept; GetObject tells it by the key's ending.
    #[serde(rename = "ContentType")]
    _content_type: Option<String>,
    /// `*`: only if there is no such object.
    if_none_match: Option<String>,
}

pub(super) fn perform(folder: &Folder, input: Value) -> Result<Value, Error> {
    let input: Input = parse(input)?;
    match input.if_none_match.as_deref() {
        None => {}
        Some("*") => match folder.head(&input.bucket, &input.key) {
            Ok(_) => return Err(Error::PreconditionFailed),
            Err(Error::NoSuchKey) => {}
            Err(error) => return Err(error),
        },
        Some(_) => return Err(Error::NotImplemented("IfNoneMatch".to_owned())),
    }
    let etag = folder.put(&input.bucket, &input.key, &input.body_encoding.decode(input.body)?)?;
    Ok(json!({ "ETag": etag, "ServerSideEncryption": "AES256" }))
}
