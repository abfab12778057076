//! Many tasks at once: from one request ([`BatchDesk`]) or from a manifest in the
//! bucket ([`Clerk`]). Each row is answered for itself; a bad one sinks no other.

mod answer;
mod clerk;
mod desk;
mod envelope;
mod manifest;
mod once;
mod results;
mod rows;

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use answer::{BatchAnswer, RowAnswer, RowStatus};
pub use clerk::{Clerk, Turn};
pub use desk::{BatchDesk, BatchError, BatchTerms, BatchView};
pub use manifest::{ManifestKey, ManifestRow, Upload};
pub use rows::{Refusal, RowOutcome};

use crate::task::Status;

/// The most specs in one request.
pub const MAX_REQUEST_ROWS: usize = 1000;
/// The largest request, in bytes. API Gateway puts it into an event as a text, in which a quotation mark, a backslash
/// and a line's end take two bytes each, and Lambda takes events of 6,291,556 bytes, headers and all.
pub const MAX_REQUEST_BYTES: usize = 3_000_000;

/// Name of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BatchId(pub(crate) ulid::Ulid);

impl BatchId {
    /// A new, unused id.
    #[must_use]
    pub fn generate() -> Self {
        Self(ulid::Ulid::generate())
    }

    /// Characters of a name.
    pub(crate) const LENGTH: usize = ulid::ULID_LEN;

    /// The id of the batch that an upload makes: the same however often the bucket speaks of it. `upload` tells it from
    /// others of the same content under the same key.
    #[must_use]
    pub fn of_upload(key: &ManifestKey, etag: &str, upload: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"rushes batch 2\0");
        // Each part's hash has a fixed length, so that no two triples run together to the same bytes.
        for part in [key.as_str(), etag, upload] {
            hasher.update(blake3::hash(part.as_bytes()).as_bytes());
        }
        let mut bytes = [0; 16];
        hasher.finalize_xof().fill(&mut bytes);
        Self(ulid::Ulid::from_bytes(bytes))
    }

    /// When the name was made, to the millisecond, where it was generated.
    #[must_use]
    pub fn made_at(self) -> Timestamp {
        let milliseconds = i64::try_from(self.0.timestamp_ms()).unwrap_or_default();
        Timestamp::from_millisecond(milliseconds).unwrap_or_default()
    }

    /// Bytes that are this batch's own, to derive its tasks' names from.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_bytes()
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The text is not the name of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a batch id")]
pub struct InvalidBatchId;

impl FromStr for BatchId {
    type Err = InvalidBatchId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ulid::Ulid::from_string(text).map(Self).map_err(|_| InvalidBatchId)
    }
}

/// Many tasks that came together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Its name.
    pub id: BatchId,
    /// The manifest that it was read from; `None` for one that came as a request.
    pub manifest: Option<ManifestKey>,
    /// When it began.
    pub created_at: Timestamp,
    /// When its record may be forgotten; a whole second.
    pub expires_at: Timestamp,
    /// How far its rows are dealt with.
    pub progress: BatchProgress,
}

/// How far the rows of a batch are dealt with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchProgress {
    /// Rows that became tasks.
    pub accepted: u64,
    /// Rows that did not.
    pub rejected: u64,
    /// Number of the last row of a manifest of which workers were told. It runs ahead of the rows dealt with,
    /// so that whoever takes over in the middle of a chunk tells nobody a second time.
    pub told_up_to: u64,
    /// Whether no row is left.
    pub is_complete: bool,
}

impl BatchProgress {
    /// Rows dealt with.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.accepted + self.rejected
    }
}

/// How many tasks stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StatusCounts {
    /// Waiting for a worker.
    pub queued: u64,
    /// A worker has it.
    pub processing: u64,
    /// The video is there.
    pub completed: u64,
    /// There will be no video.
    pub failed: u64,
    /// No longer wanted.
    pub cancelled: u64,
}

impl StatusCounts {
    /// Counts one more task.
    pub const fn add(&mut self, status: Status) {
        let count = match status {
            Status::Queued => &mut self.queued,
            Status::Processing => &mut self.processing,
            Status::Completed => &mut self.completed,
            Status::Failed => &mut self.failed,
            Status::Cancelled => &mut self.cancelled,
        };
        *count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_makes_the_same_batch_each_time_and_each_upload_another() {
        let id = |key, etag, upload| BatchId::of_upload(&ManifestKey::parse(key).unwrap(), etag, upload);
        let first = id("batches/a.csv", "etag", "1");
        assert_eq!(first, id("batches/a.csv", "etag", "1"));
        let others = [("batches/a.csv", "other", "1"), ("batches/b.csv", "etag", "1"), ("batches/a.csv", "etag", "2")];
        for (key, etag, upload) in others {
            assert_ne!(first, id(key, etag, upload));
        }
        assert_eq!(first.to_string().parse(), Ok(first));
        assert_eq!(first.to_string().len(), BatchId::LENGTH);
    }
}
