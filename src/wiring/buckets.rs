//! `AWS::S3::Bucket`: folders of the folder that stands for S3.

use std::sync::Arc;

use aws_protocol::Directory;
use objects::Objects;

use super::Error;
use crate::config::Config;

/// Registers who serves `s3` and makes the template's buckets be there.
pub(super) fn start(config: &Config, buckets: &[template::Bucket], services: &Directory) -> Result<(), Error> {
    let objects = Objects::open(&config.objects_folder())?;
    for bucket in buckets {
        let named = |cause| Error::Bucket { bucket: bucket.logical_id.clone(), cause };
        objects.create_bucket(&bucket.name).map_err(named)?;
    }
    services.register(Arc::new(objects));
    Ok(())
}
