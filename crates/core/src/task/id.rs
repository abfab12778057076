//! Names of tasks.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::batch::BatchId;

/// Name of a task: a ULID, so that names sort by the time of their making.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub(crate) ulid::Ulid);

impl TaskId {
    /// The id as a number, of which the low bits differ from id to id.
    #[must_use]
    pub const fn number(self) -> u128 {
        self.0.0
    }

    /// A new, unused id.
    #[must_use]
    pub fn generate() -> Self {
        Self(ulid::Ulid::generate())
    }

    /// The name of the task that a row of a batch becomes: the same each time, and sorted by
    /// the time and the row. `row` counts from 1.
    #[must_use]
    pub fn of_row(batch: BatchId, created_at: Timestamp, row: u64) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"rushes row 1\0").update(&batch.to_bytes());
        let mut random = [0; 16];
        hasher.finalize_xof().fill(&mut random[6..13]);
        let milliseconds = u64::try_from(created_at.as_millisecond()).unwrap_or_default();
        random[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
        // Three bytes for the row: a manifest never has so many.
        random[13..].copy_from_slice(&row.to_be_bytes()[5..]);
        Self(ulid::Ulid::from_bytes(random))
    }

    /// When the name was made, to the millisecond.
    #[must_use]
    pub fn made_at(self) -> Timestamp {
        let milliseconds = i64::try_from(self.0.timestamp_ms()).unwrap_or_default();
        Timestamp::from_millisecond(milliseconds).unwrap_or_default()
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The text is not the name of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a task id")]
pub struct InvalidTaskId;

impl FromStr for TaskId {
    type Err = InvalidTaskId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ulid::Ulid::from_string(text).map(Self).map_err(|_| InvalidTaskId)
    }
}
