//! Directories for work in progress: one a process, in it one a task. Each is
//! gone when its owner is dropped; what a killed process left behind is removed
//! by the next one.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rushes_core::scratch::Scratch;
use tempfile::TempDir;

const PREFIX: &str = "rushes-work-";
/// A file in the directory, locked as long as the process lives.
const LOCK: &str = "lock";

/// This process's directory.
#[derive(Debug)]
pub struct WorkDirs {
    directory: TempDir,
    /// The system unlocks it when the process ends, however it ends.
    _lock: File,
}

impl WorkDirs {
    /// A new directory under the system's one for temporary files (`TMPDIR`).
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create() -> io::Result<Self> {
        Self::create_in(&std::env::temp_dir())
    }

    fn create_in(parent: &Path) -> io::Result<Self> {
        remove_abandoned(parent);
        loop {
            let directory = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
            let lock = File::create_new(directory.path().join(LOCK))?;
            // Refused when another process looked in between making and locking, and is about to remove it.
            if lock.try_lock().is_ok() {
                return Ok(Self { directory, _lock: lock });
            }
        }
    }

    /// An empty directory for one task, removed when dropped.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn for_task(&self) -> io::Result<Scratch> {
        Scratch::create_in(self.directory.path(), "task-")
    }
}

/// Removes the directories of processes that are gone.
fn remove_abandoned(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    let ours = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    for path in ours.map(|entry| entry.path()) {
        let Ok(lock) = File::open(path.join(LOCK)) else { continue };
        if lock.try_lock().is_err() {
            continue;
        }
        match fs::remove_dir_all(&path) {
            Ok(()) => tracing::info!(path = %path.display(), "removed what an ended process had left"),
            Err(error) => tracing::warn!(path = %path.display(), %error, "left-over files stay"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_go_with_their_owner() {
        let parent = tempfile::tempdir().unwrap();
        let dirs = WorkDirs::create_in(parent.path()).unwrap();
        let task = dirs.for_task().unwrap();
        fs::write(task.path().join("frame"), "x").unwrap();
        let path = task.path().to_owned();
        drop(task);
        assert!(!path.exists());
        drop(dirs);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_dead_process_left_is_removed_and_what_a_living_one_has_is_not() {
        let parent = tempfile::tempdir().unwrap();
        let living = WorkDirs::create_in(parent.path()).unwrap();
        let dead = parent.path().join("rushes-work-dead");
        let other = parent.path().join("something-else");
        for directory in [&dead, &other] {
            fs::create_dir_all(directory.join("task-1")).unwrap();
            fs::write(directory.join(LOCK), "").unwrap();
        }
        let _second = WorkDirs::create_in(parent.path()).unwrap();
        assert!(!dead.exists());
        assert!(other.exists() && living.directory.path().exists());
    }
}
