//! Writing and removing: an object is there whole or not at all, and what was acknowledged survives a crash.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use super::{Folder, UPLOADS, absent, etag};
use crate::{error::Error, key, limits::MAX_OBJECT_BYTES};

impl Folder {
    /// Writes an object and answers its ETag. It is durable then.
    pub(crate) fn put(&self, bucket: &str, key: &str, content: &[u8]) -> Result<String, Error> {
        if content.len() as u64 > MAX_OBJECT_BYTES {
            return Err(Error::EntityTooLarge);
        }
        let bucket = self.bucket(bucket)?;
        let path = bucket.join(key::path_of(key)?);
        let upload = self.upload(content)?;
        let placed = self.place(&bucket, &upload, &path, key);
        if placed.is_err() {
            // The next start removes it otherwise.
            let _ = fs::remove_file(&upload);
        }
        placed.map(|()| etag::of_bytes(content))
    }

    /// Writes `content` to a file of its own, to the disk.
    fn upload(&self, content: &[u8]) -> Result<PathBuf, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = self.root.join(UPLOADS).join(name);
        let write = || {
            let mut file = File::create_new(&path)?;
            file.write_all(content)?;
            file.sync_all()
        };
        write().map_err(Error::io(&path))?;
        Ok(path)
    }

    /// Gives an upload its name.
    fn place(&self, bucket: &Path, upload: &Path, path: &Path, key: &str) -> Result<(), Error> {
        let parent = path.parent().unwrap_or(bucket);
        let in_the_way = |cause: io::Error| match cause.kind() {
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                Error::KeyInTheWay(file_in_the_way(bucket, path, key))
            }
            io::ErrorKind::IsADirectory => Error::KeyInTheWay(key.to_owned()),
            _ => Error::io(path)(cause),
        };
        let _layout = self.layout.lock();
        let missing: Vec<&Path> =
            parent.ancestors().take_while(|folder| *folder != bucket && !folder.exists()).collect();
        fs::create_dir_all(parent).map_err(in_the_way)?;
        fs::rename(upload, path).map_err(in_the_way)?;
        sync_folder(parent)?;
        missing.iter().filter_map(|folder| folder.parent()).try_for_each(sync_folder)
    }

    /// Removes an object; one that is not there is removed already. It stays removed after a crash.
    pub(crate) fn delete(&self, bucket: &str, key: &str) -> Result<(), Error> {
        let bucket = self.bucket(bucket)?;
        let path = bucket.join(key::path_of(key)?);
        let _layout = self.layout.lock();
        let removed = match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_file() => fs::remove_file(&path),
            Ok(_) => return Ok(()),
            Err(cause) => Err(cause),
        };
        match removed.map_err(|cause| absent(&path, cause)) {
            Ok(()) => {}
            Err(Error::NoSuchKey) => return Ok(()),
            Err(error) => return Err(error),
        }
        // Folders that hold nothing any more go with it, as far as they are empty.
        let mut parent = path.parent().unwrap_or(&bucket);
        while parent != bucket && fs::remove_dir(parent).is_ok() {
            parent = parent.parent().unwrap_or(&bucket);
        }
        sync_folder(parent)
    }
}

/// Of the objects whose key is the beginning of `key`, the one whose file stands where a folder has to be.
fn file_in_the_way(bucket: &Path, path: &Path, key: &str) -> String {
    let is_file = |prefix: &str| key::path_of(prefix).is_ok_and(|path| bucket.join(path).is_file());
    let mut prefixes = key.match_indices('/').map(|(at, _)| &key[..at]).filter(|prefix| !prefix.is_empty());
    prefixes.find(|prefix| is_file(prefix)).map_or_else(|| path.display().to_string(), str::to_owned)
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(Error::io(path))
}
