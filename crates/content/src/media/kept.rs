//! Media that were fetched for a task, remembered: a later attempt at the task has them, though their host may
//! not answer then, or their address may have expired. Under the key lies the file's size, its parts beside it.
//! Another task asks anew, since what lies at an address changes, and whoever may read it.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use rushes_core::memo::{Storage, present_task, recall};
use rushes_core::ports::{Memo, MemoKey, MemoKind, Source};
use rushes_core::seal::{open, seal};
use rushes_core::task::TaskId;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Raised when files are kept in another way.
const VERSION: &str = "rushes-media 1";
const PART_BYTES: u64 = 8 << 20;
/// Larger files are fetched again: to keep them would take as long.
const MAX_BYTES: u64 = 256 << 20;

/// What was fetched for the present task.
#[derive(Clone)]
pub struct Kept(Arc<dyn Memo>);

impl std::fmt::Debug for Kept {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Kept")
    }
}

impl Kept {
    pub fn new(memo: Arc<dyn Memo>) -> Self {
        Self(memo)
    }

    /// Brings what is remembered of `url` into the file at `path`; whether there was anything.
    pub async fn recall(&self, url: &str, path: &Path) -> bool {
        let Some(task) = present_task() else { return false };
        recall(self.0.as_ref(), key(task, url), &FileStorage { memo: self.0.as_ref(), path }).await.is_some()
    }

    /// Remembers the file at `path`. One that cannot be remembered costs another fetch at most.
    pub async fn keep(&self, url: &str, path: &Path) {
        let Some(task) = present_task() else { return };
        let key = key(task, url);
        let kept = async {
            let size_bytes = tokio::fs::metadata(path).await?.len();
            if size_bytes > MAX_BYTES {
                return Ok(());
            }
            let sealed = FileStorage { memo: self.0.as_ref(), path }.close(key, &size_bytes).await?;
            self.0.put(key, sealed).await.map_err(|error| error.0)
        };
        if let Err(error) = kept.await {
            tracing::warn!(%key, %error, "media that were fetched could not be remembered");
        }
    }

    /// Forgets what is remembered of `url`.
    pub async fn forget(&self, url: &str) {
        let Some(task) = present_task() else { return };
        let key = key(task, url);
        if let Err(error) = self.0.forget(key).await {
            tracing::warn!(%key, error = %error.0, "damaged media could not be forgotten");
        }
    }
}

fn key(task: TaskId, url: &str) -> MemoKey {
    MemoKey::of_fields(MemoKind::Media, [VERSION, &task.to_string(), url])
}

/// Keeps a file by its size.
struct FileStorage<'a> {
    memo: &'a dyn Memo,
    path: &'a Path,
}

#[async_trait]
impl Storage for FileStorage<'_> {
    type Value = u64;

    async fn close(&self, key: MemoKey, size_bytes: &u64) -> Result<Bytes, Source> {
        let mut file = File::open(self.path).await?;
        for number in 0..size_bytes.div_ceil(PART_BYTES) {
            let mut part = Vec::new();
            (&mut file).take(PART_BYTES).read_to_end(&mut part).await?;
            self.memo.put(key.part(number), seal(&[&part])).await.map_err(|error| error.0)?;
        }
        Ok(seal(&[&size_bytes.to_be_bytes()]))
    }

    async fn open(&self, key: MemoKey, sealed: Bytes) -> Option<u64> {
        let size_bytes = u64::from_be_bytes(open(&sealed)?.try_into().ok()?);
        let mut file = File::create(self.path).await.ok()?;
        let mut written = 0;
        for number in 0..size_bytes.div_ceil(PART_BYTES) {
            let sealed = self.memo.get(key.part(number)).await.ok()??;
            let part = open(&sealed)?;
            file.write_all(part).await.ok()?;
            written += part.len() as u64;
        }
        file.flush().await.ok()?;
        (written == size_bytes).then_some(size_bytes)
    }
}

#[cfg(test)]
mod tests {
    use rushes_core::memo::made_for;

    use super::*;
    use crate::kept::Kept as Memory;

    #[tokio::test]
    async fn a_file_comes_back_for_its_task_and_its_address_only_and_not_when_damaged() {
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().join("from"), directory.path().join("to"));
        let bytes = vec![7; usize::try_from(PART_BYTES).unwrap() + 1000];
        std::fs::write(&from, &bytes).unwrap();
        let memory = Arc::new(Memory::default());
        let (kept, task) = (Kept::new(memory.clone()), TaskId::generate());
        kept.keep("https://a.b/c", &from).await;
        assert!(!kept.recall("https://a.b/c", &to).await, "nobody knows for whom it is");
        made_for(task, kept.keep("https://a.b/c", &from)).await;
        assert!(made_for(task, kept.recall("https://a.b/c", &to)).await);
        assert_eq!(std::fs::read(&to).unwrap(), bytes);
        assert!(!made_for(task, kept.recall("https://a.b/other", &to)).await);
        assert!(!made_for(TaskId::generate(), kept.recall("https://a.b/c", &to)).await);
        memory.put(key(task, "https://a.b/c").part(1), seal(&[&b"short"[..]])).await.unwrap();
        assert!(!made_for(task, kept.recall("https://a.b/c", &to)).await);
        made_for(task, kept.keep("https://a.b/c", &from)).await;
        made_for(task, kept.forget("https://a.b/c")).await;
    }
}
