//! The text of the template and of the files it names, and who reads them.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The largest file that is read: AWS's limit for a template and for a schema is 1 MB.
pub const LONGEST_FILE: usize = 1024 * 1024;

/// Reads the files that a template names.
pub trait Files {
    /// The text of the file at `path`.
    ///
    /// # Errors
    /// Whatever kept it from being read, `InvalidData` for a file that is not UTF-8.
    fn read(&self, path: &Path) -> io::Result<String>;
}

/// The files of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<String> {
        // Asked first, so that a huge file is refused unread.
        if std::fs::metadata(path)?.len() > LONGEST_FILE as u64 {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 1 MB"));
        }
        std::fs::read_to_string(path)
    }
}

/// A piece of code, a schema or a definition, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file: its own, or the template for inline text.
    pub path: PathBuf,
    /// The line of `path` that the text begins on, from 1.
    pub first_line: u32,
    /// The text itself.
    pub text: Arc<str>,
}

/// A file whose lines diagnostics show.
#[derive(Debug, Clone)]
pub(crate) struct SourceFile {
    pub(crate) path: PathBuf,
    pub(crate) text: Arc<str>,
}

impl SourceFile {
    /// Line `number` (from 1), without its end.
    pub(crate) fn line(&self, number: u32) -> Option<&str> {
        self.text.lines().nth((number as usize).checked_sub(1)?)
    }
}
