//! Batches that come as one request.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;

use super::answer::{BatchAnswer, RowAnswer};
use super::envelope::{Envelope, EnvelopeError, in_channel};
use super::rows::{Row, RowOutcome, accept};
use super::{Batch, BatchId, BatchProgress, MAX_REQUEST_ROWS, StatusCounts};
use crate::channel::ChannelName;
use crate::json::utf8_bytes;
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

/// What a request may ask for, and what it means where it does not say.
#[derive(Clone, Debug)]
pub struct BatchTerms {
    /// The most videos, up to [`MAX_REQUEST_ROWS`].
    pub limit: usize,
    /// From which channel specs take where neither they nor the request name one.
    pub channel: Option<ChannelName>,
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
    #[error("the request is not valid JSON: {}", .0.message)]
    Syntax(Violation),
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

impl From<EnvelopeError> for BatchError {
    fn from(error: EnvelopeError) -> Self {
        match error {
            EnvelopeError::Syntax(fault) => Self::Syntax(fault),
            EnvelopeError::Invalid(fault) => Self::Invalid(vec![fault]),
        }
    }
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
    /// Accepts specs, `{"videos": [spec, …], "channel": name}`.
    ///
    /// # Errors
    /// [`BatchError`] when no row was accepted.
    pub async fn submit(&self, json: &Bytes, terms: &BatchTerms) -> Result<BatchAnswer, BatchError> {
        self.submit_as(BatchId::generate(), json, terms).await.map_err(|failure| failure.error)
    }

    /// [`Self::submit`] as the batch of that name. The names of its tasks follow from it: a row that
    /// became a task before, when this was broken off, becomes no other.
    pub(super) async fn submit_as(
        &self,
        id: BatchId,
        json: &Bytes,
        terms: &BatchTerms,
    ) -> Result<BatchAnswer, Failure> {
        let rows = read(json, terms, id)?;
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
        let videos = outcomes.into_iter().enumerate().map(|(index, outcome)| RowAnswer::of(index, outcome)).collect();
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
            results: batch.manifest.as_ref().map(|key| key.results_key(id)),
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
fn read(json: &Bytes, terms: &BatchTerms, batch: BatchId) -> Result<Vec<Row>, BatchError> {
    let limit = terms.limit.min(MAX_REQUEST_ROWS);
    let invalid = |message: String| BatchError::Invalid(vec![Violation::new("/videos", message)]);
    let syntax = |message: String| BatchError::Syntax(Violation::new("", message));
    let text = utf8_bytes(json).map_err(|error| syntax(error.to_string()))?;
    let Envelope { specs, channel, is_whole } = Envelope::parse(&text)?;
    if !is_whole {
        return Err(syntax("the list of videos does not end".to_owned()));
    }
    if !(1..=limit).contains(&specs.len()) {
        return Err(invalid(format!("there are {}; a batch has 1 to {limit} specs", specs.len())));
    }
    let channel = channel.as_deref().or(terms.channel.as_ref().map(ChannelName::as_str));
    let row = |(number, spec): (u64, Bytes)| Row {
        id: TaskId::of_row(batch, batch.made_at(), number),
        json: channel.map_or_else(|| spec.clone(), |channel| in_channel(spec.clone(), channel)),
    };
    Ok((1..).zip(specs).map(row).collect())
}

/// Why nothing was accepted: what can be tried again first, then what is no JSON, else every fault of every row.
fn refusal(outcomes: Vec<RowOutcome>) -> BatchError {
    let (mut faults, mut syntax) = (Vec::new(), None);
    for (index, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            RowOutcome::Unavailable(error) => return error.into(),
            RowOutcome::Rejected(refusal) => {
                let is_syntax = refusal.code == "malformed_json";
                let placed =
                    |fault: Violation| Violation::new(format!("/videos/{index}{}", fault.pointer), fault.message);
                let mut placed = refusal.errors.into_iter().map(placed);
                if is_syntax {
                    syntax = syntax.or_else(|| placed.next());
                } else {
                    faults.extend(placed);
                }
            }
            RowOutcome::Accepted(_) => {}
        }
    }
    syntax.map_or(BatchError::Invalid(faults), BatchError::Syntax)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: BatchTerms = BatchTerms { limit: 2, channel: None };

    fn read_text(json: &str, batch: BatchId) -> Result<Vec<Row>, BatchError> {
        read(&Bytes::from(json.to_owned()), &TWO, batch)
    }

    fn faults(json: &str) -> Vec<String> {
        match read_text(json, BatchId::generate()) {
            Err(BatchError::Invalid(faults)) => faults.into_iter().map(|fault| fault.pointer).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_batch_is_a_list_of_specs_that_is_neither_empty_nor_too_long() {
        let rows = |batch| read_text(r#"{"videos": [{}, 5]}"#, batch).unwrap();
        let (one, other) = (BatchId::generate(), BatchId::generate());
        let ids = |batch| rows(batch).into_iter().map(|row| row.id).collect::<Vec<_>>();
        assert!(ids(one).len() == 2 && ids(one) == ids(one) && ids(one) != ids(other));
        assert_eq!(faults("[]"), [""]);
        assert_eq!(faults("{}"), ["/videos"]);
        assert_eq!(faults(r#"{"videos": []}"#), ["/videos"]);
        assert_eq!(faults(r#"{"videos": [1, 2, 3]}"#), ["/videos"]);
        assert_eq!(faults(r#"{"videos": [1], "a/b": 2}"#), ["/a~1b"]);
        for broken in ["{", r#"{"videos": [{}"#, "\u{1f}"] {
            assert!(matches!(read_text(broken, BatchId::generate()), Err(BatchError::Syntax(_))), "{broken}");
        }
    }
}
