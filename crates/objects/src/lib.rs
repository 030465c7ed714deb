//! Objects in buckets, as tasks and distributed Maps use them: the operations `GetObject`, `PutObject`, `HeadObject`,
//! `DeleteObject` and `ListObjectsV2` of the service `s3` behind [`aws_protocol::Service`], over a local folder.
//!
//! This is no S3 server. Nothing here speaks S3's wire protocol; there are no versions, access lists, tags, multipart
//! uploads or metadata, and a request that asks for them is refused. Objects are plain files,
//! `<root>/<bucket>/<key>`, so that a data set is put in place with `cp` and results are read with any program.

mod bucket;
mod error;
mod folder;
mod key;
mod limits;
mod operations;

use std::{path::Path, sync::Arc};

use aws_protocol::{BoxFuture, Caller, Service, ServiceError};
use serde_json::Value;

pub use error::Error;
use folder::Folder;
pub use limits::{MAX_KEY_BYTES, MAX_OBJECT_BYTES};

/// The service `s3` over a local folder. Cheap to share behind an `Arc`.
pub struct Objects {
    folder: Arc<Folder>,
}

impl Objects {
    /// Opens the folder `root`, which is made if it is not there. One stepwell at a time may use it.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder cannot be made or read.
    pub fn open(root: &Path) -> Result<Self, Error> {
        Ok(Self { folder: Arc::new(Folder::open(root)?) })
    }

    /// Makes the bucket `name` be there: `<root>/<name>`.
    ///
    /// # Errors
    /// [`Error::InvalidBucketName`], and [`Error::Io`].
    pub fn create_bucket(&self, name: &str) -> Result<(), Error> {
        self.folder.create_bucket(name)
    }
}

impl Service for Objects {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn call<'a>(
        &'a self,
        operation: &'a str,
        input: Value,
        _: &'a Caller,
    ) -> BoxFuture<'a, Result<Value, ServiceError>> {
        let (folder, operation) = (self.folder.clone(), operation.to_owned());
        Box::pin(async move {
            let performed = tokio::task::spawn_blocking(move || operations::perform(&folder, &operation, input));
            performed.await.unwrap_or_else(|stopped| Err(ServiceError::internal(stopped)))
        })
    }
}
