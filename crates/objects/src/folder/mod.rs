//! Objects as files: what is read, written durably and removed. Which operation asks, and with which JSON, is the
//! business of [`operations`](crate::operations).

mod etag;
mod list;
mod write;

use std::{
    fs::{self, File, Metadata},
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use parking_lot::Mutex;

use self::etag::Etags;
pub(crate) use self::list::{Listed, Page, Wanted};
use crate::{bucket, error::Error, key, limits::MAX_OBJECT_BYTES};

/// Where objects are written before they get their names. No bucket has this name.
const UPLOADS: &str = ".uploads";

/// The root folder with a folder for each bucket.
pub(crate) struct Folder {
    root: PathBuf,
    etags: Etags,
    /// Held while folders appear and disappear: a folder that became empty is not removed under an object on its way in.
    layout: Mutex<()>,
}

/// What is known of an object without reading it.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) path: PathBuf,
    /// Bytes.
    pub(crate) size: u64,
    /// MD5 of the content in hex and quotes, as S3 gives it for an object of one part.
    pub(crate) etag: String,
    /// Seconds since the epoch.
    pub(crate) modified_seconds: i64,
}

impl Folder {
    pub(crate) fn open(root: &Path) -> Result<Self, Error> {
        let uploads = root.join(UPLOADS);
        // What an upload left that did not end.
        if uploads.exists() {
            fs::remove_dir_all(&uploads).map_err(Error::io(&uploads))?;
        }
        fs::create_dir_all(&uploads).map_err(Error::io(&uploads))?;
        Ok(Self { root: root.to_owned(), etags: Etags::default(), layout: Mutex::default() })
    }

    pub(crate) fn create_bucket(&self, name: &str) -> Result<(), Error> {
        bucket::check(name)?;
        let path = self.root.join(name);
        fs::create_dir_all(&path).map_err(Error::io(&path))?;
        write::sync_folder(&self.root)
    }

    /// The folder of a bucket that is there.
    pub(crate) fn bucket(&self, name: &str) -> Result<PathBuf, Error> {
        bucket::check(name)?;
        let path = self.root.join(name);
        if path.is_dir() { Ok(path) } else { Err(Error::NoSuchBucket) }
    }

    /// Finds an object.
    pub(crate) fn head(&self, bucket: &str, key: &str) -> Result<Object, Error> {
        let path = self.bucket(bucket)?.join(key::path_of(key)?);
        let metadata = fs::symlink_metadata(&path).map_err(|cause| absent(&path, cause))?;
        if !metadata.is_file() {
            return Err(Error::NoSuchKey);
        }
        self.describe(path, &metadata)
    }

    fn describe(&self, path: PathBuf, metadata: &Metadata) -> Result<Object, Error> {
        let etag = self.etags.of(&path, metadata).map_err(|cause| absent(&path, cause))?;
        Ok(Object { size: metadata.len(), etag, modified_seconds: etag::modified(metadata).0, path })
    }

    /// Reads `length` bytes of an object from `start`.
    pub(crate) fn read(&self, object: &Object, start: u64, length: u64) -> Result<Vec<u8>, Error> {
        if length > MAX_OBJECT_BYTES {
            return Err(Error::EntityTooLarge);
        }
        let mut bytes = Vec::new();
        let read = |bytes: &mut Vec<u8>| {
            let mut file = File::open(&object.path)?;
            file.seek(SeekFrom::Start(start))?;
            file.take(length).read_to_end(bytes)
        };
        read(&mut bytes).map_err(|cause| absent(&object.path, cause))?;
        Ok(bytes)
    }
}

/// What the file system said about a path where an object could be.
fn absent(path: &Path, cause: std::io::Error) -> Error {
    use std::io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};
    match cause.kind() {
        NotFound | NotADirectory | InvalidFilename => Error::NoSuchKey,
        _ => Error::io(path)(cause),
    }
}
