//! `ListObjectsV2`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::input::{moment, parse};
use crate::{
    error::Error,
    folder::{Folder, Listed, Page, Wanted},
    limits::MAX_KEYS,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Input {
    bucket: String,
    #[serde(default)]
    prefix: String,
    delimiter: Option<String>,
    max_keys: Option<usize>,
    start_after: Option<String>,
    continuation_token: Option<String>,
}

pub(super) fn perform(folder: &Folder, input: Value) -> Result<Value, Error> {
    let input: Input = parse(input)?;
    let max_keys = input.max_keys.unwrap_or(MAX_KEYS).min(MAX_KEYS);
    let after = match &input.continuation_token {
        Some(token) => key_of(token)?,
        None => input.start_after.clone().unwrap_or_default(),
    };
    let wanted = Wanted { prefix: input.prefix.clone(), delimiter: input.delimiter.clone(), after, max_keys };
    let page = match max_keys {
        0 => folder.bucket(&input.bucket).map(|_| Page::default())?,
        _ => folder.list(&input.bucket, &wanted)?,
    };
    Ok(answer(input, max_keys, page))
}

fn answer(input: Input, max_keys: usize, page: Page) -> Value {
    let mut members = Map::new();
    let key_count = page.entries.len();
    let (mut contents, mut prefixes) = (Vec::new(), Vec::new());
    for listed in page.entries {
        match listed {
            Listed::Object { key, object } => contents.push(json!({
                "ETag": object.etag,
                "Key": key,
                "LastModified": moment(&object),
                "Size": object.size,
                "StorageClass": "STANDARD",
            })),
            Listed::CommonPrefix(prefix) => prefixes.push(json!({ "Prefix": prefix })),
        }
    }
    members.insert("IsTruncated".into(), page.next_after.is_some().into());
    members.insert("Contents".into(), contents.into());
    members.insert("Name".into(), input.bucket.into());
    members.insert("Prefix".into(), input.prefix.into());
    members.insert("MaxKeys".into(), max_keys.into());
    members.insert("CommonPrefixes".into(), prefixes.into());
    members.insert("KeyCount".into(), key_count.into());
    let optional = [
        ("Delimiter", input.delimiter),
        ("ContinuationToken", input.continuation_token),
        ("NextContinuationToken", page.next_after.map(|key| URL_SAFE_NO_PAD.encode(key))),
        ("StartAfter", input.start_after),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            members.insert(name.into(), value.into());
        }
    }
    members.into()
}

/// The last key of the page before.
fn key_of(token: &str) -> Result<String, Error> {
    let key = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    key.ok_or_else(|| Error::InvalidArgument("The continuation token provided is incorrect".to_owned()))
}
