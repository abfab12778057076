//! Every port, forwarded through the counter.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use rushes_core::batch::{Batch, BatchId, BatchProgress, StatusCounts};
use rushes_core::channel::{Channel, ChannelName};
use rushes_core::file_name::FileName;
use rushes_core::keys::ObjectKey;
use rushes_core::memo::Counts;
use rushes_core::narration::Speech;
use rushes_core::ports::{
    BatchClaim, BatchClaimOutcome, BatchStore, Begun, Bucket, BucketError, Change, ChannelStore, Claim, ClaimOutcome,
    Condition, Entry, FetchedMedia, Found, MediaError, MediaLibrary, MemoClaim, MemoError, MemoKey, MemoKind,
    MemoStore, ObjectStart, Progress, QueueError, RenderError, RenderJob, Rendered, Renderer, RequestStore,
    SignedUpload, StoreError, TaskPage, TaskQueue, TaskStore, Ticket, UploadTerms, Voice, VoiceError, Written,
};
use rushes_core::request::{IdempotencyKey, ProductId, RequestHash};
use rushes_core::spec::{Media, VoiceChoice};
use rushes_core::task::{Stage, StageTimings, Status, Task, TaskError, TaskId, VideoReport};

use super::Faulty;

/// Makes a call to the port behind.
macro_rules! forward {
    ($self:ident.$name:ident($($argument:expr),*)) => {
        $self.call(stringify!($name), $self.port.$name($($argument),*)).await
    };
}

#[async_trait]
impl<T: TaskStore + ?Sized> TaskStore for Faulty<T> {
    async fn create(&self, task: &Task) -> Result<(), StoreError> {
        forward!(self.create(task))
    }

    async fn get(&self, id: TaskId) -> Result<Option<Task>, StoreError> {
        forward!(self.get(id))
    }

    async fn list(&self, status: Option<Status>, cursor: Option<&str>, limit: u32) -> Result<TaskPage, StoreError> {
        forward!(self.list(status, cursor, limit))
    }

    async fn count(&self, status: Status) -> Result<u64, StoreError> {
        forward!(self.count(status))
    }

    async fn delete(&self, id: TaskId) -> Result<(), StoreError> {
        forward!(self.delete(id))
    }

    async fn claim(&self, id: TaskId, owner: &str, lease: Duration) -> Result<ClaimOutcome, StoreError> {
        forward!(self.claim(id, owner, lease))
    }

    async fn extend(&self, claim: &Claim, lease: Duration) -> Result<(), StoreError> {
        forward!(self.extend(claim, lease))
    }

    async fn advance(
        &self,
        claim: &Claim,
        stage: Stage,
        progress: u8,
        timings: StageTimings,
    ) -> Result<(), StoreError> {
        forward!(self.advance(claim, stage, progress, timings))
    }

    async fn complete(&self, claim: &Claim, report: &VideoReport, timings: StageTimings) -> Result<(), StoreError> {
        forward!(self.complete(claim, report, timings))
    }

    async fn fail(&self, claim: &Claim, error: &TaskError, timings: StageTimings) -> Result<(), StoreError> {
        forward!(self.fail(claim, error, timings))
    }

    async fn release(&self, claim: &Claim) -> Result<(), StoreError> {
        forward!(self.release(claim))
    }

    async fn hand_back(&self, claim: &Claim) -> Result<(), StoreError> {
        forward!(self.hand_back(claim))
    }

    async fn cancel(&self, id: TaskId) -> Result<Change, StoreError> {
        forward!(self.cancel(id))
    }

    async fn requeue(&self, id: TaskId) -> Result<Change, StoreError> {
        forward!(self.requeue(id))
    }

    async fn give_up(&self, id: TaskId, error: &TaskError) -> Result<Change, StoreError> {
        forward!(self.give_up(id, error))
    }

    async fn check(&self) -> Result<(), StoreError> {
        forward!(self.check())
    }
}

#[async_trait]
impl<T: ChannelStore + ?Sized> ChannelStore for Faulty<T> {
    async fn get(&self, name: &ChannelName) -> Result<Option<Channel>, StoreError> {
        forward!(self.get(name))
    }

    async fn list(&self) -> Result<Vec<(ChannelName, Timestamp)>, StoreError> {
        forward!(self.list())
    }

    async fn put(&self, channel: &Channel, condition: &Condition) -> Result<Written, StoreError> {
        forward!(self.put(channel, condition))
    }

    async fn delete(&self, name: &ChannelName, condition: &Condition) -> Result<bool, StoreError> {
        forward!(self.delete(name, condition))
    }
}

#[async_trait]
impl<T: RequestStore + ?Sized> RequestStore for Faulty<T> {
    async fn begin(
        &self,
        key: IdempotencyKey,
        request: RequestHash,
        makes: ProductId,
        lease: Duration,
    ) -> Result<Begun, StoreError> {
        forward!(self.begin(key, request, makes, lease))
    }

    async fn finish(&self, ticket: &Ticket) -> Result<(), StoreError> {
        forward!(self.finish(ticket))
    }

    async fn abandon(&self, ticket: &Ticket) -> Result<(), StoreError> {
        forward!(self.abandon(ticket))
    }
}

#[async_trait]
impl<T: BatchStore + ?Sized> BatchStore for Faulty<T> {
    async fn create(&self, batch: &Batch) -> Result<(), StoreError> {
        forward!(self.create(batch))
    }

    async fn put(&self, batch: &Batch) -> Result<(), StoreError> {
        forward!(self.put(batch))
    }

    async fn get(&self, id: BatchId) -> Result<Option<Batch>, StoreError> {
        forward!(self.get(id))
    }

    async fn delete(&self, id: BatchId) -> Result<(), StoreError> {
        forward!(self.delete(id))
    }

    async fn counts(&self, id: BatchId) -> Result<StatusCounts, StoreError> {
        forward!(self.counts(id))
    }

    async fn claim(&self, id: BatchId, owner: &str, lease: Duration) -> Result<BatchClaimOutcome, StoreError> {
        forward!(self.claim(id, owner, lease))
    }

    async fn advance(&self, claim: &BatchClaim, progress: BatchProgress, lease: Duration) -> Result<(), StoreError> {
        forward!(self.advance(claim, progress, lease))
    }

    async fn release(&self, claim: &BatchClaim) -> Result<(), StoreError> {
        forward!(self.release(claim))
    }
}

#[async_trait]
impl<T: TaskQueue + ?Sized> TaskQueue for Faulty<T> {
    async fn send(&self, id: TaskId) -> Result<(), QueueError> {
        forward!(self.send(id))
    }

    async fn check(&self) -> Result<(), QueueError> {
        forward!(self.check())
    }
}

#[async_trait]
impl<T: Bucket + ?Sized> Bucket for Faulty<T> {
    async fn put(&self, key: ObjectKey, bytes: Bytes) -> Result<(), BucketError> {
        forward!(self.put(key, bytes))
    }

    async fn put_file(&self, key: ObjectKey, path: &Path) -> Result<(), BucketError> {
        forward!(self.put_file(key, path))
    }

    async fn get(&self, key: ObjectKey) -> Result<Option<Bytes>, BucketError> {
        forward!(self.get(key))
    }

    async fn get_start(&self, key: ObjectKey, count: u64) -> Result<Option<ObjectStart>, BucketError> {
        forward!(self.get_start(key, count))
    }

    async fn get_file(&self, key: ObjectKey, path: &Path, max_bytes: u64) -> Result<Option<u64>, BucketError> {
        forward!(self.get_file(key, path, max_bytes))
    }

    async fn delete(&self, key: ObjectKey) -> Result<(), BucketError> {
        forward!(self.delete(key))
    }

    async fn delete_task(&self, id: TaskId) -> Result<(), BucketError> {
        forward!(self.delete_task(id))
    }

    async fn presign(&self, key: ObjectKey, valid_for: Duration) -> Result<String, BucketError> {
        forward!(self.presign(key, valid_for))
    }

    async fn presign_download(
        &self,
        key: ObjectKey,
        name: &FileName,
        valid_for: Duration,
    ) -> Result<String, BucketError> {
        forward!(self.presign_download(key, name, valid_for))
    }

    async fn presign_put(
        &self,
        key: ObjectKey,
        upload: &UploadTerms,
        valid_for: Duration,
    ) -> Result<SignedUpload, BucketError> {
        forward!(self.presign_put(key, upload, valid_for))
    }

    async fn check(&self) -> Result<(), BucketError> {
        forward!(self.check())
    }
}

#[async_trait]
impl<T: MemoStore + ?Sized> MemoStore for Faulty<T> {
    async fn get(&self, key: MemoKey) -> Result<Option<Found>, MemoError> {
        forward!(self.get(key))
    }

    async fn put(&self, key: MemoKey, entry: &Entry, task: Option<TaskId>) -> Result<(), MemoError> {
        forward!(self.put(key, entry, task))
    }

    async fn claim(&self, key: MemoKey, token: &str, lease: Duration) -> Result<MemoClaim, MemoError> {
        forward!(self.claim(key, token, lease))
    }

    async fn extend(&self, key: MemoKey, token: &str, lease: Duration) -> Result<(), MemoError> {
        forward!(self.extend(key, token, lease))
    }

    async fn finish(&self, key: MemoKey, token: &str, entry: &Entry, task: Option<TaskId>) -> Result<bool, MemoError> {
        forward!(self.finish(key, token, entry, task))
    }

    async fn release(&self, key: MemoKey, token: &str) -> Result<(), MemoError> {
        forward!(self.release(key, token))
    }

    async fn forget(&self, key: MemoKey) -> Result<bool, MemoError> {
        forward!(self.forget(key))
    }

    async fn add_counts(&self, kind: MemoKind, counts: &Counts) -> Result<(), MemoError> {
        forward!(self.add_counts(kind, counts))
    }
}

#[async_trait]
impl<T: MediaLibrary + ?Sized> MediaLibrary for Faulty<T> {
    async fn check(&self, media: &Media) -> Result<(), MediaError> {
        forward!(self.check(media))
    }

    async fn fetch(&self, media: &Media, directory: &Path) -> Result<FetchedMedia, MediaError> {
        forward!(self.fetch(media, directory))
    }
}

#[async_trait]
impl<T: Voice + ?Sized> Voice for Faulty<T> {
    async fn version(&self) -> Result<String, VoiceError> {
        forward!(self.version())
    }

    async fn speak(&self, sentences: &[String], choice: &VoiceChoice, spool: &Path) -> Result<Vec<Speech>, VoiceError> {
        forward!(self.speak(sentences, choice, spool))
    }
}

#[async_trait]
impl<T: Renderer + ?Sized> Renderer for Faulty<T> {
    async fn render(&self, job: RenderJob<'_>, progress: &dyn Progress) -> Result<Rendered, RenderError> {
        forward!(self.render(job, progress))
    }
}
