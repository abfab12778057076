//! Working on a task: claim it, make the video, hand it in. While the work goes
//! on, the lease is kept and the progress recorded.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::keys::ObjectKey;
use crate::ports::{Bucket, BucketError, Change, Claim, ClaimOutcome, Progress, StoreError, TaskStore};
use crate::produce::{ProduceError, Production, Studio};
use crate::spec::{MediaOrigin, SpecError, VideoSpec};
use crate::subtitles::{to_srt, to_vtt};
use crate::task::{Stage, StageTimings, TaskError, TaskId, VideoReport};
use crate::work_progress::{Step, Watched, changed};

/// Workers that may begin a task before it is given up: fewer than the queue delivers
/// a message (five times), so that the task says why before the message is laid aside.
pub const MAX_ATTEMPTS: u32 = 4;
/// How often the queue delivers a message before it lays it aside; the template says the
/// same. The last delivery is for writing into the task that it failed.
pub const MAX_DELIVERIES: u32 = 5;
/// Code of the error of a task that was given up because its work never came to an end.
pub const GAVE_UP: &str = "gave_up";
/// A worker learns within this time that its task was cancelled or taken over.
const LONGEST_HEARTBEAT: Duration = Duration::from_secs(2);
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
    /// Deliver it again soon, and lay it aside if that was tried too often.
    Retry,
    /// Send it anew after this time: it waits for others, and that counts as no try.
    Later(Duration),
}

/// Why a task did not end with a video.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
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
    /// Another worker has the task: leave it alone, look after it later.
    Leave,
    /// The task has ended: nothing is left to do.
    Drop,
    /// Nobody knows the task any more: nor shall anything stay of it.
    CleanUp,
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
            Self::Store(StoreError::LeaseLost) => Consequence::Leave,
            Self::Store(StoreError::Ended(_)) => Consequence::Drop,
            Self::Store(StoreError::Gone) => Consequence::CleanUp,
            Self::Stopped => Consequence::Retry,
            Self::TooManyAttempts { .. } => abort(GAVE_UP, self.to_string()),
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
                return Disposition::Later(time_until(until));
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
        let (progress, steps) = Watched::begin();
        match self.finish(&claim, directory, &progress, steps, stop).await {
            Ok(report) => {
                tracing::info!(task_id = %id, attempt = claim.attempt, wall_ms = report.wall_ms, frames = report.frames,
                    distinct_frames = report.distinct_frames, size_bytes = report.size_bytes, "task completed");
                Disposition::Done
            }
            Err(error) => self.settle(&claim, &error, progress.timings()).await,
        }
    }

    /// Gives up a task whose message is delivered for the last time: says so in
    /// the task, which nobody could do once the message is laid aside.
    pub async fn give_up(&self, id: TaskId) -> Disposition {
        let message = format!("the task was handed to workers {MAX_DELIVERIES} times and never finished");
        match self.store.give_up(id, &TaskError { code: GAVE_UP.to_owned(), message }).await {
            Ok(Change::Made(_)) => {
                tracing::error!(task_id = %id, "the task was given up");
                // Laid aside, the message says that there is something to look at.
                Disposition::Retry
            }
            Ok(Change::Refused(task)) if task.status.is_final() => Disposition::Done,
            Ok(Change::Refused(_)) => Disposition::Later(self.lease),
            Ok(Change::Missing) => Disposition::Done,
            Err(error) => {
                tracing::error!(task_id = %id, %error, "the task could not be given up");
                Disposition::Later(self.lease)
            }
        }
    }

    /// Makes the video and hands it in.
    async fn finish(
        &self,
        claim: &Claim,
        directory: &Path,
        progress: &Watched,
        steps: watch::Receiver<Step>,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<VideoReport, WorkError> {
        if claim.attempt > MAX_ATTEMPTS {
            return Err(WorkError::TooManyAttempts { attempts: claim.attempt - 1 });
        }
        let work = async {
            let json = self.bucket.get(ObjectKey::Spec(claim.task_id)).await?.ok_or(WorkError::SpecMissing)?;
            let spec = VideoSpec::from_json(&json, MediaOrigin::Remote)?;
            let production = self.studio.produce(&spec, directory, progress).await?;
            progress.report(Stage::Uploading, 0.0);
            self.upload(claim.task_id, &production).await?;
            Ok::<_, WorkError>(production.report)
        };
        let report = tokio::select! {
            done = work => done?,
            lost = self.keep(claim, steps) => return Err(lost.into()),
            () = stop => return Err(WorkError::Stopped),
        };
        self.store.complete(claim, &report, progress.timings()).await?;
        Ok(report)
    }

    /// Extends the lease and records progress until the task is no longer this worker's.
    async fn keep(&self, claim: &Claim, mut steps: watch::Receiver<Step>) -> StoreError {
        let mut heartbeat = tokio::time::interval(LONGEST_HEARTBEAT.min(self.lease / 3));
        loop {
            let outcome = tokio::select! {
                _ = heartbeat.tick() => self.store.extend(claim, self.lease).await,
                () = changed(&mut steps) => {
                    let step = *steps.borrow_and_update();
                    let outcome = self.store.advance(claim, step.stage, step.percent, step.timings).await;
                    tokio::time::sleep(PROGRESS_INTERVAL).await;
                    outcome
                }
            };
            match outcome {
                Err(error @ (StoreError::LeaseLost | StoreError::Ended(_) | StoreError::Gone)) => return error,
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
    async fn settle(&self, claim: &Claim, error: &WorkError, timings: StageTimings) -> Disposition {
        let consequence = error.consequence(claim.attempt);
        if matches!(consequence, Consequence::Drop | Consequence::CleanUp) {
            tracing::info!(task_id = %claim.task_id, attempt = claim.attempt, reason = %error, "the work was dropped");
        } else {
            let source = std::error::Error::source(error).map(ToString::to_string);
            tracing::error!(task_id = %claim.task_id, attempt = claim.attempt, %error, source, "the task did not end with a video");
        }
        match consequence {
            Consequence::Leave => Disposition::Later(self.lease),
            Consequence::Drop => Disposition::Done,
            Consequence::CleanUp => match self.bucket.delete_task(claim.task_id).await {
                Ok(()) => Disposition::Done,
                Err(error) => {
                    tracing::warn!(task_id = %claim.task_id, %error, "files of a deleted task stay until they expire");
                    Disposition::Done
                }
            },
            Consequence::Retry => {
                self.log_if_failed(claim, self.store.release(claim).await);
                Disposition::Retry
            }
            Consequence::Abort(reason) => match self.store.fail(claim, &reason, timings).await {
                Ok(()) | Err(StoreError::Ended(_)) => Disposition::Done,
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

/// How long it is until then: a second at least, so that nobody asks again and again.
fn time_until(moment: Timestamp) -> Duration {
    let left = Duration::try_from(moment.duration_since(Timestamp::now())).unwrap_or_default();
    left.max(Duration::from_secs(1))
}
