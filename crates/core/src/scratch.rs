//! The directory that a piece of work has for its files.

use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

/// How often its removal is tried, and how long is waited in between: two seconds in all.
const REMOVALS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(20);

/// A new directory that goes with its owner, with everything in it.
///
/// Work that was dropped half-way may have a file being made on another thread, or
/// in a process that is just being killed. A file that turns up in the directory while
/// it is removed keeps it there; so the removal is tried until nothing is left.
#[derive(Debug)]
pub struct Scratch {
    directory: TempDir,
}

impl Scratch {
    /// A directory in `parent`, with a name that begins with `prefix`.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create_in(parent: &Path, prefix: &str) -> io::Result<Self> {
        tempfile::Builder::new().prefix(prefix).tempdir_in(parent).map(|directory| Self { directory })
    }

    /// A directory where the system has temporary ones (`TMPDIR`).
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create() -> io::Result<Self> {
        Self::create_in(&std::env::temp_dir(), "rushes-")
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for _ in 0..REMOVALS {
            match std::fs::remove_dir_all(self.path()) {
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => std::thread::sleep(PAUSE),
                // Of anything else a further try makes nothing better; `TempDir` makes it all the same.
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn nothing_stays_when_files_turn_up_during_the_removal() {
        let parent = tempfile::tempdir().unwrap();
        for _ in 0..20 {
            let scratch = Scratch::create_in(parent.path(), "work-").unwrap();
            let path = scratch.path().to_owned();
            let has_begun = AtomicBool::new(false);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    for number in 0..500 {
                        let _ = std::fs::write(path.join(format!("file-{number}")), "x");
                        has_begun.store(true, Ordering::Release);
                    }
                });
                while !has_begun.load(Ordering::Acquire) {
                    std::thread::yield_now();
                }
                drop(scratch);
            });
            assert!(!path.exists());
        }
    }
}
