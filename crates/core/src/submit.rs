//! Accepting a request: check it, record it, enqueue it. In this order, so that
//! nothing is answered that was not recorded and nothing enqueued that was refused.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use crate::keys::ObjectKey;
use crate::ports::{Bucket, BucketError, MediaLibrary, QueueError, StoreError, TaskQueue, TaskStore};
use crate::produce::check_media;
use crate::spec::{MediaOrigin, SpecError, VideoSpec};
use crate::task::{Task, TaskId};

/// Accepts requests.
#[derive(Clone)]
pub struct FrontDesk {
    /// The truth about tasks.
    pub store: Arc<dyn TaskStore>,
    /// Holds specs.
    pub bucket: Arc<dyn Bucket>,
    /// Carries ids to workers.
    pub queue: Arc<dyn TaskQueue>,
    /// Looks at media before they are accepted.
    pub media: Arc<dyn MediaLibrary>,
    /// How long tasks are kept.
    pub time_to_live: Duration,
}

/// Why a request was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// It asks for something that cannot be made.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The spec could not be kept.
    #[error(transparent)]
    Bucket(#[from] BucketError),
    /// The task could not be recorded.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No worker could be told.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl FrontDesk {
    /// Checks a spec in JSON and makes it a task.
    ///
    /// # Errors
    /// [`SubmitError`]; then nothing is enqueued and no record stays.
    pub async fn submit(&self, json: Bytes) -> Result<Task, SubmitError> {
        let spec = VideoSpec::from_json(&json, MediaOrigin::Remote)?;
        let violations = check_media(self.media.as_ref(), &spec).await;
        if !violations.is_empty() {
            return Err(SpecError::Invalid(violations).into());
        }
        let task = Task::queued(TaskId::generate(), spec.display_title(), Timestamp::now(), self.time_to_live);
        self.bucket.put(ObjectKey::Spec(task.id), json).await?;
        self.store.create(&task).await?;
        if let Err(error) = self.queue.send(task.id).await {
            self.forget(task.id).await;
            return Err(error.into());
        }
        tracing::info!(task_id = %task.id, scenes = spec.scenes.len(), characters = spec.narration_characters(), "task accepted");
        Ok(task)
    }

    /// Takes back what was recorded for a request that could not be enqueued.
    /// What cannot be taken back expires by itself.
    async fn forget(&self, id: TaskId) {
        if let Err(error) = self.store.delete(id).await {
            tracing::warn!(task_id = %id, %error, "a task that was never enqueued stays in the table");
        }
        if let Err(error) = self.bucket.delete(ObjectKey::Spec(id)).await {
            tracing::warn!(task_id = %id, %error, "a spec that was never enqueued stays in the bucket");
        }
    }
}
