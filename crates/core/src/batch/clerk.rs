//! Batches that come as manifests. Rows are dealt with in chunks, and how far that is gets
//! recorded after each: whoever takes over goes on behind the last one.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::manifest::{ManifestRow, Upload, rows};
use super::results::Results;
use super::rows::{Recorded, Refusal, Row, RowOutcome, record_all};
use super::{Batch, BatchId, BatchProgress};
use crate::ports::{BatchClaim, BatchClaimOutcome, BatchStore, BucketError, Inbox, StoreError};
use crate::shift::Shift;
use crate::submit::FrontDesk;
use crate::task::{TaskId, expiry};

/// Rows after which progress is recorded and the report written.
const CHUNK_ROWS: usize = 200;
/// Rows of which workers are told before that is noted: as many as one call to the queue takes.
/// If the reader dies in between, so many may be told of twice, and no more.
const TOLD_AT_ONCE: usize = 10;
/// The largest manifest, in bytes.
const MAX_MANIFEST_BYTES: u64 = 64 << 20;

/// Makes the rows of manifests tasks.
#[derive(Clone)]
pub struct Clerk {
    /// Accepts rows.
    pub desk: FrontDesk,
    /// The truth about batches.
    pub batches: Arc<dyn BatchStore>,
    /// Where manifests lie.
    pub inbox: Arc<dyn Inbox>,
    /// How long a claim lasts after the last sign of life, or less where the shift ends before.
    pub lease: Duration,
    /// Rows after which another turn goes on.
    pub rows_per_turn: usize,
}

/// What is to be done after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing.
    Done,
    /// Rows are left: go on at once, here or elsewhere.
    Unfinished,
    /// Something did not answer: try again later.
    Retry,
}

/// What lies where an upload was announced.
struct Found {
    /// The batch that it makes.
    batch_id: BatchId,
    /// Its content, or why it is not read.
    content: Result<Bytes, String>,
}

impl Found {
    /// Of an upload whose content is not to be had.
    fn refused(upload: &Upload, reason: &str) -> Self {
        let text = |known: &Option<String>| known.clone().unwrap_or_default();
        let batch_id = BatchId::of_upload(&upload.key, &text(&upload.etag), &text(&upload.sequencer));
        Self { batch_id, content: Err(reason.to_owned()) }
    }
}

/// Why a turn ended early.
#[derive(Debug, thiserror::Error)]
enum TurnError {
    #[error(transparent)]
    Bucket(#[from] BucketError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("rows could not be recorded and enqueued: {0}")]
    Rows(crate::submit::SubmitError),
}

impl Clerk {
    /// Deals with rows of an uploaded manifest until none is left, or the turn or the shift is over.
    /// `owner` is who asks: the same for the same message, however often it comes.
    pub async fn read(&self, upload: &Upload, owner: &str, shift: &Shift) -> Turn {
        match self.turn(upload, owner, shift).await {
            Ok(turn) => turn,
            Err(error) => {
                let source = std::error::Error::source(&error).map(ToString::to_string);
                let manifest = upload.key.as_str();
                tracing::error!(manifest, %error, source, "a manifest is not read to its end");
                Turn::Retry
            }
        }
    }

    async fn turn(&self, upload: &Upload, owner: &str, shift: &Shift) -> Result<Turn, TurnError> {
        let found = self.look(upload).await?;
        let Some((claim, batch)) = self.claim(upload, &found, owner, shift).await? else { return Ok(Turn::Done) };
        let turn = match found.content.and_then(|bytes| rows(&upload.key, &bytes)) {
            Ok(rows) => self.deal_with_rows(upload, &rows, &claim, batch, shift).await,
            Err(reason) => self.refuse(upload, reason, &claim, &batch, shift).await,
        };
        if !matches!(turn, Ok(Turn::Done))
            && let Err(error) = self.batches.release(&claim).await
        {
            tracing::warn!(batch_id = %claim.batch_id, %error, "the lease on a batch will run out");
        }
        turn
    }

    /// What lies where an upload was announced.
    async fn look(&self, upload: &Upload) -> Result<Found, BucketError> {
        let found = match self.inbox.manifest(&upload.key, MAX_MANIFEST_BYTES).await {
            Err(BucketError::TooLarge { .. }) => {
                let reason = format!("it has more than {} MiB; cut it into several", MAX_MANIFEST_BYTES >> 20);
                return Ok(Found::refused(upload, &reason));
            }
            found => found?,
        };
        let Some(manifest) = found else { return Ok(Found::refused(upload, "it was taken away before it was read")) };
        if upload.etag.as_ref().is_some_and(|wanted| *wanted != manifest.etag) {
            let reason = "another file took its place before it was read: give each a name of its own";
            return Ok(Found::refused(upload, reason));
        }
        let written_at = || manifest.written_at.to_string();
        let sequencer = upload.sequencer.clone().unwrap_or_else(written_at);
        Ok(Found { batch_id: BatchId::of_upload(&upload.key, &manifest.etag, &sequencer), content: Ok(manifest.bytes) })
    }

    /// The right to read the rows; `None` where nothing is left to do here.
    async fn claim(
        &self,
        upload: &Upload,
        found: &Found,
        owner: &str,
        shift: &Shift,
    ) -> Result<Option<(BatchClaim, Batch)>, TurnError> {
        let id = found.batch_id;
        let now = Timestamp::now();
        let batch = Batch {
            id,
            manifest: Some(upload.key.clone()),
            created_at: now,
            expires_at: expiry(now, self.desk.time_to_live),
            progress: BatchProgress::default(),
        };
        match self.batches.create(&batch).await {
            Ok(()) | Err(StoreError::Exists) => {}
            Err(error) => return Err(error.into()),
        }
        match self.batches.claim(id, owner, shift.promise(self.lease)).await? {
            BatchClaimOutcome::Claimed(claim, batch) => Ok(Some((claim, batch))),
            // An earlier delivery of the same message: it may have died.
            BatchClaimOutcome::Held { owner: holder } if holder == owner => Err(StoreError::LeaseLost.into()),
            BatchClaimOutcome::Held { .. } => {
                // Its own message comes again should it die.
                tracing::info!(batch_id = %id, "another message is about the same manifest");
                Ok(None)
            }
            BatchClaimOutcome::Complete => {
                tracing::info!(batch_id = %id, "the manifest was read before");
                Ok(None)
            }
            BatchClaimOutcome::Missing => Err(StoreError::LeaseLost.into()),
        }
    }

    /// Says in the report why rows are not read, after those that were.
    async fn refuse(
        &self,
        upload: &Upload,
        reason: String,
        claim: &BatchClaim,
        batch: &Batch,
        shift: &Shift,
    ) -> Result<Turn, TurnError> {
        let mut results = self.begun(upload, batch).await?;
        results.add_unreadable(reason);
        self.inbox.put_results(&upload.key, batch.id, results.to_bytes()).await?;
        let progress = BatchProgress { is_complete: true, ..batch.progress };
        self.batches.advance(claim, progress, shift.promise(self.lease)).await?;
        tracing::info!(batch_id = %batch.id, rows = progress.rows(), "a manifest cannot be read");
        Ok(Turn::Done)
    }

    /// The report on the rows that were dealt with.
    async fn begun(&self, upload: &Upload, batch: &Batch) -> Result<Results, BucketError> {
        let rows = batch.progress.rows();
        let begun = if rows > 0 { self.inbox.results(&upload.key, batch.id).await? } else { None };
        Ok(Results::resume(&begun.unwrap_or_default(), rows))
    }

    async fn deal_with_rows(
        &self,
        upload: &Upload,
        rows: &[ManifestRow],
        claim: &BatchClaim,
        mut batch: Batch,
        shift: &Shift,
    ) -> Result<Turn, TurnError> {
        let first = usize::try_from(batch.progress.rows()).unwrap_or(usize::MAX).min(rows.len());
        let mut results = self.begun(upload, &batch).await?;
        for (index, chunk) in rows[first..].chunks(CHUNK_ROWS).enumerate() {
            if index * CHUNK_ROWS >= self.rows_per_turn || shift.is_over() {
                return Ok(Turn::Unfinished);
            }
            let outcomes = self.deal_with_chunk(claim, &mut batch, chunk, shift).await?;
            for (row, outcome) in chunk.iter().zip(&outcomes) {
                match outcome {
                    RowOutcome::Accepted(_) => batch.progress.accepted += 1,
                    _ => batch.progress.rejected += 1,
                }
                results.add(row.number, outcome);
            }
            batch.progress.is_complete = batch.progress.rows() >= rows.len() as u64;
            self.inbox.put_results(&upload.key, batch.id, results.to_bytes()).await?;
            self.batches.advance(claim, batch.progress, shift.promise(self.lease)).await?;
        }
        let BatchProgress { accepted, rejected, .. } = batch.progress;
        tracing::info!(batch_id = %batch.id, accepted, rejected, "manifest read");
        Ok(Turn::Done)
    }

    /// Makes tasks of the rows that follow those dealt with.
    async fn deal_with_chunk(
        &self,
        claim: &BatchClaim,
        batch: &mut Batch,
        chunk: &[ManifestRow],
        shift: &Shift,
    ) -> Result<Vec<RowOutcome>, TurnError> {
        let mut outcomes: Vec<Option<RowOutcome>> = chunk.iter().map(|_| None).collect();
        let (mut places, mut good) = (Vec::with_capacity(chunk.len()), Vec::with_capacity(chunk.len()));
        for (place, ManifestRow { number, spec }) in chunk.iter().enumerate() {
            let json = match spec {
                Ok(json) => json.clone(),
                Err(fault) => {
                    outcomes[place] = Some(RowOutcome::Rejected(Refusal::new("invalid_row", fault.clone())));
                    continue;
                }
            };
            let id = TaskId::of_row(batch.id, batch.created_at, *number);
            // Whoever was here before has told a worker of it, if there was something to tell.
            if *number <= batch.progress.told_up_to && self.desk.store.get(id).await?.is_some() {
                outcomes[place] = Some(RowOutcome::Accepted(id));
            } else {
                places.push(place);
                good.push(Row { id, json });
            }
        }
        let mut waiting = Vec::with_capacity(good.len());
        for (place, recorded) in places.into_iter().zip(record_all(&self.desk, batch.id, good).await) {
            match recorded {
                // What was recorded stays: the chunk comes again, and its tasks have the same names.
                Recorded::Settled(RowOutcome::Unavailable(error)) => return Err(TurnError::Rows(error)),
                Recorded::Settled(outcome) => outcomes[place] = Some(outcome),
                Recorded::Waiting(id) => {
                    outcomes[place] = Some(RowOutcome::Accepted(id));
                    waiting.push((chunk[place].number, id));
                }
            }
        }
        self.tell(claim, batch, &waiting, shift).await?;
        Ok(outcomes.into_iter().flatten().collect())
    }

    /// Tells workers of the tasks of rows, a few at a time, and notes each time how far that is.
    async fn tell(
        &self,
        claim: &BatchClaim,
        batch: &mut Batch,
        waiting: &[(u64, TaskId)],
        shift: &Shift,
    ) -> Result<(), TurnError> {
        for some in waiting.chunks(TOLD_AT_ONCE) {
            let ids: Vec<TaskId> = some.iter().map(|(_, id)| *id).collect();
            let sent = self.desk.queue.send_all(&ids).await;
            let failed = sent.iter().position(Result::is_err);
            if let Some((number, _)) = some[..failed.unwrap_or(some.len())].last() {
                batch.progress.told_up_to = *number;
                self.batches.advance(claim, batch.progress, shift.promise(self.lease)).await?;
            }
            if let Some(error) = sent.into_iter().find_map(Result::err) {
                return Err(TurnError::Rows(error.into()));
            }
        }
        Ok(())
    }
}
