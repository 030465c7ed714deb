//! The operations, a file each, and the one place that knows their names.
//!
//! Members are those of S3's API in its own spelling, as `aws-sdk:s3:*` tasks see them. One is stepwell's: with
//! `BodyEncoding: "base64"`, `Body` is base64 of the bytes instead of text, in both directions, so that compressed data
//! sets pass through JSON.

mod delete_object;
mod get_object;
mod head_object;
mod input;
mod list_objects_v2;
mod put_object;

use aws_protocol::ServiceError;
use serde_json::Value;

use crate::{error::Error, folder::Folder};

/// Performs `operation`; it reads and writes files, so it may take its thread for a while.
pub(crate) fn perform(folder: &Folder, operation: &str, input: Value) -> Result<Value, ServiceError> {
    let performed: Result<Value, Error> = match operation {
        "GetObject" => get_object::perform(folder, input),
        "PutObject" => put_object::perform(folder, input),
        "HeadObject" => head_object::perform(folder, input),
        "DeleteObject" => delete_object::perform(folder, input),
        "ListObjectsV2" => list_objects_v2::perform(folder, input),
        _ => return Err(ServiceError::unknown_operation("s3", operation)),
    };
    Ok(performed?)
}
