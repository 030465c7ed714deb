//! `DeleteObject`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html>

use serde::Deserialize;
use serde_json::{Value, json};

use super::input::parse;
use crate::{error::Error, folder::Folder};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Input {
    bucket: String,
    key: String,
}

pub(super) fn perform(folder: &Folder, input: Value) -> Result<Value, Error> {
    let Input { bucket, key } = parse(input)?;
    folder.delete(&bucket, &key)?;
    Ok(json!({}))
}
