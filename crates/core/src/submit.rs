//! Accepting a request: check it, record it, enqueue it. In this order, so that
//! nothing is answered that was not recorded and nothing enqueued that was refused.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use crate::channel;
use crate::keys::ObjectKey;
use crate::media_faults::{LookLimits, MediaFaults};
use crate::ports::{
    Begun, Bucket, BucketError, ChannelStore, MediaLibrary, QueueError, RequestStore, StoreError, TaskQueue, TaskStore,
    Ticket,
};
use crate::request::KeyedRequest;
use crate::spec::{MediaOrigin, SpecError, VideoSpec};
use crate::task::{Status, Task, TaskId};

/// How long whoever carries out a request with a key may take before another takes over.
pub const REQUEST_LEASE: Duration = Duration::from_secs(30);

/// Accepts requests.
#[derive(Clone)]
pub struct FrontDesk {
    /// The truth about tasks.
    pub store: Arc<dyn TaskStore>,
    /// Which requests were carried out.
    pub requests: Arc<dyn RequestStore>,
    /// Fill what specs leave out.
    pub channels: Arc<dyn ChannelStore>,
    /// Holds specs.
    pub bucket: Arc<dyn Bucket>,
    /// Carries ids to workers.
    pub queue: Arc<dyn TaskQueue>,
    /// Looks at media before they are accepted.
    pub media: Arc<dyn MediaLibrary>,
    /// How long tasks are kept.
    pub time_to_live: Duration,
    /// How long carrying out a request with a key may take; [`REQUEST_LEASE`].
    pub request_lease: Duration,
    /// Whether a model is set up that writes scripts.
    pub has_writer: bool,
}

/// Why a request was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// It asks for something that cannot be made.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The spec could not be kept.
    #[error(transparent)]
    Bucket(#[from] BucketError),
    /// The task could not be recorded.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No worker could be told.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The request is being carried out for someone who sent it before.
    #[error("a request with this idempotency key is being carried out")]
    InFlight,
    /// The key stands for another request.
    #[error("this idempotency key was sent before with another body")]
    OtherRequest,
    /// The request was carried out, but what it made was deleted.
    #[error("what was made for this idempotency key is gone")]
    KeySpent,
}

impl FrontDesk {
    /// Checks a spec in JSON and makes it a task.
    ///
    /// # Errors
    /// [`SubmitError`]; then nothing is enqueued and no record stays.
    pub async fn submit(&self, json: Bytes) -> Result<Task, SubmitError> {
        self.submit_as(TaskId::generate(), json).await.map_err(|failure| failure.error)
    }

    /// [`Self::submit`], once for each key: sent again, the same request gets the same task.
    ///
    /// # Errors
    /// [`SubmitError`]; unless another request has the key, this one may be sent again with it.
    pub async fn submit_once(&self, request: KeyedRequest, json: Bytes) -> Result<Task, SubmitError> {
        let KeyedRequest { key, hash } = request;
        match self.requests.begin(key, hash, TaskId::generate().into(), self.request_lease).await? {
            Begun::Yours(ticket) => self.carry_out(&ticket, json).await,
            Begun::Done(id) => self.store.get(id.into()).await?.ok_or(SubmitError::KeySpent),
            Begun::InFlight => Err(SubmitError::InFlight),
            Begun::OtherRequest => Err(SubmitError::OtherRequest),
        }
    }

    async fn carry_out(&self, ticket: &Ticket, json: Bytes) -> Result<Task, SubmitError> {
        let id = ticket.makes.into();
        if ticket.is_resumed
            && let Some(task) = self.store.get(id).await?
        {
            if task.status == Status::Queued {
                // Whoever recorded it may not have come to this.
                self.queue.send(task.id).await?;
            }
            self.close(ticket).await;
            return Ok(task);
        }
        match self.submit_as(id, json).await {
            Ok(task) => {
                self.close(ticket).await;
                Ok(task)
            }
            Err(failure) => {
                // What may still be recorded is to be found by the next request with the key.
                if !failure.leaves_record {
                    self.reopen(ticket).await;
                }
                Err(failure.error)
            }
        }
    }

    /// Notes that the request was accepted. Without that note the next request with
    /// the key finds the record of what was made.
    pub(crate) async fn close(&self, ticket: &Ticket) {
        if let Err(error) = self.requests.finish(ticket).await {
            tracing::warn!(%error, "a request that was carried out could not be noted");
        }
    }

    /// Lets the request be sent again at once, as if it had not come.
    pub(crate) async fn reopen(&self, ticket: &Ticket) {
        if let Err(error) = self.requests.abandon(ticket).await {
            tracing::warn!(%error, "a refused request keeps its key for a while");
        }
    }

    async fn submit_as(&self, id: TaskId, json: Bytes) -> Result<Task, Failure> {
        let filled = channel::fill(self.channels.as_ref(), json).await?;
        let spec = self.read(&filled.json).map_err(|error| filled.explain(error))?;
        let faults = MediaFaults::find(self.media.as_ref(), [&spec], LookLimits::ONE_SPEC).await;
        let violations = faults.violations(&spec);
        if !violations.is_empty() {
            return Err(SpecError::Invalid(filled.explained(violations)).into());
        }
        let task = Task::queued(id, spec.display_title(), Timestamp::now(), self.time_to_live);
        self.bucket.put(ObjectKey::Spec(id), filled.json).await?;
        let recorded = async {
            self.store.create(&task).await?;
            Ok(self.queue.send(id).await?)
        };
        if let Err(error) = recorded.await {
            return Err(Failure { error, leaves_record: !self.forget(id).await });
        }
        tracing::info!(task_id = %id, scenes = spec.scenes.len(), characters = spec.narration_characters(), "task accepted");
        Ok(task)
    }

    /// Reads a spec that can be made here.
    ///
    /// # Errors
    /// [`SpecError`] with every fault found.
    pub(crate) fn read(&self, json: &[u8]) -> Result<VideoSpec, SpecError> {
        let spec = VideoSpec::from_json(json, MediaOrigin::Remote)?;
        if spec.topic.is_some() && !self.has_writer { Err(SpecError::WriterUnavailable) } else { Ok(spec) }
    }

    /// Takes back what may have been recorded for a request that was not accepted. Whether
    /// no record stays; what cannot be taken back expires by itself.
    pub(crate) async fn forget(&self, id: TaskId) -> bool {
        let forgotten = self.store.delete(id).await;
        if let Err(error) = &forgotten {
            tracing::warn!(task_id = %id, %error, "a task that was never enqueued may stay in the table");
        }
        if let Err(error) = self.bucket.delete(ObjectKey::Spec(id)).await {
            tracing::warn!(task_id = %id, %error, "a spec that was never enqueued stays in the bucket");
        }
        forgotten.is_ok()
    }
}

/// A request that was not accepted.
struct Failure {
    error: SubmitError,
    /// Whether the table may hold its task all the same.
    leaves_record: bool,
}

impl<E: Into<SubmitError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { error: error.into(), leaves_record: false }
    }
}
