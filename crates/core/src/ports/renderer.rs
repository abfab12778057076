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
    /// Makes the video in every shape, its sound once.
    /// Dropping the future stops all work and removes what it had begun.
    async fn render(&self, job: RenderJob<'_>, progress: &dyn Progress) -> Result<Rendered, RenderError>;
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

/// What was made of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The files of each timeline, in order.
    pub files: Vec<RenderedFiles>,
    /// What is not as asked for, whether or not the results were remembered.
    pub warnings: Vec<RenderWarning>,
}

/// Something that a video was made without, or with less of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderWarning {
    /// The file that it is about; `None` where it is about none.
    pub path: Option<PathBuf>,
    /// A sentence for people, without a full stop. Where it is about no file, it names the place itself.
    pub words: String,
}

/// What was made of a timeline.
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
    #[error(
        "ffmpeg was not found at {path:?}: install version 6.0 or newer with libx264 (https://ffmpeg.org/download.html), \
         and name it in RUSHES_FFMPEG if it is not on the search path"
    )]
    FfmpegMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// ffmpeg is there, and cannot do what the engine asks.
    #[error(
        "ffmpeg {version} at {path:?} cannot make videos: {reason}; get version 6.0 or newer with libx264 \
         (https://ffmpeg.org/download.html) and name it in RUSHES_FFMPEG"
    )]
    FfmpegUnfit {
        /// The program.
        path: PathBuf,
        /// As it calls itself.
        version: String,
        /// What it lacks.
        reason: String,
    },
    /// ffmpeg ended badly.
    #[error("ffmpeg failed while {doing} ({status}); what it said is in the log at level debug")]
    Ffmpeg {
        /// What it was asked to do.
        doing: &'static str,
        /// Exit code or signal.
        status: String,
        /// The beginning of what it said. It is for those who maintain this, and never shown to users.
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
    /// A user's file cannot be shown or played.
    #[error("a file cannot be used: {reason}")]
    Medium {
        /// The file. Whoever knows the spec tells where it names it.
        path: PathBuf,
        /// What is wrong with it, for people.
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

impl RenderError {
    /// A fault of the user's file at `path`.
    #[must_use]
    pub fn medium(path: &Path, reason: impl Into<String>) -> Self {
        Self::Medium { path: path.to_owned(), reason: reason.into() }
    }
}
