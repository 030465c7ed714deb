//! Waits for changes of the application's files and has them taken over.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode, ModifyKind, RenameMode},
};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{Reload, Reloader, files::Watched};

/// Files that have changed since they were read last.
#[derive(Default)]
struct Changed {
    watched: Mutex<Watched>,
    /// As the template names them; not more than are watched.
    files: Mutex<BTreeSet<PathBuf>>,
    some: Notify,
}

impl Changed {
    fn note(&self, event: &Event) {
        if !is_written(&event.kind) {
            return;
        }
        let watched = self.watched.lock();
        let files: Vec<_> = event.paths.iter().filter_map(|path| watched.files.get(path).cloned()).collect();
        if !files.is_empty() {
            self.files.lock().extend(files);
            self.some.notify_one();
        }
    }
}

/// Whether a file is there, written to its end. A file that is being written is none of ours yet, and one that is gone is
/// mostly about to be replaced: it is missed at the next change.
fn is_written(kind: &EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        // `Both` repeats `From` and `To`, and names the file that went as well.
        EventKind::Modify(ModifyKind::Name(mode)) => matches!(mode, RenameMode::To | RenameMode::Any),
        // Other systems than Linux do not tell when a writer closes a file.
        EventKind::Create(_) | EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Any) => !cfg!(target_os = "linux"),
        _ => false,
    }
}

/// Reloads the application whenever files of it change, and tells what came of it, until the process
/// ends.
///
/// # Errors
/// The system that watches files does not work: nothing is reloaded.
pub(crate) async fn watch(reloader: Arc<Reloader>, tell: impl Fn(&Reload)) -> Result<(), notify::Error> {
    let changed = Arc::new(Changed::default());
    let noting = changed.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| match event {
        Ok(event) => noting.note(&event),
        Err(error) => tracing::warn!(%error, "changes of files may be missed"),
    })?;
    loop {
        let paths = reloader.paths();
        let Ok(watched) = tokio::task::spawn_blocking(move || Watched::of(&paths)).await else {
            // Listing does not panic: the process is about to end, and nothing is begun any more.
            return Ok(());
        };
        if arm(&mut watcher, &changed, watched) {
            // What changed between the reading and the watching of a file is found by reading again.
            changed.some.notify_one();
        }
        changed.some.notified().await;
        let files = std::mem::take(&mut *changed.files.lock());
        if let Some(reload) = reloader.reload(&files).await {
            tell(&reload);
        }
    }
}

/// Watches what is to be watched now, and says whether there is something new. Folders that are watched already are
/// watched anew: they may have been replaced.
fn arm(watcher: &mut RecommendedWatcher, changed: &Changed, watched: Watched) -> bool {
    // Not held while the watcher is called: it may be waiting to note an event.
    let (before, folders, is_new) = {
        let mut current = changed.watched.lock();
        let before = std::mem::replace(&mut *current, watched);
        let is_new = current.files.keys().any(|file| !before.files.contains_key(file));
        (before, current.folders.clone(), is_new)
    };
    for folder in before.folders.difference(&folders) {
        // A folder that is gone is not watched any more, which is what was wanted.
        let _ = watcher.unwatch(folder);
    }
    for folder in &folders {
        if let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive) {
            tracing::warn!(folder = %folder.display(), %error, "changes of files in this folder are not seen");
        }
    }
    is_new
}

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, DataChange, RemoveKind};

    use super::*;

    #[test]
    fn a_file_counts_once_it_is_written_or_renamed_into_place() {
        let cases = [
            (EventKind::Access(AccessKind::Close(AccessMode::Write)), true),
            (EventKind::Modify(ModifyKind::Name(RenameMode::To)), true),
            (EventKind::Modify(ModifyKind::Name(RenameMode::Both)), false),
            (EventKind::Modify(ModifyKind::Name(RenameMode::From)), false),
            (EventKind::Access(AccessKind::Open(AccessMode::Any)), false),
            (EventKind::Create(CreateKind::File), !cfg!(target_os = "linux")),
            (EventKind::Modify(ModifyKind::Data(DataChange::Any)), !cfg!(target_os = "linux")),
            (EventKind::Remove(RemoveKind::File), false),
        ];
        for (kind, expected) in cases {
            assert_eq!(is_written(&kind), expected, "{kind:?}");
        }
    }
}
