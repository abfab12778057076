//! Working on a task: claim it, make the video, hand it in. While the work goes
//! on, the lease is kept and the progress recorded.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::estimate::{ElsewhereWhenLong, rendering_time};
use crate::keys::ObjectKey;
use crate::memo;
use crate::ports::{
    Bucket, BucketError, Change, Claim, ClaimOutcome, Progress, StoreError, TaskEnd, TaskObserver, TaskOutcome,
    TaskStore,
};
use crate::produce::{Production, Studio};
use crate::shift::Shift;
use crate::spec::{MediaOrigin, VideoSpec};
use crate::subtitles::{to_srt, to_vtt};
use crate::task::{Stage, StageTimings, Task, TaskError, TaskId, VideoReport};
use crate::work_error::Consequence;
pub use crate::work_error::WorkError;
use crate::work_progress::{Step, Watched, changed};

/// Workers that may try a task before it is given up. They are counted in the task: what the
/// queue counts are deliveries, of which Lambda throttles some that no worker ever sees.
pub const MAX_TRIES: u32 = 4;
/// How often the queue delivers a message before it lays it aside by itself, the most that SQS allows; the template
/// says the same. So rarely is it the queue that does it that the last delivery is for writing into the task that
/// it failed.
pub const MAX_DELIVERIES: u32 = 1000;
/// How often a task may go on in another worker's time before that counts as a try: with functions
/// of a quarter of an hour, five hours of work. What was made until then is remembered each time.
pub const MAX_HAND_BACKS: u32 = 20;
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
    /// How long a claim lasts unless it is kept up, or less where the shift ends before.
    pub lease: Duration,
    /// Where tasks go that take too long for here, if anywhere.
    pub elsewhere: Option<ElsewhereWhenLong>,
    /// Is told what became of each claim.
    pub observer: Arc<dyn TaskObserver>,
}

/// What is to be done with the message that named the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Acknowledge it: the task has ended, well or not.
    Done,
    /// Deliver it again, later each time.
    Retry,
    /// Send it anew after this time: it waits for others or for another worker's time, and that counts as no try.
    Later(Duration),
    /// Lay it aside, where an operator finds it: the task was given up, or it names none.
    LayAside,
}

impl Worker {
    /// Does what the task needs, unless the shift is over first: then the task goes
    /// back for others to begin at once. `directory` must exist, be empty and be
    /// removed by the caller.
    pub async fn work(&self, id: TaskId, directory: &Path, shift: &Shift) -> Disposition {
        let claim = match self.store.claim(id, &self.owner, shift.promise(self.lease)).await {
            Ok(ClaimOutcome::Claimed(claim)) => claim,
            Ok(ClaimOutcome::Held { until }) => {
                tracing::info!(task_id = %id, %until, "another worker holds the task");
                return Disposition::Later(time_until(until));
            }
            Ok(ClaimOutcome::Finished(task)) => {
                tracing::info!(task_id = %id, status = task.status.as_str(), "the task has ended already");
                return after_the_end(&task);
            }
            Ok(ClaimOutcome::Missing) => {
                tracing::warn!(task_id = %id, "there is no such task");
                return Disposition::Done;
            }
            Err(error) => {
                tracing::error!(task_id = %id, %error, "the task could not be claimed");
                let is_lasting = matches!(error, StoreError::Corrupt { .. });
                return if is_lasting { Disposition::LayAside } else { Disposition::Retry };
            }
        };
        let (progress, steps) = Watched::begin();
        let begun = Instant::now();
        let finished = self.finish(&claim, directory, &progress, steps, shift).await;
        self.tell_observer(&claim, &finished, begun.elapsed(), progress.timings());
        match finished {
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
        match self.store.give_up(id, &TaskError::gave_up(message)).await {
            Ok(Change::Made(task)) => {
                tracing::error!(task_id = %id, "the task was given up");
                after_the_end(&task)
            }
            Ok(Change::Refused(task)) if task.status.is_final() => after_the_end(&task),
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
        shift: &Shift,
    ) -> Result<VideoReport, WorkError> {
        if claim.tries() > MAX_TRIES {
            return Err(WorkError::TooManyTries);
        }
        let work = async {
            let json = self.bucket.get(ObjectKey::Spec(claim.task_id)).await?.ok_or(WorkError::SpecMissing)?;
            let spec = VideoSpec::from_json(&json, MediaOrigin::Remote)?;
            // Containers have no script writer.
            if let Some(elsewhere) = self.elsewhere.as_ref().filter(|_| spec.topic.is_none())
                && rendering_time(&spec) > elsewhere.limit
            {
                return Err(WorkError::TooLong(rendering_time(&spec)));
            }
            let production = memo::made_for(claim.task_id, self.studio.produce(&spec, directory, progress)).await?;
            progress.report(Stage::Uploading, 0.0);
            self.upload(claim.task_id, &production).await?;
            Ok::<_, WorkError>(production.report)
        };
        let report = tokio::select! {
            done = work => done?,
            lost = self.keep(claim, steps, shift) => return Err(lost.into()),
            () = shift.over() => return Err(WorkError::Stopped),
        };
        self.store.complete(claim, &report, progress.timings()).await?;
        Ok(report)
    }

    /// Extends the lease and records progress until the task is no longer this worker's.
    async fn keep(&self, claim: &Claim, mut steps: watch::Receiver<Step>, shift: &Shift) -> StoreError {
        let mut heartbeat = tokio::time::interval(LONGEST_HEARTBEAT.min(self.lease / 3));
        loop {
            let outcome = tokio::select! {
                _ = heartbeat.tick() => self.store.extend(claim, shift.promise(self.lease)).await,
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
        let consequence = error.consequence(claim);
        if matches!(consequence, Consequence::Drop | Consequence::CleanUp) {
            tracing::info!(task_id = %claim.task_id, attempt = claim.attempt, reason = %error, "the work was dropped");
        } else if error.is_about_the_spec() {
            // Without what lies beneath, which may be the words of whoever was asked.
            tracing::info!(task_id = %claim.task_id, attempt = claim.attempt, reason = %error, "no video can be made of the spec");
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
            Consequence::HandBack => {
                self.log_if_failed(claim, self.store.hand_back(claim).await);
                Disposition::Later(Duration::ZERO)
            }
            Consequence::Postpone(wait) => {
                self.log_if_failed(claim, self.store.hand_back(claim).await);
                Disposition::Later(wait)
            }
            Consequence::Move => {
                self.log_if_failed(claim, self.store.hand_back(claim).await);
                self.move_elsewhere(claim.task_id).await
            }
            Consequence::Abort(reason) => match self.store.fail(claim, &reason, timings).await {
                Ok(()) if reason.is_given_up() => Disposition::LayAside,
                Ok(()) | Err(StoreError::Ended(_)) => Disposition::Done,
                Err(error) => {
                    self.log_if_failed(claim, Err(error));
                    Disposition::Retry
                }
            },
        }
    }

    /// Tells workers that have more time. Until they know, the message stays.
    async fn move_elsewhere(&self, id: TaskId) -> Disposition {
        let Some(elsewhere) = &self.elsewhere else { return Disposition::Retry };
        match elsewhere.queue.send(id).await {
            Ok(()) => Disposition::Done,
            Err(error) => {
                tracing::error!(task_id = %id, error = %error.0, "a long task could not be handed on");
                Disposition::Retry
            }
        }
    }

    fn tell_observer(
        &self,
        claim: &Claim,
        finished: &Result<VideoReport, WorkError>,
        worked: Duration,
        timings: StageTimings,
    ) {
        let outcome = match finished {
            Ok(report) => TaskOutcome::Completed(report),
            Err(error) => match error.consequence(claim) {
                Consequence::Abort(_) => TaskOutcome::Failed,
                Consequence::Retry | Consequence::HandBack | Consequence::Postpone(_) | Consequence::Move => {
                    TaskOutcome::HandedBack
                }
                Consequence::Leave | Consequence::Drop | Consequence::CleanUp => TaskOutcome::Dropped,
            },
        };
        let age = Duration::try_from(Timestamp::now().duration_since(claim.task_id.made_at())).unwrap_or_default();
        let waited = (claim.attempt == 1).then(|| age.saturating_sub(worked));
        let (id, attempt) = (claim.task_id, claim.attempt);
        self.observer.task_ended(&TaskEnd { id, attempt, outcome, waited, worked, timings });
    }

    fn log_if_failed(&self, claim: &Claim, outcome: Result<(), StoreError>) {
        if let Err(error) = outcome {
            tracing::warn!(task_id = %claim.task_id, %error, "the outcome could not be recorded; the lease will run out");
        }
    }
}

/// What is to be done with a message whose task has ended: where that was given up, there is something to look at.
fn after_the_end(task: &Task) -> Disposition {
    if task.was_given_up() { Disposition::LayAside } else { Disposition::Done }
}

/// How long it is until then: a second at least, so that nobody asks again and again.
fn time_until(moment: Timestamp) -> Duration {
    let left = Duration::try_from(moment.duration_since(Timestamp::now())).unwrap_or_default();
    left.max(Duration::from_secs(1))
}
