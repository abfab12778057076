//! Working on a task: claim it, make the video, hand it in. While the work goes
//! on, the lease is kept and the progress recorded.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use crate::keys::ObjectKey;
use crate::ports::{Bucket, BucketError, Claim, ClaimOutcome, Progress, StoreError, TaskStore};
use crate::produce::{ProduceError, Production, Studio};
use crate::spec::{MediaOrigin, SpecError, VideoSpec};
use crate::subtitles::{to_srt, to_vtt};
use crate::task::{Stage, TaskError, TaskId, VideoReport};

/// Workers that may begin a task before it is given up: fewer than the queue delivers
/// a message (five times), so that the task says why before the message is laid aside.
pub const MAX_ATTEMPTS: u32 = 4;
/// How often progress is written at most.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);

/// Makes videos of tasks.
#[derive(Clone)]
pub struct Worker {
    /// The truth about tasks.
    pub store: Arc<dyn TaskStore>,
    /// Holds specs and videos.
    pub bucket: Arc<dyn Bucket>,
    /// Makes videos of specs.
    pub studio: Studio,
    /// Name of this worker, for people who read the table.
    pub owner: String,
    /// How long a claim lasts unless it is kept up.
    pub lease: Duration,
}

/// What is to be done with the message that named the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Acknowledge it: the task has ended, well or not.
    Done,
    /// Deliver it again later.
    Retry,
}

/// Why a task did not end with a video.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// Another worker has the task.
    #[error("another worker holds the task until {until}")]
    Held {
        /// End of the other's lease.
        until: jiff::Timestamp,
    },
    /// The task was begun too often.
    #[error("the task was begun {attempts} times and never finished")]
    TooManyAttempts {
        /// How often.
        attempts: u32,
    },
    /// The worker is asked to stop.
    #[error("the worker stops; another one begins the task again")]
    Stopped,
    /// The spec is gone.
    #[error("the spec of the task is gone")]
    SpecMissing,
    /// The spec, accepted once, is refused now.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// No video was made.
    #[error(transparent)]
    Produce(#[from] ProduceError),
    /// The table did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bucket did not do it.
    #[error(transparent)]
    Bucket(#[from] BucketError),
}

/// What follows from an error.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Consequence {
    /// Nothing was changed and nothing can be: leave the task alone, try later.
    Leave,
    /// Give the lease back, try again.
    Retry,
    /// Write the reason into the task; nobody tries again.
    Abort(TaskError),
}

impl WorkError {
    /// The one place where retry and abort are decided.
    fn consequence(&self, attempt: u32) -> Consequence {
        let abort = |code: &str, message: String| Consequence::Abort(TaskError { code: code.to_owned(), message });
        match self {
            Self::Held { .. } | Self::Store(StoreError::LeaseLost) => Consequence::Leave,
            Self::Stopped => Consequence::Retry,
            Self::TooManyAttempts { .. } => abort("gave_up", self.to_string()),
            Self::SpecMissing => abort("spec_missing", self.to_string()),
            Self::Spec(error) => abort("invalid_spec", error.to_string()),
            Self::Produce(error) if error.is_transient() && attempt < MAX_ATTEMPTS => Consequence::Retry,
            Self::Produce(error) => abort(error.code(), error.to_string()),
            Self::Store(_) | Self::Bucket(_) if attempt < MAX_ATTEMPTS => Consequence::Retry,
            Self::Store(_) | Self::Bucket(_) => abort("storage_unavailable", self.to_string()),
        }
    }
}

impl Worker {
    /// Does what the task needs, unless `stop` resolves first: then the task goes
    /// back for others to begin at once. `directory` must exist, be empty and be
    /// removed by the caller.
    pub async fn work(&self, id: TaskId, directory: &Path, stop: impl Future<Output = ()> + Send) -> Disposition {
        let claim = match self.store.claim(id, &self.owner, self.lease).await {
            Ok(ClaimOutcome::Claimed(claim)) => claim,
            Ok(ClaimOutcome::Held { until }) => {
                tracing::info!(task_id = %id, %until, "another worker holds the task");
                return Disposition::Retry;
            }
            Ok(ClaimOutcome::Finished(status)) => {
                tracing::info!(task_id = %id, status = status.as_str(), "the task has ended already");
                return Disposition::Done;
            }
            Ok(ClaimOutcome::Missing) => {
                tracing::warn!(task_id = %id, "there is no such task");
                return Disposition::Done;
            }
            Err(error) => {
                tracing::error!(task_id = %id, %error, "the task could not be claimed");
                return Disposition::Retry;
            }
        };
        match self.finish(&claim, directory, stop).await {
            Ok(report) => {
                tracing::info!(task_id = %id, attempt = claim.attempt, wall_ms = report.wall_ms, frames = report.frames,
                    distinct_frames = report.distinct_frames, size_bytes = report.size_bytes, "task completed");
                Disposition::Done
            }
            Err(error) => self.settle(&claim, &error).await,
        }
    }

    /// Makes the video and hands it in.
    async fn finish(
        &self,
        claim: &Claim,
        directory: &Path,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<VideoReport, WorkError> {
        if claim.attempt > MAX_ATTEMPTS {
            return Err(WorkError::TooManyAttempts { attempts: claim.attempt - 1 });
        }
        let (sender, receiver) = watch::channel((Stage::Planning, 0));
        let progress = Watched { sender };
        let work = async {
            let json = self.bucket.get(ObjectKey::Spec(claim.task_id)).await?.ok_or(WorkError::SpecMissing)?;
            let spec = VideoSpec::from_json(&json, MediaOrigin::Remote)?;
            let production = self.studio.produce(&spec, directory, &progress).await?;
            progress.report(Stage::Uploading, 0.0);
            self.upload(claim.task_id, &production).await?;
            Ok::<_, WorkError>(production.report)
        };
        let report = tokio::select! {
            done = work => done?,
            lost = self.keep(claim, receiver) => return Err(lost.into()),
            () = stop => return Err(WorkError::Stopped),
        };
        self.store.complete(claim, &report).await?;
        Ok(report)
    }

    /// Extends the lease and records progress until the lease is lost.
    async fn keep(&self, claim: &Claim, mut progress: watch::Receiver<(Stage, u8)>) -> StoreError {
        let mut heartbeat = tokio::time::interval(self.lease / 4);
        heartbeat.tick().await;
        loop {
            let outcome = tokio::select! {
                _ = heartbeat.tick() => self.store.extend(claim, self.lease).await,
                () = changed(&mut progress) => {
                    let (stage, percent) = *progress.borrow_and_update();
                    let outcome = self.store.advance(claim, stage, percent).await;
                    tokio::time::sleep(PROGRESS_INTERVAL).await;
                    outcome
                }
            };
            match outcome {
                Err(StoreError::LeaseLost) => return StoreError::LeaseLost,
                // The lease may outlive a short outage: the next beat tries again.
                Err(error) => tracing::warn!(task_id = %claim.task_id, %error, "the lease could not be kept up"),
                Ok(()) => {}
            }
        }
    }

    async fn upload(&self, id: TaskId, production: &Production) -> Result<(), BucketError> {
        let (srt, vtt) = (Bytes::from(to_srt(&production.cues)), Bytes::from(to_vtt(&production.cues)));
        let files = production.outputs.iter().flat_map(|output| {
            let shape = output.further_shape;
            [(ObjectKey::Video(id, shape), &output.video), (ObjectKey::Poster(id, shape), &output.poster)]
        });
        tokio::try_join!(
            futures::future::try_join_all(files.map(|(key, path)| self.bucket.put_file(key, path))),
            self.bucket.put(ObjectKey::Srt(id), srt),
            self.bucket.put(ObjectKey::Vtt(id), vtt),
        )?;
        Ok(())
    }

    /// Draws the consequence of a failure.
    async fn settle(&self, claim: &Claim, error: &WorkError) -> Disposition {
        let source = std::error::Error::source(error).map(ToString::to_string);
        tracing::error!(task_id = %claim.task_id, attempt = claim.attempt, %error, source, "the task did not end with a video");
        match error.consequence(claim.attempt) {
            Consequence::Leave => Disposition::Retry,
            Consequence::Retry => {
                self.log_if_failed(claim, self.store.release(claim).await);
                Disposition::Retry
            }
            Consequence::Abort(reason) => match self.store.fail(claim, &reason).await {
                Ok(()) => Disposition::Done,
                Err(error) => {
                    self.log_if_failed(claim, Err(error));
                    Disposition::Retry
                }
            },
        }
    }

    fn log_if_failed(&self, claim: &Claim, outcome: Result<(), StoreError>) {
        if let Err(error) = outcome {
            tracing::warn!(task_id = %claim.task_id, %error, "the outcome could not be recorded; the lease will run out");
        }
    }
}

/// Resolves when there is new progress; never, once nobody reports any more.
async fn changed(progress: &mut watch::Receiver<(Stage, u8)>) {
    if progress.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

struct Watched {
    sender: watch::Sender<(Stage, u8)>,
}

impl Progress for Watched {
    fn report(&self, stage: Stage, fraction: f64) {
        let percent = stage.percent(fraction);
        self.sender.send_if_modified(|current| {
            let forward = percent > current.1 || (percent == current.1 && stage > current.0);
            if forward {
                *current = (stage, percent);
            }
            forward
        });
    }
}
