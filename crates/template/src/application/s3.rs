//! `AWS::S3::Bucket`.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html>

use crate::{diagnostic::Position, template::Resource};

/// A bucket. What it is configured to do by itself (notify, expire, replicate ...) it does on AWS only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name in the template.
    pub logical_id: String,
    /// Where it stands in the template.
    pub position: Position,
    /// The bucket's name.
    pub name: String,
}

pub(super) fn bucket(resource: &Resource) -> Bucket {
    Bucket { logical_id: resource.logical_id.clone(), position: resource.at, name: resource.identity.reference.clone() }
}
