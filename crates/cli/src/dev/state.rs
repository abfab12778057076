//! What lasts from one start to the next: a folder that one `rushes dev` at a time has.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// A log of this size becomes the older one at the next start.
const LOG_BYTES: u64 = 10 << 20;
/// Tasks, queues and the names of everything; written when the local AWS ends.
const TABLES: &str = "aws/state";
/// Files in the bucket; written as they come.
const BUCKETS: &str = "aws/buckets";
/// The local AWS's files of the moment.
const TEMPORARY: &str = "aws/tmp";

/// The folder, locked until this is dropped or the process ends.
pub struct State {
    folder: PathBuf,
    _lock: File,
}

impl State {
    /// Takes the folder, which is made where it is missing; forgets what is in it when `fresh`.
    pub fn take(folder: &Path, fresh: bool) -> anyhow::Result<Self> {
        // Absolute, since it is told to other programs.
        let folder = std::path::absolute(folder)?;
        std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let lock = lock(&folder.join("lock"))?;
        let state = Self { folder, _lock: lock };
        if fresh {
            state.forget().with_context(|| format!("{} cannot be emptied", state.folder.display()))?;
        }
        for name in [TABLES, BUCKETS, TEMPORARY] {
            std::fs::create_dir_all(state.path(name)).with_context(|| format!("{name} cannot be made"))?;
        }
        Ok(state)
    }

    /// A file or folder in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Variables that have MiniStack keep tasks and files here.
    pub fn environment(&self) -> [(String, String); 5] {
        let folder = |name: &str| self.path(name).display().to_string();
        [
            ("PERSIST_STATE", "1".to_owned()),
            ("STATE_DIR", folder(TABLES)),
            ("S3_PERSIST", "1".to_owned()),
            ("S3_DATA_DIR", folder(BUCKETS)),
            ("TMPDIR", folder(TEMPORARY)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
    }

    /// The log of that name, to be written on at its end.
    pub fn open_log(&self, name: &str) -> anyhow::Result<File> {
        let path = self.path(&format!("{name}.log"));
        if path.metadata().is_ok_and(|metadata| metadata.len() > LOG_BYTES) {
            std::fs::rename(&path, self.path(&format!("{name}.older.log")))?;
        }
        let file = File::options().append(true).create(true).open(&path);
        file.with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Removes what earlier starts left here.
    fn forget(&self) -> std::io::Result<()> {
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            let path = entry.path();
            let is_log = path.extension().is_some_and(|extension| extension == "log");
            let removed = match entry.file_name().to_str() {
                Some("aws") => std::fs::remove_dir_all(&path),
                Some("example.mp4") => std::fs::remove_file(&path),
                _ if is_log => std::fs::remove_file(&path),
                _ => Ok(()),
            };
            removed.or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
        }
        Ok(())
    }
}

fn lock(path: &Path) -> anyhow::Result<File> {
    let shown = || format!("{} cannot be written", path.display());
    let file = File::options().create(true).truncate(false).write(true).open(path).with_context(shown)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!("another `rushes dev` runs in this folder: end it first"),
        Err(TryLockError::Error(error)) => Err(error).with_context(shown),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn logs_and_files_last_until_they_are_to_be_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        for (fresh, line, wanted) in [(false, "a", "a"), (false, "b", "ab"), (true, "c", "c")] {
            let state = State::take(folder.path(), fresh).unwrap();
            state.open_log("render").unwrap().write_all(line.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(state.path("render.log")).unwrap(), wanted);
            std::fs::write(state.path(TABLES).join(line), "").unwrap();
        }
        let left: Vec<_> =
            std::fs::read_dir(folder.path().join(TABLES)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["c"]);
    }

    #[test]
    fn what_a_person_laid_there_is_not_forgotten_and_a_long_log_becomes_the_older_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        let state = State::take(folder.path(), true).unwrap();
        state.open_log("aws").unwrap().set_len(LOG_BYTES + 1).unwrap();
        assert_eq!(state.open_log("aws").unwrap().metadata().unwrap().len(), 0);
        assert!(state.path("aws.older.log").is_file() && state.path("notes.txt").is_file());
    }

    #[test]
    fn one_at_a_time_has_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = State::take(folder.path(), false).unwrap();
        assert!(State::take(folder.path(), true).is_err());
        drop(first);
        assert!(State::take(folder.path(), false).is_ok());
    }
}
