//! The table, the queue and the bucket.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use super::Source;
use crate::file_name::FileName;
use crate::keys::ObjectKey;
use crate::task::{Stage, StageTimings, Status, Task, TaskError, TaskId, VideoReport};

/// The truth about tasks.
#[async_trait]
pub trait TaskStore: Send + Sync {
    /// Records a new task. Fails with [`StoreError::Exists`] when its id is taken.
    async fn create(&self, task: &Task) -> Result<(), StoreError>;

    /// The task, unless it does not exist or its record has expired.
    async fn get(&self, id: TaskId) -> Result<Option<Task>, StoreError>;

    /// Tasks, newest first: those with `status`, or all. `cursor` is a
    /// [`TaskPage::next_cursor`]; any other text is [`StoreError::InvalidCursor`].
    async fn list(&self, status: Option<Status>, cursor: Option<&str>, limit: u32) -> Result<TaskPage, StoreError>;

    /// How many tasks stand so. Every one of them is read.
    async fn count(&self, status: Status) -> Result<u64, StoreError>;

    /// Removes the record. Removing what is not there is no failure.
    async fn delete(&self, id: TaskId) -> Result<(), StoreError>;

    /// Takes the right to work on a task until `lease` has passed: one
    /// conditional write that succeeds when nobody holds a lease that still runs.
    async fn claim(&self, id: TaskId, owner: &str, lease: Duration) -> Result<ClaimOutcome, StoreError>;

    /// Keeps the right for another `lease` from now.
    async fn extend(&self, claim: &Claim, lease: Duration) -> Result<(), StoreError>;

    /// Records how far the work is, and how long the stages behind took.
    async fn advance(&self, claim: &Claim, stage: Stage, progress: u8, timings: StageTimings)
    -> Result<(), StoreError>;

    /// Ends the task well and gives the lease back.
    async fn complete(&self, claim: &Claim, report: &VideoReport, timings: StageTimings) -> Result<(), StoreError>;

    /// Ends the task without a video and gives the lease back.
    async fn fail(&self, claim: &Claim, error: &TaskError, timings: StageTimings) -> Result<(), StoreError>;

    /// Gives the lease back so that another worker can begin at once.
    async fn release(&self, claim: &Claim) -> Result<(), StoreError>;

    /// [`Self::release`] by a worker whose time is up: this attempt counts for nothing.
    async fn hand_back(&self, claim: &Claim) -> Result<(), StoreError>;

    /// Ends a task that its owner no longer wants, unless it has ended. Whoever
    /// works on it learns of it with its next write, which is refused.
    async fn cancel(&self, id: TaskId) -> Result<Change, StoreError>;

    /// Puts a task that failed or was cancelled in line again, with all its attempts.
    async fn requeue(&self, id: TaskId) -> Result<Change, StoreError>;

    /// Ends a task without a video that no worker holds and that has not ended.
    async fn give_up(&self, id: TaskId, error: &TaskError) -> Result<Change, StoreError>;

    /// Whether the table answers.
    async fn check(&self) -> Result<(), StoreError>;
}

/// What became of a change that only tasks in some states can undergo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was made; the task as it is now.
    Made(Task),
    /// The task is in no such state; as it is.
    Refused(Task),
    /// There is no such task (any more).
    Missing,
}

/// The right to work on a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Which task.
    pub task_id: TaskId,
    /// Who works.
    pub owner: String,
    /// Grows with every claim; later writes that carry an older one fail.
    pub fence: u64,
    /// How many workers have begun the task, this one included.
    pub attempt: u32,
    /// How many of them gave it back in good order because their time was up.
    pub hand_backs: u32,
}

impl Claim {
    /// How many workers have tried, this one included; those whose time was up are none of them.
    #[must_use]
    pub const fn tries(&self) -> u32 {
        self.attempt.saturating_sub(self.hand_backs)
    }
}

/// What became of an attempt to claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimOutcome {
    /// The task is the caller's.
    Claimed(Claim),
    /// Another worker has it until then.
    Held {
        /// End of the other's lease, if it does not extend it.
        until: Timestamp,
    },
    /// The task has ended; nothing is to do.
    Finished(Box<Task>),
    /// There is no such task (any more).
    Missing,
}

/// Some tasks and where to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskPage {
    /// Newest first.
    pub tasks: Vec<Task>,
    /// Opaque; `None` at the end.
    pub next_cursor: Option<String>,
}

/// Why the table did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The id is taken.
    #[error("a task with this id exists already")]
    Exists,
    /// Another worker has taken over, or may.
    #[error("the lease on the task is lost")]
    LeaseLost,
    /// The task has ended: it is completed, it was given up, or its owner no longer wants it.
    #[error("the task has ended meanwhile: it is {}", .0.as_str())]
    Ended(Status),
    /// The task is gone: its owner deleted it, or it has expired.
    #[error("the task is gone")]
    Gone,
    /// The text was not made by this table.
    #[error("the cursor is not valid")]
    InvalidCursor,
    /// A record cannot be read.
    #[error("a record in the table cannot be read: {reason}")]
    Corrupt {
        /// What is wrong with it.
        reason: String,
    },
    /// The table cannot be reached or refuses.
    #[error("the table cannot be reached")]
    Unavailable(#[source] Source),
}

/// Carries the ids of tasks to workers.
#[async_trait]
pub trait TaskQueue: Send + Sync {
    /// Asks some worker to work on the task.
    async fn send(&self, id: TaskId) -> Result<(), QueueError>;

    /// [`Self::send`] for each of `ids`, in as few calls as the queue allows; tells what became of each, in order.
    async fn send_all(&self, ids: &[TaskId]) -> Vec<Result<(), QueueError>> {
        let mut outcomes = Vec::with_capacity(ids.len());
        for id in ids {
            outcomes.push(self.send(*id).await);
        }
        outcomes
    }

    /// Whether the queue answers.
    async fn check(&self) -> Result<(), QueueError>;
}

/// The queue cannot be reached or refuses.
#[derive(Debug, thiserror::Error)]
#[error("the queue cannot be reached")]
pub struct QueueError(#[source] pub Source);

/// Holds the bytes.
#[async_trait]
pub trait Bucket: Send + Sync {
    /// Stores bytes.
    async fn put(&self, key: ObjectKey, bytes: Bytes) -> Result<(), BucketError>;

    /// Stores a file.
    async fn put_file(&self, key: ObjectKey, path: &Path) -> Result<(), BucketError>;

    /// The bytes, or `None` when nothing is stored there.
    async fn get(&self, key: ObjectKey) -> Result<Option<Bytes>, BucketError>;

    /// The first `count` bytes of the object and its size, or `None` when nothing is stored there.
    async fn get_start(&self, key: ObjectKey, count: u64) -> Result<Option<ObjectStart>, BucketError>;

    /// Brings the object into a file, piece by piece. Returns its size, or `None` when nothing is stored there.
    async fn get_file(&self, key: ObjectKey, path: &Path, max_bytes: u64) -> Result<Option<u64>, BucketError>;

    /// Removes the object. Removing what is not there is no failure.
    async fn delete(&self, key: ObjectKey) -> Result<(), BucketError>;

    /// Removes every object of the task.
    async fn delete_task(&self, id: TaskId) -> Result<(), BucketError>;

    /// A URL from which anyone who has it can read the object for `valid_for`.
    async fn presign(&self, key: ObjectKey, valid_for: Duration) -> Result<String, BucketError>;

    /// [`Self::presign`], but browsers save the object under that name instead of showing it.
    async fn presign_download(
        &self,
        key: ObjectKey,
        name: &FileName,
        valid_for: Duration,
    ) -> Result<String, BucketError>;

    /// A request with which anyone who has it can store the object, once, within `valid_for`.
    async fn presign_put(
        &self,
        key: ObjectKey,
        upload: &UploadTerms,
        valid_for: Duration,
    ) -> Result<SignedUpload, BucketError>;

    /// Whether the bucket answers.
    async fn check(&self) -> Result<(), BucketError>;
}

/// The beginning of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectStart {
    /// As many bytes as were asked for, or all.
    pub bytes: Bytes,
    /// Size of the whole object.
    pub size_bytes: u64,
}

/// What may be uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadTerms {
    /// Its media type.
    pub content_type: String,
    /// Its exact size.
    pub size_bytes: u64,
}

/// A signed request to upload something. Whoever has it may do so: it is never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedUpload {
    /// Where to send it, with the method `PUT`.
    pub url: String,
    /// Headers that are signed and have to be sent as they are, by name.
    pub headers: BTreeMap<String, String>,
}

/// Why the bucket did not do it.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// The object is larger than was asked for.
    #[error("the object has {size_bytes} bytes")]
    TooLarge {
        /// Its size.
        size_bytes: u64,
    },
    /// A local file cannot be read or written.
    #[error("the local file cannot be read or written")]
    LocalFile(#[source] std::io::Error),
    /// The bucket cannot be reached or refuses.
    #[error("the bucket cannot be reached")]
    Unavailable(#[source] Source),
}
