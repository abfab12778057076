//! From a timeline to an MP4 file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;

use super::Source;
use crate::task::{SegmentCount, Stage};
use crate::timeline::{Soundtrack, Timeline};

/// Is told how far the work is. Calls come often and from any thread.
pub trait Progress: Send + Sync {
    /// `fraction` (0–1) of `stage` is done.
    fn report(&self, stage: Stage, fraction: f64);

    /// `done` of `total` frames are rendered.
    fn report_frames(&self, done: u64, total: u64) {
        #[expect(clippy::cast_precision_loss, reason = "a share for people")]
        let fraction = done as f64 / total.max(1) as f64;
        self.report(Stage::Rendering, fraction);
    }
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct SilentProgress;

impl Progress for SilentProgress {
    fn report(&self, _stage: Stage, _fraction: f64) {}
}

/// Draws, encodes, mixes and joins.
#[async_trait]
pub trait Renderer: Send + Sync {
    /// Makes the video in every shape, its sound once; returns the files of each timeline, in order.
    /// Dropping the future stops all work and removes what it had begun.
    async fn render(&self, job: RenderJob<'_>, progress: &dyn Progress) -> Result<Vec<RenderedFiles>, RenderError>;
}

/// What to make and where.
#[derive(Clone, Debug)]
pub struct RenderJob<'a> {
    /// What is visible, a timeline for each shape of the video.
    pub timelines: &'a [Timeline],
    /// What sounds; as long as each of the timelines.
    pub soundtrack: Arc<Soundtrack>,
    /// An existing directory for the results and for files that are gone at the end.
    pub directory: &'a Path,
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedFiles {
    /// The MP4 file.
    pub video: PathBuf,
    /// A JPEG of the video's first picture worth showing.
    pub poster: PathBuf,
    /// Frames shown.
    pub frames: u64,
    /// Pictures composed and encoded.
    pub distinct_frames: u64,
    /// Segments, all and remembered.
    pub segments: SegmentCount,
    /// Size of the MP4 file.
    pub size_bytes: u64,
    /// SHA-256 of the MP4 file, in hexadecimal.
    pub sha256: String,
}

/// Why no video was made.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// ffmpeg is not there.
    #[error("ffmpeg was not found at {path:?}: install it or set RUSHES_FFMPEG")]
    FfmpegMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// ffmpeg ended badly.
    #[error("ffmpeg failed while {doing} ({status}): {stderr}")]
    Ffmpeg {
        /// What it was asked to do.
        doing: &'static str,
        /// Exit code or signal.
        status: String,
        /// The end of what it said.
        stderr: String,
    },
    /// A child process did not end in time and was killed.
    #[error("ffmpeg took longer than {seconds} s while {doing} and was stopped")]
    Deadline {
        /// What it was asked to do.
        doing: &'static str,
        /// The limit.
        seconds: u64,
    },
    /// A picture could not be drawn.
    #[error("a picture could not be drawn: {reason}")]
    Picture {
        /// What is wrong.
        reason: String,
    },
    /// A clip cannot be shown.
    #[error("a video clip cannot be shown: {reason}")]
    Clip {
        /// What is wrong with it.
        reason: String,
    },
    /// A sound could not be played.
    #[error("a sound could not be played: {reason}")]
    Sound {
        /// What is wrong.
        reason: String,
    },
    /// The encoder's stream is not what the engine can work with.
    #[error("the encoded stream is not understood: {reason}")]
    Stream {
        /// What is wrong.
        reason: String,
    },
    /// Reading or writing a file failed.
    #[error("{doing} failed")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What lay beneath.
        #[source]
        source: std::io::Error,
    },
    /// A part of the engine broke.
    #[error("the engine stopped unexpectedly: {reason}")]
    Broken {
        /// What is known.
        reason: String,
        /// What lay beneath.
        #[source]
        source: Option<Source>,
    },
}
