//! What is done for a task, one stage after the other, and how long each takes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

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
