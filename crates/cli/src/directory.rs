//! Remembered results in a folder of this machine.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use async_trait::async_trait;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use rushes_core::memo::{Ticket, Waiting};
use rushes_core::ports::{Begin, Memo, MemoError, MemoKey};

/// What the folder may hold; the results not used for the longest time go first.
const LIMIT_BYTES: u64 = 2 << 30;
/// Down to this share of the limit, so that not every render has to clean up.
const KEPT_PERCENT: u64 = 80;

/// Milliseconds since 1970 from which on a result is not served, before its value.
const EXPIRY_BYTES: usize = size_of::<i64>();
/// How soon is asked again for what another process computes, at the latest.
const ASKED_AGAIN: SignedDuration = SignedDuration::from_secs(1);
/// Of a file that is locked while its result is computed.
const LOCK_EXTENSION: &str = "lock";

/// A folder with one file a result. Of several processes that want the same, one computes: it
/// holds a lock, which goes with the process.
#[derive(Debug)]
pub struct DirectoryMemo {
    folder: PathBuf,
    locks: Mutex<HashMap<MemoKey, File>>,
}

struct Entry {
    path: PathBuf,
    size_bytes: u64,
    used: SystemTime,
}

impl DirectoryMemo {
    /// Results in `folder`, which is made where it is missing.
    pub fn open(folder: PathBuf) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("{} cannot be made (try --no-cache)", folder.display()))?;
        Ok(Self { folder, locks: Mutex::default() })
    }

    /// Removes the results not used for the longest time where all together are too large.
    pub fn prune(&self) -> anyhow::Result<()> {
        let mut entries = Vec::new();
        collect(&self.folder, &mut entries)?;
        let mut total: u64 = entries.iter().map(|entry| entry.size_bytes).sum();
        if total <= LIMIT_BYTES {
            return Ok(());
        }
        entries.sort_by_key(|entry| entry.used);
        for entry in entries {
            if total <= LIMIT_BYTES / 100 * KEPT_PERCENT {
                break;
            }
            std::fs::remove_file(&entry.path)?;
            total -= entry.size_bytes;
        }
        Ok(())
    }

    fn path(&self, key: MemoKey) -> PathBuf {
        self.folder.join(key.to_string())
    }

    fn write(&self, key: MemoKey, value: &[u8], time_to_live: Duration) -> std::io::Result<()> {
        let path = self.path(key);
        let folder = path.parent().unwrap_or(&self.folder);
        std::fs::create_dir_all(folder)?;
        let lasting = i64::try_from(time_to_live.as_millis()).unwrap_or(i64::MAX);
        let expires_at_ms = Timestamp::now().as_millisecond().saturating_add(lasting);
        // Under another name first: what bears the final name is whole.
        let mut partial = tempfile::NamedTempFile::new_in(folder)?;
        partial.write_all(&expires_at_ms.to_be_bytes())?;
        partial.write_all(value)?;
        partial.persist(&path)?;
        Ok(())
    }

    /// The lock on a result, unless another has it.
    fn lock(&self, key: MemoKey) -> std::io::Result<Option<File>> {
        let path = self.path(key).with_extension(LOCK_EXTENSION);
        std::fs::create_dir_all(path.parent().unwrap_or(&self.folder))?;
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Lets others compute.
    fn unlock(&self, key: MemoKey) {
        let lock = self.locks.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        if lock.is_some() {
            // Removed while it is locked: who opened it before finds the result, or locks for nothing.
            let _ = std::fs::remove_file(self.path(key).with_extension(LOCK_EXTENSION));
        }
    }
}

fn collect(folder: &Path, entries: &mut Vec<Entry>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            collect(&entry.path(), entries)?;
        } else {
            entries.push(Entry { path: entry.path(), size_bytes: metadata.len(), used: metadata.modified()? });
        }
    }
    Ok(())
}

#[async_trait]
impl Memo for DirectoryMemo {
    async fn get(&self, key: MemoKey) -> Result<Option<Bytes>, MemoError> {
        let path = self.path(key);
        match tokio::fs::read(&path).await {
            Ok(content) => {
                // Marks it as used; a file that cannot be touched is only forgotten earlier.
                let touched = File::options().append(true).open(&path);
                let _ = touched.and_then(|file| file.set_modified(SystemTime::now()));
                Ok(live(&content.into()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(MemoError(error.into())),
        }
    }

    async fn put(&self, key: MemoKey, value: Bytes) -> Result<(), MemoError> {
        self.write(key, &value, key.kind.time_to_live()).map_err(|error| MemoError(error.into()))
    }

    async fn begin(&self, key: MemoKey) -> Result<Begin, MemoError> {
        if let Some(value) = self.get(key).await? {
            return Ok(Begin::Remembered(value));
        }
        let Some(lock) = self.lock(key).map_err(|error| MemoError(error.into()))? else {
            return Ok(Begin::Held(Waiting::Elsewhere(Timestamp::now() + ASKED_AGAIN)));
        };
        // Somebody may have been done just before the lock was taken.
        if let Some(value) = self.get(key).await? {
            return Ok(Begin::Remembered(value));
        }
        self.locks.lock().unwrap_or_else(PoisonError::into_inner).insert(key, lock);
        Ok(Begin::Yours(Ticket::of_nobody(key)))
    }

    async fn finish(&self, ticket: Ticket, value: Bytes, time_to_live: Duration) -> Result<(), MemoError> {
        let written = self.write(ticket.key(), &value, time_to_live);
        self.unlock(ticket.key());
        written.map_err(|error| MemoError(error.into()))
    }

    async fn abandon(&self, ticket: Ticket) {
        self.unlock(ticket.key());
    }

    async fn forget(&self, key: MemoKey) -> Result<(), MemoError> {
        match std::fs::remove_file(self.path(key)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(MemoError(error.into())),
            _ => Ok(()),
        }
    }
}

/// The value, unless it has expired or is none.
fn live(content: &Bytes) -> Option<Bytes> {
    let (expires_at_ms, _) = content.split_first_chunk::<EXPIRY_BYTES>()?;
    (i64::from_be_bytes(*expires_at_ms) > Timestamp::now().as_millisecond()).then(|| content.slice(EXPIRY_BYTES..))
}

#[cfg(test)]
mod tests {
    use rushes_core::memo::{Json, once};
    use rushes_core::ports::MemoKind;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn key(name: &str) -> MemoKey {
        MemoKey::of_fields(MemoKind::Script, [name])
    }

    async fn asked(memo: &DirectoryMemo, name: &str, answer: &str, lasting: Duration) -> String {
        let answer = async { Ok::<_, ()>(Json(answer.to_owned()).lasting(lasting)) };
        once(memo, key(name), answer).await.unwrap().value.0
    }

    #[tokio::test]
    async fn results_last_as_long_as_was_said_and_are_made_again_when_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let memo = DirectoryMemo::open(folder.path().to_owned()).unwrap();
        assert_eq!(asked(&memo, "a", "first", 60 * SECOND).await, "first");
        assert_eq!(asked(&memo, "a", "second", 60 * SECOND).await, "first");
        assert_eq!(asked(&memo, "b", "first", Duration::ZERO).await, "first");
        assert_eq!(asked(&memo, "b", "second", 60 * SECOND).await, "second");
        for damage in [&b""[..], b"short", &[255; 80]] {
            std::fs::write(memo.path(key("a")), damage).unwrap();
            assert_eq!(asked(&memo, "a", "again", 60 * SECOND).await, "again");
        }
        let names = std::fs::read_dir(folder.path().join("script")).unwrap().count();
        assert_eq!(names, 2, "locks and unfinished files are gone");
    }

    #[tokio::test]
    async fn of_two_processes_one_computes_and_a_lock_goes_with_its_process() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = [(); 2].map(|()| DirectoryMemo::open(folder.path().to_owned()).unwrap());
        let Begin::Yours(ticket) = one.begin(key("a")).await.unwrap() else { panic!("nobody else asked") };
        assert!(matches!(other.begin(key("a")).await.unwrap(), Begin::Held(_)));
        one.abandon(ticket).await;
        let Begin::Yours(_kept) = one.begin(key("a")).await.unwrap() else { panic!("it was given back") };
        drop(one);
        assert_eq!(asked(&other, "a", "answer", 60 * SECOND).await, "answer");
    }
}
