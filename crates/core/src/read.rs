//! Looking at tasks, with links to what was made.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::file_name::FileName;
use crate::keys::ObjectKey;
use crate::ports::{Bucket, BucketError, StoreError, TaskStore};
use crate::task::{OutputReport, Status, Task, TaskId};

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
    /// The MP4 file, to be saved under the video's title.
    pub video_download_url: Option<String>,
    /// The SubRip file, likewise.
    pub srt_download_url: Option<String>,
    /// The WebVTT file, likewise.
    pub vtt_download_url: Option<String>,
    /// Every file of the video, the first included.
    pub outputs: Vec<OutputView>,
}

/// One of the files of a video, with links that work for an hour.
#[derive(Clone, Debug, Serialize)]
pub struct OutputView {
    /// Facts about it.
    #[serde(flatten)]
    pub report: OutputReport,
    /// The MP4 file.
    pub video_url: String,
    /// The MP4 file, to be saved under the video's title and its shape.
    pub video_download_url: String,
    /// The JPEG poster.
    pub poster_url: String,
}

/// A page of tasks as their owner sees them.
#[derive(Clone, Debug, Serialize)]
pub struct TaskViews {
    /// Newest first.
    pub videos: Vec<TaskView>,
    /// Where to go on.
    pub next_cursor: Option<String>,
}

/// How much there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Tasks that wait for a worker.
    pub queued: u64,
    /// Tasks that are worked on.
    pub processing: u64,
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

    /// How many tasks wait for a worker, and how many are worked on.
    ///
    /// # Errors
    /// [`ReadError::Store`] when the table fails.
    pub async fn load(&self) -> Result<Load, ReadError> {
        let (queued, processing) =
            futures::try_join!(self.store.count(Status::Queued), self.store.count(Status::Processing))?;
        Ok(Load { queued, processing })
    }

    /// Tasks that have ended, well or not, the newest first.
    ///
    /// # Errors
    /// [`ReadError`] when the table or the bucket fails.
    pub async fn ended(&self, limit: u32) -> Result<Vec<TaskView>, ReadError> {
        let states = Status::ALL.into_iter().filter(|status| status.is_final());
        let pages = states.map(|status| self.store.list(Some(status), None, limit));
        let pages = futures::future::try_join_all(pages).await?;
        let mut tasks: Vec<Task> = pages.into_iter().flat_map(|page| page.tasks).collect();
        tasks.sort_by_key(|task| std::cmp::Reverse(task.id));
        tasks.truncate(limit as usize);
        futures::future::try_join_all(tasks.into_iter().map(|task| self.view(task))).await
    }

    /// The task with links to what was made of it.
    ///
    /// # Errors
    /// [`ReadError::Bucket`] when no link can be signed.
    pub async fn view(&self, task: Task) -> Result<TaskView, ReadError> {
        let links = if task.status == Status::Completed { self.links(&task).await? } else { Links::default() };
        Ok(TaskView { task, links })
    }

    async fn links(&self, task: &Task) -> Result<Links, BucketError> {
        let id = task.id;
        let sign = |key| self.bucket.presign(key, LINK_LIFETIME);
        let download = async |key, extension| {
            let name = FileName::new(&task.title, &id.to_string(), extension);
            self.bucket.presign_download(key, &name, LINK_LIFETIME).await
        };
        Ok(Links {
            video_url: Some(sign(ObjectKey::Video(id, None)).await?),
            poster_url: Some(sign(ObjectKey::Poster(id, None)).await?),
            srt_url: Some(sign(ObjectKey::Srt(id)).await?),
            vtt_url: Some(sign(ObjectKey::Vtt(id)).await?),
            video_download_url: Some(download(ObjectKey::Video(id, None), "mp4").await?),
            srt_download_url: Some(download(ObjectKey::Srt(id), "srt").await?),
            vtt_download_url: Some(download(ObjectKey::Vtt(id), "vtt").await?),
            outputs: self.outputs(task).await?,
        })
    }

    async fn outputs(&self, task: &Task) -> Result<Vec<OutputView>, BucketError> {
        let sign = |key| self.bucket.presign(key, LINK_LIFETIME);
        let reports = task.result.iter().flat_map(|result| &result.outputs);
        let mut views = Vec::new();
        for (index, report) in reports.enumerate() {
            let further = (index > 0).then(|| report.shape());
            let name = FileName::new(&task.title, &task.id.to_string(), "mp4");
            let name = match further {
                Some(shape) => name.followed_by(&shape.file_suffix()),
                None => name,
            };
            let key = ObjectKey::Video(task.id, further);
            views.push(OutputView {
                report: report.clone(),
                video_url: sign(key).await?,
                video_download_url: self.bucket.presign_download(key, &name, LINK_LIFETIME).await?,
                poster_url: sign(ObjectKey::Poster(task.id, further)).await?,
            });
        }
        Ok(views)
    }
}
