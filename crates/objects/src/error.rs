//! What can go wrong, and the errors of S3 that stand for it.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>

use std::{io, path::PathBuf};

use aws_protocol::ServiceError;

use crate::limits::MAX_OBJECT_BYTES;

/// Why an operation on a folder of objects failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No bucket of that name.
    #[error("The specified bucket does not exist")]
    NoSuchBucket,
    /// No object of that key.
    #[error("The specified key does not exist.")]
    NoSuchKey,
    /// A version was asked for, and nothing here is versioned.
    #[error("The specified version does not exist.")]
    NoSuchVersion,
    /// A bucket name against the rules.
    #[error("The specified bucket is not valid.")]
    InvalidBucketName(String),
    /// More than 1,024 bytes.
    #[error("Your key is too long")]
    KeyTooLong,
    /// A member that is missing or of the wrong type, or that has no meaning.
    #[error("{0}")]
    InvalidArgument(String),
    /// A range outside of the object.
    #[error("The requested range is not satisfiable")]
    InvalidRange,
    /// `IfMatch` or `IfNoneMatch` does not hold.
    #[error("At least one of the pre-conditions you specified did not hold")]
    PreconditionFailed,
    /// More than [`MAX_OBJECT_BYTES`].
    #[error("Your proposed upload exceeds the maximum allowed size: {MAX_OBJECT_BYTES} bytes here")]
    EntityTooLarge,
    /// A member whose meaning a folder cannot keep.
    #[error("A header you provided implies functionality that is not implemented: {0}")]
    NotImplemented(String),
    /// A folder cannot hold both an object and objects below its key.
    #[error("a folder cannot hold both an object '{0}' and objects below '{0}/'")]
    KeyInTheWay(String),
    /// The file system refused.
    #[error("{path}: {cause}")]
    Io {
        /// What was touched.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
}

impl Error {
    /// What the file system said about `path`.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |cause| Self::Io { path, cause }
    }
}

impl From<Error> for ServiceError {
    fn from(error: Error) -> Self {
        let (code, status) = match &error {
            Error::NoSuchBucket => ("NoSuchBucket", 404),
            Error::NoSuchKey => ("NoSuchKey", 404),
            Error::NoSuchVersion => ("NoSuchVersion", 404),
            Error::InvalidBucketName(_) => ("InvalidBucketName", 400),
            Error::KeyTooLong => ("KeyTooLongError", 400),
            Error::InvalidArgument(_) => ("InvalidArgument", 400),
            Error::InvalidRange => ("InvalidRange", 416),
            Error::PreconditionFailed => ("PreconditionFailed", 412),
            Error::EntityTooLarge => ("EntityTooLarge", 400),
            Error::NotImplemented(_) => ("NotImplemented", 501),
            Error::KeyInTheWay(_) => ("InvalidRequest", 400),
            Error::Io { .. } => return Self::internal(error),
        };
        Self::new(code, error.to_string()).with_status(status)
    }
}
