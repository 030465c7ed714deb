//! `HeadObject`. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>

use serde_json::Value;

use super::input::{ObjectInput, described, parse};
use crate::{error::Error, folder::Folder};

pub(super) fn perform(folder: &Folder, input: Value) -> Result<Value, Error> {
    let input: ObjectInput = parse(input)?;
    if input.range.is_some() {
        return Err(Error::NotImplemented("Range".to_owned()));
    }
    let object = input.find(folder)?;
    Ok(described(&object, &input.key, object.size).into())
}
