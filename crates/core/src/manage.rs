//! What the owner of a task may do with it: cancel it, ask for it again, delete it.

use std::sync::Arc;

use crate::ports::{Bucket, BucketError, Change, QueueError, StoreError, TaskQueue, TaskStore};
use crate::task::{Status, Task, TaskError, TaskId};

/// Changes tasks for their owners.
#[derive(Clone)]
pub struct Manager {
    /// The truth about tasks.
    pub store: Arc<dyn TaskStore>,
    /// Holds their files.
    pub bucket: Arc<dyn Bucket>,
    /// Carries ids to workers.
    pub queue: Arc<dyn TaskQueue>,
}

/// Why a task was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    /// There is no such task (any more).
    #[error("there is no such task")]
    Missing,
    /// The task is in a state in which that cannot be done.
    #[error("the task is {}; {hint}", .status.as_str())]
    WrongState {
        /// The state.
        status: Status,
        /// What can be done instead.
        hint: &'static str,
    },
    /// The table did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bucket did not do it.
    #[error(transparent)]
    Bucket(#[from] BucketError),
    /// No worker could be told.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl Manager {
    /// Ends a task that is no longer wanted. Whoever works on it drops the work
    /// within seconds. Cancelling what is cancelled changes nothing.
    ///
    /// # Errors
    /// [`ManageError::WrongState`] when the task has ended otherwise.
    pub async fn cancel(&self, id: TaskId) -> Result<Task, ManageError> {
        match self.store.cancel(id).await? {
            Change::Made(task) => {
                tracing::info!(task_id = %id, "task cancelled");
                Ok(task)
            }
            Change::Refused(task) if task.status == Status::Cancelled => Ok(task),
            Change::Refused(task) => {
                Err(ManageError::WrongState { status: task.status, hint: "only what has not ended can be cancelled" })
            }
            Change::Missing => Err(ManageError::Missing),
        }
    }

    /// Has a task made that failed or was cancelled. Of one that waits, the workers
    /// are told once more.
    ///
    /// # Errors
    /// [`ManageError::WrongState`] when the task is being worked on or is completed.
    pub async fn retry(&self, id: TaskId) -> Result<Task, ManageError> {
        let before = self.store.get(id).await?.ok_or(ManageError::Missing)?;
        let task = match self.store.requeue(id).await? {
            Change::Made(task) => task,
            // The one who put it in line may not have come to tell anybody; telling twice does no harm.
            Change::Refused(task) if task.status == Status::Queued => task,
            Change::Refused(task) => {
                let hint = "only what failed or was cancelled can be tried again";
                return Err(ManageError::WrongState { status: task.status, hint });
            }
            Change::Missing => return Err(ManageError::Missing),
        };
        if let Err(error) = self.queue.send(id).await {
            self.take_back(&before).await;
            return Err(error.into());
        }
        tracing::info!(task_id = %id, "task in line again");
        Ok(task)
    }

    /// Ends a task again of which no worker could be told.
    async fn take_back(&self, before: &Task) {
        if before.status == Status::Queued {
            return;
        }
        let reason = before.error.clone().unwrap_or_else(|| TaskError {
            code: "not_enqueued".to_owned(),
            message: "the task could not be put in line again; try once more".to_owned(),
        });
        if let Err(error) = self.store.give_up(before.id, &reason).await {
            tracing::warn!(task_id = %before.id, %error, "a task waits of which no worker was told");
        }
    }

    /// Removes a task with all its files. One that has not ended is cancelled first.
    ///
    /// # Errors
    /// [`ManageError`]; then the record is still there, and deleting may be tried again.
    pub async fn delete(&self, id: TaskId) -> Result<(), ManageError> {
        let task = self.store.get(id).await?.ok_or(ManageError::Missing)?;
        if !task.status.is_final() {
            self.store.cancel(id).await?;
        }
        self.bucket.delete_task(id).await?;
        self.store.delete(id).await?;
        if task.status == Status::Processing {
            // What its worker brought to the bucket meanwhile; what it still brings, it removes itself.
            self.bucket.delete_task(id).await?;
        }
        tracing::info!(task_id = %id, "task deleted");
        Ok(())
    }
}
