//! What the API needs from outside, and what of it is broken, for tests.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use rushes_core::batch::{Batch, BatchId, BatchProgress, StatusCounts};
use rushes_core::channel::{Channel, ChannelName};
use rushes_core::file_name::FileName;
use rushes_core::keys::ObjectKey;
use rushes_core::ports::{
    BatchClaim, BatchClaimOutcome, BatchStore, Begun, Bucket, BucketError, Change, ChannelStore, Claim, ClaimOutcome,
    Condition, DeadLetter, DeadLetterQueue, FetchedMedia, MediaError, MediaLibrary, ObjectStart, QueueError,
    RequestStore, SignedUpload, StoreError, TaskPage, TaskQueue, TaskStore, Ticket, UploadTerms, Written,
};
use rushes_core::request::{IdempotencyKey, ProductId, RequestHash};
use rushes_core::spec::Media;
use rushes_core::task::{Stage, StageTimings, Status, Task, TaskError, TaskId, VideoReport};

/// Everything that the API needs, and what of it is broken.
#[derive(Default)]
pub struct Outside {
    pub table_is_down: bool,
    pub queue_is_down: bool,
    pub table_panics: bool,
    pub recorded: AtomicBool,
    pub stored: AtomicBool,
    pub keyed: AtomicBool,
    /// How often it was asked whether it works.
    pub checked: AtomicUsize,
}

fn down() -> Box<std::io::Error> {
    Box::new(std::io::Error::other("secret-host.internal refused"))
}

#[async_trait]
impl TaskStore for Outside {
    async fn create(&self, _task: &Task) -> Result<(), StoreError> {
        TaskStore::check(self).await?;
        self.recorded.store(true, Ordering::SeqCst);
        Ok(())
    }

    async fn get(&self, _id: TaskId) -> Result<Option<Task>, StoreError> {
        assert!(!self.table_panics, "a bug");
        TaskStore::check(self).await.map(|()| None)
    }

    async fn list(&self, _: Option<Status>, _: Option<&str>, _: u32) -> Result<TaskPage, StoreError> {
        Err(StoreError::Corrupt { reason: "secret attribute".to_owned() })
    }

    async fn count(&self, _: Status) -> Result<u64, StoreError> {
        TaskStore::check(self).await.map(|()| 0)
    }

    async fn delete(&self, _id: TaskId) -> Result<(), StoreError> {
        self.recorded.store(false, Ordering::SeqCst);
        Ok(())
    }

    async fn claim(&self, _: TaskId, _: &str, _: Duration) -> Result<ClaimOutcome, StoreError> {
        Ok(ClaimOutcome::Missing)
    }

    async fn extend(&self, _: &Claim, _: Duration) -> Result<(), StoreError> {
        Err(StoreError::LeaseLost)
    }

    async fn advance(&self, _: &Claim, _: Stage, _: u8, _: StageTimings) -> Result<(), StoreError> {
        Err(StoreError::LeaseLost)
    }

    async fn complete(&self, _: &Claim, _: &VideoReport, _: StageTimings) -> Result<(), StoreError> {
        Err(StoreError::LeaseLost)
    }

    async fn fail(&self, _: &Claim, _: &TaskError, _: StageTimings) -> Result<(), StoreError> {
        Err(StoreError::LeaseLost)
    }

    async fn release(&self, _: &Claim) -> Result<(), StoreError> {
        Err(StoreError::LeaseLost)
    }

    async fn hand_back(&self, _: &Claim) -> Result<(), StoreError> {
        Err(StoreError::LeaseLost)
    }

    async fn cancel(&self, _: TaskId) -> Result<Change, StoreError> {
        Ok(Change::Missing)
    }

    async fn requeue(&self, _: TaskId) -> Result<Change, StoreError> {
        Ok(Change::Missing)
    }

    async fn give_up(&self, _: TaskId, _: &TaskError) -> Result<Change, StoreError> {
        Ok(Change::Missing)
    }

    async fn check(&self) -> Result<(), StoreError> {
        if self.table_is_down { Err(StoreError::Unavailable(down())) } else { Ok(()) }
    }
}

#[async_trait]
impl BatchStore for Outside {
    async fn create(&self, _: &Batch) -> Result<(), StoreError> {
        TaskStore::check(self).await
    }

    async fn put(&self, _: &Batch) -> Result<(), StoreError> {
        TaskStore::check(self).await
    }

    async fn get(&self, _: BatchId) -> Result<Option<Batch>, StoreError> {
        Ok(None)
    }

    async fn delete(&self, _: BatchId) -> Result<(), StoreError> {
        Ok(())
    }

    async fn counts(&self, _: BatchId) -> Result<StatusCounts, StoreError> {
        Ok(StatusCounts::default())
    }

    async fn claim(&self, _: BatchId, _: &str, _: Duration) -> Result<BatchClaimOutcome, StoreError> {
        Ok(BatchClaimOutcome::Missing)
    }

    async fn advance(&self, _: &BatchClaim, _: BatchProgress, _: Duration) -> Result<(), StoreError> {
        Err(StoreError::LeaseLost)
    }

    async fn release(&self, _: &BatchClaim) -> Result<(), StoreError> {
        Err(StoreError::LeaseLost)
    }
}

#[async_trait]
impl ChannelStore for Outside {
    async fn get(&self, _: &ChannelName) -> Result<Option<Channel>, StoreError> {
        TaskStore::check(self).await.map(|()| None)
    }

    async fn list(&self) -> Result<Vec<(ChannelName, Timestamp)>, StoreError> {
        TaskStore::check(self).await.map(|()| Vec::new())
    }

    async fn put(&self, _: &Channel, _: &Condition) -> Result<Written, StoreError> {
        TaskStore::check(self).await.map(|()| Written::Created)
    }

    async fn delete(&self, _: &ChannelName, _: &Condition) -> Result<bool, StoreError> {
        TaskStore::check(self).await.map(|()| false)
    }
}

#[async_trait]
impl RequestStore for Outside {
    async fn begin(
        &self,
        key: IdempotencyKey,
        _: RequestHash,
        makes: ProductId,
        _: Duration,
    ) -> Result<Begun, StoreError> {
        self.keyed.store(true, Ordering::SeqCst);
        Ok(Begun::Yours(Ticket { key, token: String::new(), makes, is_resumed: false }))
    }

    async fn finish(&self, _: &Ticket) -> Result<(), StoreError> {
        Ok(())
    }

    async fn abandon(&self, _: &Ticket) -> Result<(), StoreError> {
        self.keyed.store(false, Ordering::SeqCst);
        Ok(())
    }
}

#[async_trait]
impl DeadLetterQueue for Outside {
    async fn take(&self, _: usize) -> Result<Vec<DeadLetter>, QueueError> {
        TaskQueue::check(self).await.map(|()| Vec::new())
    }

    async fn put_back(&self, _: &DeadLetter) -> Result<(), QueueError> {
        Ok(())
    }

    async fn remove(&self, _: &DeadLetter) -> Result<(), QueueError> {
        Ok(())
    }
}

#[async_trait]
impl TaskQueue for Outside {
    async fn send(&self, _id: TaskId) -> Result<(), QueueError> {
        TaskQueue::check(self).await
    }

    async fn check(&self) -> Result<(), QueueError> {
        if self.queue_is_down { Err(QueueError(down())) } else { Ok(()) }
    }
}

#[async_trait]
impl Bucket for Outside {
    async fn put(&self, _: ObjectKey, _: Bytes) -> Result<(), BucketError> {
        self.stored.store(true, Ordering::SeqCst);
        Ok(())
    }

    async fn put_file(&self, _: ObjectKey, _: &Path) -> Result<(), BucketError> {
        Ok(())
    }

    async fn get(&self, _: ObjectKey) -> Result<Option<Bytes>, BucketError> {
        Ok(None)
    }

    async fn get_start(&self, _: ObjectKey, _: u64) -> Result<Option<ObjectStart>, BucketError> {
        Ok(None)
    }

    async fn get_file(&self, _: ObjectKey, _: &Path, _: u64) -> Result<Option<u64>, BucketError> {
        Ok(None)
    }

    async fn presign_put(&self, _: ObjectKey, _: &UploadTerms, _: Duration) -> Result<SignedUpload, BucketError> {
        Err(BucketError::Unavailable(down()))
    }

    async fn delete(&self, _: ObjectKey) -> Result<(), BucketError> {
        self.stored.store(false, Ordering::SeqCst);
        Ok(())
    }

    async fn delete_task(&self, _: TaskId) -> Result<(), BucketError> {
        Ok(())
    }

    async fn presign(&self, _: ObjectKey, _: Duration) -> Result<String, BucketError> {
        Ok(String::new())
    }

    async fn presign_download(&self, _: ObjectKey, _: &FileName, _: Duration) -> Result<String, BucketError> {
        Ok(String::new())
    }

    async fn check(&self) -> Result<(), BucketError> {
        self.checked.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[async_trait]
impl MediaLibrary for Outside {
    async fn check(&self, _: &Media) -> Result<(), MediaError> {
        Ok(())
    }

    async fn fetch(&self, _: &Media, directory: &Path) -> Result<FetchedMedia, MediaError> {
        Ok(FetchedMedia { path: directory.to_owned() })
    }
}
