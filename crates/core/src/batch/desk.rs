//! Batches that come as one request.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rows::{Refusal, Row, RowOutcome, accept};
use super::{Batch, BatchId, BatchProgress, MAX_REQUEST_ROWS, StatusCounts};
use crate::ports::{BatchStore, StoreError};
use crate::spec::Violation;
use crate::submit::{FrontDesk, SubmitError};
use crate::task::{TaskId, expiry};

/// Accepts and shows batches.
#[derive(Clone)]
pub struct BatchDesk {
    /// Accepts their rows.
    pub desk: FrontDesk,
    /// The truth about batches.
    pub batches: Arc<dyn BatchStore>,
}

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

/// A batch as its owner sees it.
#[derive(Clone, Debug, Serialize)]
pub struct BatchView {
    /// Its name.
    pub id: BatchId,
    /// Whether rows are still being read.
    pub state: &'static str,
    /// Rows that became tasks.
    pub accepted: u64,
    /// Rows that did not.
    pub rejected: u64,
    /// How the tasks stand.
    pub counts: StatusCounts,
    /// The manifest in the bucket, if it came as one.
    pub manifest: Option<String>,
    /// The report on every row, beside the manifest.
    pub results: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it may be forgotten.
    pub expires_at: Timestamp,
}

/// Why a request became no batch.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// Not JSON at all.
    #[error("the request is not valid JSON: {0}")]
    Syntax(serde_json::Error),
    /// It is no list of specs, or none of them can be made.
    #[error("the batch is not valid: {}", .0.first().map_or("", |fault| fault.message.as_str()))]
    Invalid(Vec<Violation>),
    /// Not one row could be recorded and enqueued.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The table did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A request that became no batch.
pub(super) struct Failure {
    pub error: BatchError,
    /// Whether the table may hold tasks of it all the same.
    pub leaves_tasks: bool,
}

impl From<BatchError> for Failure {
    fn from(error: BatchError) -> Self {
        Self { error, leaves_tasks: false }
    }
}

impl BatchDesk {
    /// Accepts up to `limit` specs, `{"videos": [spec, …]}`.
    ///
    /// # Errors
    /// [`BatchError`] when no row was accepted.
    pub async fn submit(&self, json: &[u8], limit: usize) -> Result<BatchAnswer, BatchError> {
        self.submit_as(BatchId::generate(), json, limit).await.map_err(|failure| failure.error)
    }

    /// [`Self::submit`] as the batch of that name. The names of its tasks follow from it: a row that
    /// became a task before, when this was broken off, becomes no other.
    pub(super) async fn submit_as(&self, id: BatchId, json: &[u8], limit: usize) -> Result<BatchAnswer, Failure> {
        let rows = read(json, limit.min(MAX_REQUEST_ROWS), id)?;
        let created_at = id.made_at();
        let expires_at = expiry(created_at, self.desk.time_to_live);
        let mut batch = Batch { id, manifest: None, created_at, expires_at, progress: BatchProgress::default() };
        match self.batches.create(&batch).await {
            Ok(()) | Err(StoreError::Exists) => {}
            Err(error) => return Err(Failure { error: error.into(), leaves_tasks: false }),
        }
        let ids: Vec<TaskId> = rows.iter().map(|row| row.id).collect();
        let outcomes = accept(&self.desk, id, rows).await;
        let accepted = outcomes.iter().filter(|outcome| matches!(outcome, RowOutcome::Accepted(_))).count() as u64;
        let leaves_tasks = !self.forget(&ids, &outcomes).await;
        if accepted == 0 {
            self.drop_record(id).await;
            return Err(Failure { error: refusal(outcomes), leaves_tasks });
        }
        let rejected = outcomes.len() as u64 - accepted;
        batch.progress = BatchProgress { accepted, rejected, is_complete: true, ..BatchProgress::default() };
        if let Err(error) = self.batches.put(&batch).await {
            // Its tasks are on their way, and counted by themselves.
            tracing::warn!(batch_id = %id, %error, "the counts of a batch could not be recorded");
        }
        tracing::info!(batch_id = %id, accepted, rejected, "batch accepted");
        let videos = outcomes.into_iter().enumerate().map(|(index, outcome)| answer(index, outcome)).collect();
        Ok(BatchAnswer { id, accepted, rejected, videos })
    }

    /// A batch and how its tasks stand, or `None` when there is none of that name.
    ///
    /// # Errors
    /// [`StoreError`] when the table fails.
    pub async fn find(&self, id: BatchId) -> Result<Option<BatchView>, StoreError> {
        let Some(batch) = self.batches.get(id).await? else { return Ok(None) };
        let counts = self.batches.counts(id).await?;
        Ok(Some(BatchView {
            id,
            state: if batch.progress.is_complete { "accepted" } else { "accepting" },
            accepted: batch.progress.accepted,
            rejected: batch.progress.rejected,
            counts,
            results: batch.manifest.as_ref().map(super::ManifestKey::results_key),
            manifest: batch.manifest.map(|key| key.as_str().to_owned()),
            created_at: batch.created_at,
            expires_at: batch.expires_at,
        }))
    }

    /// Takes back what was recorded of rows that could not be enqueued. Whether no record stays.
    async fn forget(&self, ids: &[TaskId], outcomes: &[RowOutcome]) -> bool {
        let mut are_gone = true;
        for (id, outcome) in ids.iter().zip(outcomes) {
            let RowOutcome::Unavailable(error) = outcome else { continue };
            let source = std::error::Error::source(error).map(ToString::to_string);
            tracing::error!(task_id = %id, %error, source, "a row of a batch was not accepted");
            are_gone &= self.desk.forget(*id).await;
        }
        are_gone
    }

    async fn drop_record(&self, id: BatchId) {
        if let Err(error) = self.batches.delete(id).await {
            tracing::warn!(batch_id = %id, %error, "the record of a batch without tasks stays in the table");
        }
    }
}

/// The rows of a request, named as tasks of `batch`.
fn read(json: &[u8], limit: usize, batch: BatchId) -> Result<Vec<Row>, BatchError> {
    let invalid = |pointer: &str, message: String| BatchError::Invalid(vec![Violation::new(pointer, message)]);
    let value: Value = serde_json::from_slice(json).map_err(BatchError::Syntax)?;
    let wanted = || format!("a batch is {{\"videos\": […]}} with 1 to {limit} specs");
    let Value::Object(mut fields) = value else { return Err(invalid("", wanted())) };
    let videos = fields.remove("videos");
    if let Some(name) = fields.keys().next() {
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        return Err(invalid(&pointer, format!("there is no such field; {}", wanted())));
    }
    let Some(Value::Array(specs)) = videos else { return Err(invalid("/videos", wanted())) };
    if !(1..=limit).contains(&specs.len()) {
        return Err(invalid("/videos", format!("there are {}; {}", specs.len(), wanted())));
    }
    let row = |(number, spec): (u64, Value)| Row {
        id: TaskId::of_row(batch, batch.made_at(), number),
        json: Bytes::from(spec.to_string()),
    };
    Ok((1..).zip(specs).map(row).collect())
}

/// Why nothing was accepted: what can be tried again first, else every fault of every row.
fn refusal(outcomes: Vec<RowOutcome>) -> BatchError {
    let mut faults = Vec::new();
    for (index, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            RowOutcome::Unavailable(error) => return error.into(),
            RowOutcome::Rejected(refusal) => faults.extend(
                refusal
                    .errors
                    .into_iter()
                    .map(|fault| Violation::new(format!("/videos/{index}{}", fault.pointer), fault.message)),
            ),
            RowOutcome::Accepted(_) => {}
        }
    }
    BatchError::Invalid(faults)
}

fn answer(index: usize, outcome: RowOutcome) -> RowAnswer {
    let (status, id, error) = match outcome {
        RowOutcome::Accepted(id) => (RowStatus::Accepted, Some(id), None),
        RowOutcome::Rejected(refusal) => (RowStatus::Rejected, None, Some(refusal)),
        RowOutcome::Unavailable(_) => {
            let detail = "It could not be enqueued. Send it again in a moment.".to_owned();
            (RowStatus::Unavailable, None, Some(Refusal::new("unavailable", detail)))
        }
    };
    RowAnswer { index, status, id, error }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(json: &str) -> Vec<String> {
        match read(json.as_bytes(), 2, BatchId::generate()) {
            Err(BatchError::Invalid(faults)) => faults.into_iter().map(|fault| fault.pointer).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_batch_is_a_list_of_specs_that_is_neither_empty_nor_too_long() {
        let rows = |batch| read(br#"{"videos": [{}, 5]}"#, 2, batch).unwrap();
        let (one, other) = (BatchId::generate(), BatchId::generate());
        let ids = |batch| rows(batch).into_iter().map(|row| row.id).collect::<Vec<_>>();
        assert!(ids(one).len() == 2 && ids(one) == ids(one) && ids(one) != ids(other));
        assert_eq!(faults("[]"), [""]);
        assert_eq!(faults("{}"), ["/videos"]);
        assert_eq!(faults(r#"{"videos": []}"#), ["/videos"]);
        assert_eq!(faults(r#"{"videos": [1, 2, 3]}"#), ["/videos"]);
        assert_eq!(faults(r#"{"videos": [1], "a/b": 2}"#), ["/a~1b"]);
        assert!(matches!(read(b"{", 2, BatchId::generate()), Err(BatchError::Syntax(_))));
    }
}
