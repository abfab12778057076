//! The table's records of batches, and the manifests in the bucket.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use super::{BucketError, StoreError};
use crate::batch::{Batch, BatchId, BatchProgress, ManifestKey, StatusCounts};

/// The truth about batches.
#[async_trait]
pub trait BatchStore: Send + Sync {
    /// Records a new batch. Fails with [`StoreError::Exists`] when its id is taken by one that has not expired.
    async fn create(&self, batch: &Batch) -> Result<(), StoreError>;

    /// Records a batch, whether known or not.
    async fn put(&self, batch: &Batch) -> Result<(), StoreError>;

    /// The batch, unless it does not exist or its record has expired.
    async fn get(&self, id: BatchId) -> Result<Option<Batch>, StoreError>;

    /// Removes the record; its tasks stay.
    async fn delete(&self, id: BatchId) -> Result<(), StoreError>;

    /// How the tasks of the batch stand.
    async fn counts(&self, id: BatchId) -> Result<StatusCounts, StoreError>;

    /// Takes the right to read the rows of a batch until `lease` has passed: one conditional
    /// write that succeeds when rows are left and nobody holds a lease that still runs.
    async fn claim(&self, id: BatchId, owner: &str, lease: Duration) -> Result<BatchClaimOutcome, StoreError>;

    /// Records how far the rows are dealt with, and keeps the right for another `lease`.
    async fn advance(&self, claim: &BatchClaim, progress: BatchProgress, lease: Duration) -> Result<(), StoreError>;

    /// Gives the lease back so that another worker can go on at once.
    async fn release(&self, claim: &BatchClaim) -> Result<(), StoreError>;
}

/// The right to read the rows of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchClaim {
    /// Which batch.
    pub batch_id: BatchId,
    /// Grows with every claim; later writes that carry an older one fail.
    pub fence: u64,
}

/// What became of an attempt to claim a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchClaimOutcome {
    /// Its rows are the caller's, from where they were left.
    Claimed(BatchClaim, Batch),
    /// Someone reads them.
    Held {
        /// Who.
        owner: String,
    },
    /// No row is left.
    Complete,
    /// There is no such batch (any more).
    Missing,
}

/// Where manifests are dropped.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// The manifest, or `None` when nothing lies there.
    /// Fails with [`BucketError::TooLarge`] when it has more than `max_bytes`.
    async fn manifest(&self, key: &ManifestKey, max_bytes: u64) -> Result<Option<Manifest>, BucketError>;

    /// The report on the rows of a manifest that became `batch`, or `None` when there is none yet.
    async fn results(&self, key: &ManifestKey, batch: BatchId) -> Result<Option<Bytes>, BucketError>;

    /// Writes the report beside the manifest.
    async fn put_results(&self, key: &ManifestKey, batch: BatchId, results: Bytes) -> Result<(), BucketError>;
}

/// A manifest as it lies in the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// All of it.
    pub bytes: Bytes,
    /// Names its content: another content, another tag.
    pub etag: String,
    /// When it was written, to the second.
    pub written_at: Timestamp,
}
