//! Listing in the order of keys, a page at a time, without reading folders that lie outside of the page.

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
};

use super::{Folder, Object, absent};
use crate::{error::Error, key, limits::MAX_KEY_BYTES};

/// Which keys to list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) prefix: String,
    pub(crate) delimiter: Option<String>,
    /// Only keys after this one.
    pub(crate) after: String,
    pub(crate) max_keys: usize,
}

/// An object or, with a delimiter, all objects that have the beginning of their keys in common.
#[derive(Debug, Clone)]
pub(crate) enum Listed {
    Object { key: String, object: Object },
    CommonPrefix(String),
}

/// A part of a listing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    pub(crate) entries: Vec<Listed>,
    /// There is more after this key.
    pub(crate) next_after: Option<String>,
}

/// A file, or a folder to look into, with its key or what its keys begin with.
struct Entry {
    key: String,
    path: PathBuf,
    is_folder: bool,
}

impl Folder {
    /// A page of the keys of a bucket, in the order of their bytes.
    pub(crate) fn list(&self, bucket: &str, wanted: &Wanted) -> Result<Page, Error> {
        let bucket = self.bucket(bucket)?;
        let mut page = Page::default();
        let mut last = wanted.after.clone();
        let mut pending: VecDeque<Entry> = entries(&bucket, "")?.into();
        while let Some(entry) = pending.pop_front() {
            if !wanted.may_hold(&entry, &last) {
                continue;
            }
            if entry.is_folder {
                let within = entries(&entry.path, &entry.key)?;
                within.into_iter().rev().for_each(|entry| pending.push_front(entry));
                continue;
            }
            let below_bucket = entry.path.strip_prefix(&bucket).unwrap_or(&entry.path);
            if !key::is_path_of(below_bucket, &entry.key) {
                continue;
            }
            if page.entries.len() == wanted.max_keys {
                page.next_after = Some(last);
                return Ok(page);
            }
            let Some(listed) = self.listed(entry, wanted)? else { continue };
            last = listed.last_key();
            page.entries.push(listed);
        }
        Ok(page)
    }

    /// `None` when the object has gone meanwhile.
    fn listed(&self, entry: Entry, wanted: &Wanted) -> Result<Option<Listed>, Error> {
        if let Some(common) = wanted.common_prefix(&entry.key) {
            return Ok(Some(Listed::CommonPrefix(common.to_owned())));
        }
        let described = fs::symlink_metadata(&entry.path)
            .map_err(|cause| absent(&entry.path, cause))
            .and_then(|metadata| self.describe(entry.path, &metadata));
        match described {
            Ok(object) => Ok(Some(Listed::Object { key: entry.key, object })),
            Err(Error::NoSuchKey) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Wanted {
    /// Whether the entry's key, or one that begins with it, may belong to the page after `last`.
    fn may_hold(&self, entry: &Entry, last: &str) -> bool {
        let key = &*entry.key;
        if !entry.is_folder {
            return key.starts_with(&self.prefix) && key > last && !self.is_told(key, last);
        }
        (key.starts_with(&self.prefix) || self.prefix.starts_with(key))
            && (key > last || last.starts_with(key))
            && !self.is_told(key, last)
    }

    /// Whether `last` is a common prefix that stands for `key`, too.
    fn is_told(&self, key: &str, last: &str) -> bool {
        self.common_prefix(last) == Some(last) && key.starts_with(last)
    }

    /// The beginning of `key` up to the first delimiter after the prefix.
    fn common_prefix<'a>(&self, key: &'a str) -> Option<&'a str> {
        let delimiter = self.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty())?;
        let rest = key.strip_prefix(&*self.prefix)?;
        let end = rest.find(delimiter)? + delimiter.len();
        Some(&key[..self.prefix.len() + end])
    }
}

impl Listed {
    fn last_key(&self) -> String {
        match self {
            Self::Object { key, .. } => key.clone(),
            Self::CommonPrefix(prefix) => prefix.clone(),
        }
    }
}

/// What is in a folder, in the order of keys. Parts of a key that go on in the next folder are put together here; their
/// number is bounded by the length of a key.
fn entries(folder: &Path, before: &str) -> Result<Vec<Entry>, Error> {
    let mut found = Vec::new();
    let mut folders = vec![(folder.to_owned(), before.to_owned())];
    while let Some((folder, before)) = folders.pop() {
        let Some(names) = read(&folder)? else { continue };
        for entry in names {
            let entry = entry.map_err(Error::io(&folder))?;
            let kind = entry.file_type().map_err(Error::io(entry.path()))?;
            // A link is neither: what it leads to may lie anywhere.
            if !kind.is_file() && !kind.is_dir() {
                continue;
            }
            let name = entry.file_name();
            let Some(fragment) = name.to_str().and_then(|name| key::fragment(name, kind.is_dir())) else { continue };
            let key = format!("{before}{fragment}");
            if key.len() > MAX_KEY_BYTES {
                continue;
            }
            if kind.is_dir() && !fragment.ends_with('/') {
                folders.push((entry.path(), key));
            } else {
                found.push(Entry { key, path: entry.path(), is_folder: kind.is_dir() });
            }
        }
    }
    found.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    Ok(found)
}

/// `None` when the folder has gone meanwhile.
fn read(folder: &Path) -> Result<Option<fs::ReadDir>, Error> {
    match fs::read_dir(folder) {
        Ok(names) => Ok(Some(names)),
        Err(cause) => match absent(folder, cause) {
            Error::NoSuchKey => Ok(None),
            error => Err(error),
        },
    }
}
