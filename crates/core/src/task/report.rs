//! Facts about finished videos.

use serde::{Deserialize, Serialize};

use crate::ports::Credit;
use crate::script::ScriptReport;
use crate::spec::{Aspect, Resolution, Shape};

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
