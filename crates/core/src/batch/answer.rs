//! The answer to a batch that came as a request.

use serde::{Deserialize, Serialize};

use super::BatchId;
use super::rows::{Refusal, RowOutcome};
use crate::task::TaskId;

/// The answer to a request: every row for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchAnswer {
    /// Name of the batch.
    pub id: BatchId,
    /// Rows that became tasks.
    pub accepted: u64,
    /// Rows that did not.
    pub rejected: u64,
    /// What became of each row, in order.
    pub videos: Vec<RowAnswer>,
}

impl BatchAnswer {
    /// Whether no row may fare better when it is sent again.
    pub(super) fn is_final(&self) -> bool {
        self.videos.iter().all(|row| row.status != RowStatus::Unavailable)
    }
}

/// What became of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowAnswer {
    /// Its place in the request, from 0.
    pub index: usize,
    /// What became of it.
    pub status: RowStatus,
    /// Its task, if it was accepted.
    pub id: Option<TaskId>,
    /// Why not, otherwise.
    pub error: Option<Refusal>,
}

impl RowAnswer {
    /// What is said of the row at `index`.
    pub(super) fn of(index: usize, outcome: RowOutcome) -> Self {
        let (status, id, error) = match outcome {
            RowOutcome::Accepted(id) => (RowStatus::Accepted, Some(id), None),
            RowOutcome::Rejected(refusal) => (RowStatus::Rejected, None, Some(refusal)),
            RowOutcome::Unavailable(_) => {
                let detail = "It could not be enqueued. Send it again in a moment.".to_owned();
                (RowStatus::Unavailable, None, Some(Refusal::new("unavailable", detail)))
            }
        };
        Self { index, status, id, error }
    }
}

/// What became of one row, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RowStatus {
    /// It is a task.
    Accepted,
    /// It asks for something that cannot be made.
    Rejected,
    /// Something did not answer. It may be sent again.
    Unavailable,
}
