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
    pub(crate) text: String,
}

impl SourceFile {
    /// Line `number` (from 1), without its end.
    pub(crate) fn line(&self, number: u32) -> Option<&str> {
        self.text.lines().nth((number as usize).checked_sub(1)?)
    }
}

/// Where a location in a template may be found, in the order to look: as written, relative to the template, and, for
/// an asset that a tool like the AWS CDK already gave an S3 address, beside the template under the asset's name.
pub(crate) fn candidates(template: &Path, location: &str) -> Vec<PathBuf> {
    let folder = template.parent().unwrap_or(Path::new(""));
    match location.strip_prefix("s3://") {
        Some(address) => {
            let name = address.rsplit('/').next().unwrap_or(address);
            vec![folder.join(format!("asset.{name}")), folder.join(name)]
        }
        None => vec![normal(&folder.join(location))],
    }
}

/// `a/b/../c` as `a/c`, so that paths read well in messages. Links are not followed.
fn normal(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::ParentDir, Some(Component::Normal(_))) => {
                parts.pop();
            }
            (Component::CurDir, _) => {}
            _ => parts.push(part),
        }
    }
    parts.iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_template() {
        let at = |location| candidates(Path::new("app/infra/template.yaml"), location);
        assert_eq!(at("../schema/a.graphql"), [PathBuf::from("app/schema/a.graphql")]);
        assert_eq!(at("./b.json"), [PathBuf::from("app/infra/b.json")]);
        assert_eq!(at("/etc/c"), [PathBuf::from("/etc/c")]);
        assert_eq!(
            at("s3://assets/x/0f.graphql"),
            [PathBuf::from("app/infra/asset.0f.graphql"), PathBuf::from("app/infra/0f.graphql")]
        );
    }
}
