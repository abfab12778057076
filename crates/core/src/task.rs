//! The life of one request for one video.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::batch::BatchId;
use crate::ports::Credit;
use crate::script::ScriptReport;
use crate::spec::{Aspect, Resolution, Shape};

/// Name of a task: a ULID, so that names sort by the time of their making.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(ulid::Ulid);

impl TaskId {
    /// A new, unused id.
    #[must_use]
    pub fn generate() -> Self {
        Self(ulid::Ulid::generate())
    }

    /// The name of the task that a row of a batch becomes: the same each time, and sorted by
    /// the time and the row. `row` counts from 1.
    #[must_use]
    pub fn of_row(batch: BatchId, created_at: Timestamp, row: u64) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"rushes row 1\0").update(&batch.to_bytes());
        let mut random = [0; 16];
        hasher.finalize_xof().fill(&mut random[6..13]);
        let milliseconds = u64::try_from(created_at.as_millisecond()).unwrap_or_default();
        random[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
        // Three bytes for the row: a manifest never has so many.
        random[13..].copy_from_slice(&row.to_be_bytes()[5..]);
        Self(ulid::Ulid::from_bytes(random))
    }

    /// When the name was made, to the millisecond.
    #[must_use]
    pub fn made_at(self) -> Timestamp {
        let milliseconds = i64::try_from(self.0.timestamp_ms()).unwrap_or_default();
        Timestamp::from_millisecond(milliseconds).unwrap_or_default()
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The text is not the name of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a task id")]
pub struct InvalidTaskId;

impl FromStr for TaskId {
    type Err = InvalidTaskId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ulid::Ulid::from_string(text).map(Self).map_err(|_| InvalidTaskId)
    }
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Accepted; no worker has it.
    Queued,
    /// A worker has it.
    Processing,
    /// The video is there.
    Completed,
    /// There will be no video; the task says why.
    Failed,
    /// The owner no longer wants it.
    Cancelled,
}

impl Status {
    /// Every status, in the order of a task's life.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Processing, Self::Completed, Self::Failed, Self::Cancelled];

    /// The name used in JSON, in the table and in queries.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing will happen to the task any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| "a status is queued, processing, completed, failed or cancelled".to_owned())
    }
}

/// What is being done for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Waiting for a worker.
    Queued,
    /// Reading the spec and fetching media.
    Planning,
    /// Narration is synthesised.
    Speaking,
    /// Pictures are drawn and encoded.
    Rendering,
    /// Segments and sound become one file.
    Stitching,
    /// Files go to the bucket.
    Uploading,
    /// Nothing is left to do.
    Done,
}

impl Stage {
    /// The name used in JSON and in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Planning => "planning",
            Self::Speaking => "speaking",
            Self::Rendering => "rendering",
            Self::Stitching => "stitching",
            Self::Uploading => "uploading",
            Self::Done => "done",
        }
    }

    /// Percent of a whole task that lie behind when `fraction` (0–1) of this stage is done.
    #[must_use]
    pub fn percent(self, fraction: f64) -> u8 {
        let (from, to) = match self {
            Self::Queued => (0.0, 0.0),
            Self::Planning => (0.0, 5.0),
            Self::Speaking => (5.0, 20.0),
            Self::Rendering => (20.0, 90.0),
            Self::Stitching => (90.0, 95.0),
            Self::Uploading => (95.0, 99.0),
            Self::Done => (100.0, 100.0),
        };
        let percent = from + (to - from) * fraction.clamp(0.0, 1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
        let whole = percent as u8;
        whole
    }
}

/// How long each stage took of the last attempt, in milliseconds; nothing for
/// stages that it has not left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StageTimings {
    /// Reading the spec and fetching media.
    pub planning_ms: Option<u64>,
    /// Speaking.
    pub speaking_ms: Option<u64>,
    /// Drawing, encoding and mixing.
    pub rendering_ms: Option<u64>,
    /// Writing files from segments and sound.
    pub stitching_ms: Option<u64>,
    /// Bringing the files to the bucket.
    pub uploading_ms: Option<u64>,
}

impl StageTimings {
    /// Adds time that was spent in `stage`. No work is done in the first stage and the last.
    pub fn add(&mut self, stage: Stage, time: Duration) {
        let slot = match stage {
            Stage::Planning => &mut self.planning_ms,
            Stage::Speaking => &mut self.speaking_ms,
            Stage::Rendering => &mut self.rendering_ms,
            Stage::Stitching => &mut self.stitching_ms,
            Stage::Uploading => &mut self.uploading_ms,
            Stage::Queued | Stage::Done => return,
        };
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        *slot = Some(slot.unwrap_or_default().saturating_add(milliseconds));
    }
}

/// Why a task failed, in words its owner can use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskError {
    /// Stable name of the kind of failure.
    pub code: String,
    /// What happened and what to do.
    pub message: String,
}

/// Segments of one video.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentCount {
    /// All of them.
    pub total: usize,
    /// Those that were remembered and not rendered.
    pub reused: usize,
}

/// Facts about a finished video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoReport {
    /// Length, in milliseconds.
    pub duration_ms: u64,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Frames a second.
    pub fps: u32,
    /// Frames shown.
    pub frames: u64,
    /// Pictures that were composed and encoded.
    pub distinct_frames: u64,
    /// How many segments the video has.
    pub segments: SegmentCount,
    /// Size of the MP4 file.
    pub size_bytes: u64,
    /// SHA-256 of the MP4 file, in hexadecimal.
    pub sha256: String,
    /// Time from the start of the work to the finished files, in milliseconds.
    pub wall_ms: u64,
    /// Every file of the video, the first included, which is the one that the fields above speak
    /// of. Empty in records from before there could be several.
    #[serde(default)]
    pub outputs: Vec<OutputReport>,
    /// What the writer says about the video, where it was made from a topic.
    #[serde(default)]
    pub script: Option<ScriptReport>,
    /// Whom to thank for footage.
    #[serde(default)]
    pub credits: Vec<Credit>,
    /// What is not as it was wished.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// Facts about one of the files of a video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputReport {
    /// Width to height.
    pub aspect: Aspect,
    /// Length of the shorter side.
    pub resolution: Resolution,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Frames shown.
    pub frames: u64,
    /// Pictures that were composed and encoded.
    pub distinct_frames: u64,
    /// How many segments the file has.
    pub segments: SegmentCount,
    /// Size of the file.
    pub size_bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

impl OutputReport {
    /// The shape that was asked for.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        Shape { aspect: self.aspect, resolution: self.resolution }
    }
}

/// One request for one video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its name.
    pub id: TaskId,
    /// Where it stands.
    pub status: Status,
    /// What is being done.
    pub stage: Stage,
    /// 0–100; never goes back.
    pub progress: u8,
    /// Heading for lists.
    pub title: String,
    /// The batch that it came with, if it did.
    pub batch_id: Option<BatchId>,
    /// How many workers have begun it since it was asked for, or asked for again.
    pub attempts: u32,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When its record last changed.
    pub updated_at: Timestamp,
    /// When it was last put in line: when it was accepted, or asked for again.
    pub queued_at: Timestamp,
    /// When a worker first began, since it was last asked for.
    pub started_at: Option<Timestamp>,
    /// When it ended, well or not.
    pub completed_at: Option<Timestamp>,
    /// When the record may be forgotten; a whole second.
    pub expires_at: Timestamp,
    /// How long its stages took.
    pub timings: StageTimings,
    /// What was made, once completed.
    pub result: Option<VideoReport>,
    /// Why not, once failed.
    pub error: Option<TaskError>,
}

impl Task {
    /// A task just accepted at `now`, kept for `time_to_live`.
    #[must_use]
    pub fn queued(id: TaskId, title: String, now: Timestamp, time_to_live: Duration) -> Self {
        Self {
            id,
            status: Status::Queued,
            stage: Stage::Queued,
            progress: 0,
            title,
            batch_id: None,
            attempts: 0,
            created_at: now,
            updated_at: now,
            queued_at: now,
            started_at: None,
            completed_at: None,
            expires_at: expiry(now, time_to_live),
            timings: StageTimings::default(),
            result: None,
            error: None,
        }
    }

    /// The same task as one of a batch.
    #[must_use]
    pub fn in_batch(self, batch: BatchId) -> Self {
        Self { batch_id: Some(batch), ..self }
    }
}

/// When a record made at `now` and kept for `time_to_live` may be forgotten; a whole second.
#[must_use]
pub fn expiry(now: Timestamp, time_to_live: Duration) -> Timestamp {
    whole_second(now.saturating_add(time_to_live).unwrap_or(Timestamp::MAX))
}

fn whole_second(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}
