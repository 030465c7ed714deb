//! ETags: MD5 of the content, remembered while a file's size and time of change stay the same.

use std::{
    fmt::Write as _,
    fs::{File, Metadata},
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use md5::{Digest as _, Md5};
use quick_cache::sync::Cache;

use crate::limits::REMEMBERED_ETAGS;

/// Size, and seconds and nanoseconds of the last change.
type Stamp = (u64, (i64, i64));

/// ETags by path.
pub(super) struct Etags {
    known: Cache<PathBuf, (Stamp, String)>,
}

impl Default for Etags {
    fn default() -> Self {
        Self { known: Cache::new(REMEMBERED_ETAGS) }
    }
}

impl Etags {
    /// The ETag of the file at `path`, which is read unless it is as it was when it was read last.
    pub(super) fn of(&self, path: &Path, metadata: &Metadata) -> io::Result<String> {
        let stamp = (metadata.len(), modified(metadata));
        if let Some((_, etag)) = self.known.get(path).filter(|(known, _)| *known == stamp) {
            return Ok(etag);
        }
        let etag = of_file(path)?;
        self.known.insert(path.to_owned(), (stamp, etag.clone()));
        Ok(etag)
    }
}

/// Seconds and nanoseconds since the epoch.
pub(super) fn modified(metadata: &Metadata) -> (i64, i64) {
    (metadata.mtime(), metadata.mtime_nsec())
}

fn of_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Md5::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(quoted(&hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}

/// The ETag of `content`.
pub(super) fn of_bytes(content: &[u8]) -> String {
    quoted(&Md5::digest(content))
}

fn quoted(hash: &[u8]) -> String {
    let hex = hash.iter().fold(String::with_capacity(hash.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string never fails");
        text
    });
    format!("\"{hex}\"")
}
