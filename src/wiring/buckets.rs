//! `AWS::S3::Bucket`: folders of the folder that stands for S3, or buckets of an S3 elsewhere.

use std::sync::Arc;

use aws_protocol::{Directory, sigv4};
use clock::Clock;
use objects::Objects;

use super::Error;
use crate::{
    backends::{
        s3::S3,
        signed::{Endpoint, Signed},
    },
    config::{self, Config},
};

/// Registers who serves `s3` and makes the template's buckets be there; elsewhere they are those that exist there.
pub(super) fn start(
    config: &Config,
    buckets: &[template::Bucket],
    credentials: &sigv4::Credentials,
    clock: Arc<dyn Clock>,
    services: &Directory,
) -> Result<(), Error> {
    if config.s3.value == config::Objects::Aws {
        let endpoint = Endpoint::new("s3", &config.region.value, config.s3_endpoint_url.value.as_deref());
        services.register(Arc::new(S3 { client: Signed::new(credentials.clone(), clock)?, endpoint }));
        return Ok(());
    }
    let objects = Objects::open(&config.objects_folder())?;
    for bucket in buckets {
        let named = |cause| Error::Bucket { bucket: bucket.logical_id.clone(), cause };
        objects.create_bucket(&bucket.name).map_err(named)?;
    }
    services.register(Arc::new(objects));
    Ok(())
}
