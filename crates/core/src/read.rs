//! Looking at tasks, with links to what was made.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::keys::ObjectKey;
use crate::ports::{Bucket, BucketError, StoreError, TaskStore};
use crate::task::{Status, Task, TaskId};

/// How long the links of one answer work.
const LINK_LIFETIME: Duration = Duration::from_secs(3600);

/// Answers questions about tasks.
#[derive(Clone)]
pub struct Reader {
    /// The truth about tasks.
    pub store: Arc<dyn TaskStore>,
    /// Signs links.
    pub bucket: Arc<dyn Bucket>,
}

/// A task as its owner sees it.
#[derive(Clone, Debug, Serialize)]
pub struct TaskView {
    /// The record.
    #[serde(flatten)]
    pub task: Task,
    /// Links to the files; all empty until the task is completed.
    #[serde(flatten)]
    pub links: Links,
}

/// Links that work for an hour.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Links {
    /// The MP4 file.
    pub video_url: Option<String>,
    /// The JPEG poster.
    pub poster_url: Option<String>,
    /// Subtitles as SubRip.
    pub srt_url: Option<String>,
    /// Subtitles as WebVTT.
    pub vtt_url: Option<String>,
}

/// A page of tasks as their owner sees them.
#[derive(Clone, Debug, Serialize)]
pub struct TaskViews {
    /// Newest first.
    pub videos: Vec<TaskView>,
    /// Where to go on.
    pub next_cursor: Option<String>,
}

/// Why nothing can be told.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The table did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No link could be signed.
    #[error(transparent)]
    Bucket(#[from] BucketError),
}

impl Reader {
    /// One task, or `None` when there is none of that name.
    ///
    /// # Errors
    /// [`ReadError`] when the table or the bucket fails.
    pub async fn task(&self, id: TaskId) -> Result<Option<TaskView>, ReadError> {
        match self.store.get(id).await? {
            Some(task) => Ok(Some(self.view(task).await?)),
            None => Ok(None),
        }
    }

    /// Tasks, newest first.
    ///
    /// # Errors
    /// [`ReadError`] when the table or the bucket fails, or the cursor is not valid.
    pub async fn tasks(
        &self,
        status: Option<Status>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<TaskViews, ReadError> {
        let page = self.store.list(status, cursor, limit).await?;
        let mut videos = Vec::with_capacity(page.tasks.len());
        for task in page.tasks {
            videos.push(self.view(task).await?);
        }
        Ok(TaskViews { videos, next_cursor: page.next_cursor })
    }

    async fn view(&self, task: Task) -> Result<TaskView, ReadError> {
        let links = if task.status == Status::Completed { self.links(task.id).await? } else { Links::default() };
        Ok(TaskView { task, links })
    }

    async fn links(&self, id: TaskId) -> Result<Links, BucketError> {
        let sign = |key| self.bucket.presign(key, LINK_LIFETIME);
        Ok(Links {
            video_url: Some(sign(ObjectKey::Video(id)).await?),
            poster_url: Some(sign(ObjectKey::Poster(id)).await?),
            srt_url: Some(sign(ObjectKey::Srt(id)).await?),
            vtt_url: Some(sign(ObjectKey::Vtt(id)).await?),
        })
    }
}
