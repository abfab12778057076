//! Batches that come as manifests. Rows are dealt with in chunks, and how far that is gets
//! recorded after each: whoever takes over goes on behind the last one.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::manifest::{ManifestRow, rows};
use super::results::Results;
use super::rows::{Recorded, Refusal, Row, RowOutcome, record_all};
use super::{Batch, BatchId, BatchProgress, ManifestKey};
use crate::ports::{BatchClaim, BatchClaimOutcome, BatchStore, BucketError, Inbox, Manifest, StoreError};
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
    /// Deals with rows of a manifest until none is left, or the turn or the shift is over.
    /// `etag` names the content that is meant, if that is known. `owner` is who asks: the same
    /// for the same message, however often it comes.
    pub async fn read(&self, key: &ManifestKey, etag: Option<&str>, owner: &str, shift: &Shift) -> Turn {
        match self.turn(key, etag, owner, shift).await {
            Ok(turn) => turn,
            Err(error) => {
                let source = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(manifest = key.as_str(), %error, source, "a manifest is not read to its end");
                Turn::Retry
            }
        }
    }

    async fn turn(&self, key: &ManifestKey, etag: Option<&str>, owner: &str, shift: &Shift) -> Result<Turn, TurnError> {
        let manifest = match self.inbox.manifest(key, MAX_MANIFEST_BYTES).await {
            Err(BucketError::TooLarge { .. }) => {
                let reason = format!("it has more than {} MiB; cut it into several", MAX_MANIFEST_BYTES >> 20);
                self.inbox.put_results(key, Results::of_unreadable(reason).to_bytes()).await?;
                return Ok(Turn::Done);
            }
            found => found?,
        };
        let Some(manifest) = manifest.filter(|found| etag.is_none_or(|wanted| wanted == found.etag)) else {
            // Of another content another event speaks.
            tracing::info!(manifest = key.as_str(), "the manifest is gone or was replaced");
            return Ok(Turn::Done);
        };
        let Some((claim, batch)) = self.claim(key, &manifest, owner, shift).await? else { return Ok(Turn::Done) };
        let turn = self.deal_with_rows(key, &manifest.bytes, &claim, batch, shift).await;
        if !matches!(turn, Ok(Turn::Done))
            && let Err(error) = self.batches.release(&claim).await
        {
            tracing::warn!(batch_id = %claim.batch_id, %error, "the lease on a batch will run out");
        }
        turn
    }

    /// The right to read the rows; `None` where nothing is left to do here.
    async fn claim(
        &self,
        key: &ManifestKey,
        manifest: &Manifest,
        owner: &str,
        shift: &Shift,
    ) -> Result<Option<(BatchClaim, Batch)>, TurnError> {
        let id = BatchId::of_manifest(key, &manifest.etag);
        let now = Timestamp::now();
        let batch = Batch {
            id,
            manifest: Some(key.clone()),
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

    async fn deal_with_rows(
        &self,
        key: &ManifestKey,
        bytes: &Bytes,
        claim: &BatchClaim,
        mut batch: Batch,
        shift: &Shift,
    ) -> Result<Turn, TurnError> {
        let rows = match rows(key, bytes) {
            Ok(rows) => rows,
            Err(reason) => {
                self.inbox.put_results(key, Results::of_unreadable(reason).to_bytes()).await?;
                let progress = BatchProgress { is_complete: true, ..batch.progress };
                self.batches.advance(claim, progress, shift.promise(self.lease)).await?;
                return Ok(Turn::Done);
            }
        };
        let first = usize::try_from(batch.progress.rows()).unwrap_or(usize::MAX).min(rows.len());
        let begun = if first > 0 { self.inbox.results(key).await?.unwrap_or_default() } else { Bytes::new() };
        let mut results = Results::resume(&begun, batch.progress.rows());
        for (index, chunk) in rows[first..].chunks(CHUNK_ROWS).enumerate() {
            if index * CHUNK_ROWS >= self.rows_per_turn || shift.is_over() {
                return Ok(Turn::Unfinished);
            }
            let outcomes = self.deal_with_chunk(claim, &mut batch, chunk, shift).await?;
            for outcome in &outcomes {
                match outcome {
                    RowOutcome::Accepted(_) => batch.progress.accepted += 1,
                    _ => batch.progress.rejected += 1,
                }
                results.add(batch.progress.rows(), outcome);
            }
            batch.progress.is_complete = batch.progress.rows() >= rows.len() as u64;
            self.inbox.put_results(key, results.to_bytes()).await?;
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
        let first = batch.progress.rows() + 1;
        let mut outcomes: Vec<Option<RowOutcome>> = chunk.iter().map(|_| None).collect();
        let (mut places, mut good) = (Vec::with_capacity(chunk.len()), Vec::with_capacity(chunk.len()));
        for (place, (number, row)) in (first..).zip(chunk).enumerate() {
            let json = match row {
                Ok(json) => json.clone(),
                Err(fault) => {
                    outcomes[place] = Some(RowOutcome::Rejected(Refusal::new("invalid_row", fault.clone())));
                    continue;
                }
            };
            let id = TaskId::of_row(batch.id, batch.created_at, number);
            // Whoever was here before has told a worker of it, if there was something to tell.
            if number <= batch.progress.told_up_to && self.desk.store.get(id).await?.is_some() {
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
                    waiting.push((first + place as u64, id));
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
