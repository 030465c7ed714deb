//! The files of an application: which were read, and which folders to watch for them.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
};

use parking_lot::Mutex;
use template::{Disk, Files};

/// Reads the files of this machine and remembers which were asked for, those that are not there among them.
#[derive(Default)]
pub(crate) struct Recorded(Mutex<BTreeSet<PathBuf>>);

impl Files for Recorded {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.0.lock().insert(path.to_owned());
        Disk.read(path)
    }
}

impl Recorded {
    /// What was asked for.
    pub(crate) fn paths(self) -> BTreeSet<PathBuf> {
        self.0.into_inner()
    }
}

/// Files to watch, by the paths that events name them by.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Watched {
    /// From a path below one of `folders` to the path that the template names.
    pub(super) files: HashMap<PathBuf, PathBuf>,
    pub(super) folders: HashSet<PathBuf>,
}

impl Watched {
    /// What to watch for `paths`. Folders are watched rather than files, because editors put a new file in place of the old
    /// one. A link is watched at both ends. A folder that is not there cannot be watched.
    pub(super) fn of(paths: &BTreeSet<PathBuf>) -> Self {
        let mut watched = Self::default();
        for path in paths {
            let Some(name) = path.file_name() else { continue };
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let places = [fs::canonicalize(folder).map(|folder| folder.join(name)), fs::canonicalize(path)];
            for place in places.into_iter().flatten() {
                watched.folders.extend(place.parent().map(Path::to_owned));
                watched.files.insert(place, path.clone());
            }
        }
        watched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_watched_by_their_folders_and_links_at_both_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = fs::canonicalize(folder.path()).expect("a folder");
        fs::create_dir(root.join("real")).expect("made");
        fs::write(root.join("real/a.js"), "").expect("written");
        std::os::unix::fs::symlink("real/a.js", root.join("link.js")).expect("linked");
        let paths = ["link.js", "not-there.js", "nowhere/b.js"].map(|name| root.join(name));
        let watched = Watched::of(&BTreeSet::from(paths.clone()));
        let [link, missing, _] = paths;
        let expected = [(link.clone(), link.clone()), (root.join("real/a.js"), link), (missing.clone(), missing)];
        assert_eq!(watched.files, HashMap::from(expected));
        assert_eq!(watched.folders, HashSet::from([root.clone(), root.join("real")]));
    }
}
