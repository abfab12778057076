//! Remembered results in a folder of this machine.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context;
use async_trait::async_trait;
use bytes::Bytes;
use rushes_core::ports::{Memo, MemoError, MemoKey};

/// What the folder may hold; the results not used for the longest time go first.
const LIMIT_BYTES: u64 = 2 << 30;
/// Down to this share of the limit, so that not every render has to clean up.
const KEPT_PERCENT: u64 = 80;

/// A folder with one file a result.
#[derive(Debug)]
pub struct DirectoryMemo {
    folder: PathBuf,
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
        Ok(Self { folder })
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
            Ok(value) => {
                // Marks it as used; a file that cannot be touched is only forgotten earlier.
                let touched = std::fs::File::options().append(true).open(&path);
                let _ = touched.and_then(|file| file.set_modified(SystemTime::now()));
                Ok(Some(value.into()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(MemoError(error.into())),
        }
    }

    async fn put(&self, key: MemoKey, value: Bytes) -> Result<(), MemoError> {
        let path = self.path(key);
        let write = || {
            let folder = path.parent().unwrap_or(&self.folder);
            std::fs::create_dir_all(folder)?;
            // Under another name first: what bears the final name is whole.
            let mut partial = tempfile::NamedTempFile::new_in(folder)?;
            std::io::Write::write_all(&mut partial, &value)?;
            partial.persist(&path)?;
            Ok::<_, std::io::Error>(())
        };
        write().map_err(|error| MemoError(error.into()))
    }
}
