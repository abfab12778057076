//! The life of one request for one video.

mod id;
mod report;
mod stage;
mod status;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use id::{InvalidTaskId, TaskId};
pub use report::{OutputReport, SegmentCount, VideoReport};
pub use stage::{Stage, StageTimings};
pub use status::Status;

use crate::batch::BatchId;

/// Why a task failed, in words its owner can use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskError {
    /// Stable name of the kind of failure.
    pub code: String,
    /// What happened and what to do.
    pub message: String,
}

impl TaskError {
    /// Its code where the work never came to an end, so that there is something to look at.
    const GAVE_UP: &str = "gave_up";

    /// Says that the task was given up because its work never came to an end.
    #[must_use]
    pub fn gave_up(message: String) -> Self {
        Self { code: Self::GAVE_UP.to_owned(), message }
    }

    /// Whether it says that the task was given up.
    #[must_use]
    pub fn is_given_up(&self) -> bool {
        self.code == Self::GAVE_UP
    }
}

/// One request for one video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its name.
    pub id: TaskId,
    /// Where it stands.
    pub status: Status,
    /// What is being done.
    pub stage: Stage,
    /// 0–100; never goes back.
    pub progress: u8,
    /// Heading for lists.
    pub title: String,
    /// The batch that it came with, if it did.
    pub batch_id: Option<BatchId>,
    /// How many workers have begun it since it was asked for, or asked for again.
    pub attempts: u32,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When its record last changed.
    pub updated_at: Timestamp,
    /// When it was last put in line: when it was accepted, or asked for again.
    pub queued_at: Timestamp,
    /// When a worker first began, since it was last asked for.
    pub started_at: Option<Timestamp>,
    /// When it ended, well or not.
    pub completed_at: Option<Timestamp>,
    /// When the record may be forgotten; a whole second.
    pub expires_at: Timestamp,
    /// How long its stages took.
    pub timings: StageTimings,
    /// What was made, once completed.
    pub result: Option<VideoReport>,
    /// Why not, once failed.
    pub error: Option<TaskError>,
}

impl Task {
    /// Whether it was given up because its work never came to an end.
    #[must_use]
    pub fn was_given_up(&self) -> bool {
        self.error.as_ref().is_some_and(TaskError::is_given_up)
    }

    /// A task just accepted at `now`, kept for `time_to_live`.
    #[must_use]
    pub fn queued(id: TaskId, title: String, now: Timestamp, time_to_live: Duration) -> Self {
        Self {
            id,
            status: Status::Queued,
            stage: Stage::Queued,
            progress: 0,
            title,
            batch_id: None,
            attempts: 0,
            created_at: now,
            updated_at: now,
            queued_at: now,
            started_at: None,
            completed_at: None,
            expires_at: expiry(now, time_to_live),
            timings: StageTimings::default(),
            result: None,
            error: None,
        }
    }

    /// The same task as one of a batch.
    #[must_use]
    pub fn in_batch(self, batch: BatchId) -> Self {
        Self { batch_id: Some(batch), ..self }
    }
}

/// When a record made at `now` and kept for `time_to_live` may be forgotten; a whole second.
#[must_use]
pub fn expiry(now: Timestamp, time_to_live: Duration) -> Timestamp {
    whole_second(now.saturating_add(time_to_live).unwrap_or(Timestamp::MAX))
}

fn whole_second(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}
