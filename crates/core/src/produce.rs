//! From a spec to files: speak, fetch, lay the timeline, render, write subtitles.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use futures::{StreamExt, TryStreamExt, stream};

use crate::narration::Speech;
use crate::ports::{
    MediaError, MediaLibrary, Progress, RenderError, RenderJob, RenderedFiles, Renderer, Voice, VoiceError,
};
use crate::sentence::sentences;
use crate::spec::{Background, MediaSource, Scene, VideoSpec, Violation};
use crate::subtitles::{Cue, cues};
use crate::task::{Stage, VideoReport};
use crate::timeline::{Backdrop, SpokenScene, Timeline};

const FETCHES_AT_ONCE: usize = 4;

/// The tools that make a video.
#[derive(Clone)]
pub struct Studio {
    /// Speaks.
    pub voice: Arc<dyn Voice>,
    /// Fetches pictures.
    pub media: Arc<dyn MediaLibrary>,
    /// Draws and encodes.
    pub renderer: Arc<dyn Renderer>,
}

/// A finished video: files in the work directory and facts about them.
#[derive(Clone, Debug)]
pub struct Production {
    /// The MP4 file.
    pub video: PathBuf,
    /// The JPEG poster.
    pub poster: PathBuf,
    /// Subtitles, to be written in the form wanted.
    pub cues: Vec<Cue>,
    /// Facts about the video.
    pub report: VideoReport,
}

/// Why no video was made.
#[derive(Debug, thiserror::Error)]
pub enum ProduceError {
    /// A picture could not be had.
    #[error("{}: {source}", .pointer)]
    Media {
        /// JSON pointer to it in the spec.
        pointer: String,
        /// What happened.
        #[source]
        source: MediaError,
    },
    /// Nothing was spoken.
    #[error(transparent)]
    Voice(#[from] VoiceError),
    /// Nothing was rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The voice did not speak what it was given.
    #[error("the voice spoke {spoken} of {asked} sentences")]
    Unspoken {
        /// Sentences given.
        asked: usize,
        /// Sentences returned.
        spoken: usize,
    },
}

impl ProduceError {
    /// Whether trying again later can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Media { source, .. } => source.is_transient(),
            Self::Voice(_) | Self::Render(_) | Self::Unspoken { .. } => false,
        }
    }

    /// Stable name of the kind of failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Media { .. } => "media_unavailable",
            Self::Voice(_) | Self::Unspoken { .. } => "voice_failed",
            Self::Render(_) => "render_failed",
        }
    }
}

impl Studio {
    /// Looks at every piece of media that the spec names; returns a fault for each that cannot be shown.
    pub async fn check_media(&self, spec: &VideoSpec) -> Vec<Violation> {
        check_media(self.media.as_ref(), spec).await
    }

    /// Makes the video in `directory`, which must exist.
    ///
    /// # Errors
    /// [`ProduceError`]; files already written stay in `directory` for its owner to remove.
    pub async fn produce(
        &self,
        spec: &VideoSpec,
        directory: &Path,
        progress: &dyn Progress,
    ) -> Result<Production, ProduceError> {
        let started = Instant::now();
        progress.report(Stage::Planning, 0.0);
        let backdrops = self.fetch_backdrops(spec, directory).await?;
        progress.report(Stage::Speaking, 0.0);
        let speeches = self.speak(spec).await?;
        let scenes = spec.scenes.iter().zip(backdrops).zip(speeches).map(spoken_scene).collect();
        let (timeline, soundtrack) = Timeline::lay(spec.output, spec.captions, spec.title.as_deref(), scenes);
        progress.report(Stage::Rendering, 0.0);
        let job = RenderJob { timeline: &timeline, soundtrack: Arc::new(soundtrack), directory };
        let files = self.renderer.render(job, progress).await?;
        let report = report(&timeline, &files, started);
        Ok(Production { video: files.video, poster: files.poster, cues: cues(&timeline), report })
    }

    async fn fetch_backdrops(&self, spec: &VideoSpec, directory: &Path) -> Result<Vec<Backdrop>, ProduceError> {
        let fetches: Vec<_> = spec.scenes.iter().map(|scene| self.fetch_backdrop(scene, directory)).collect();
        stream::iter(fetches).buffered(FETCHES_AT_ONCE).try_collect().await
    }

    async fn fetch_backdrop(&self, scene: &Scene, directory: &Path) -> Result<Backdrop, ProduceError> {
        match &scene.background {
            Background::Color(color) => Ok(Backdrop::Color(*color)),
            Background::Gradient(gradient) => Ok(Backdrop::Gradient(*gradient)),
            Background::Image(source) => {
                let fetched = self.media.fetch(source, directory).await;
                let pointer = scene.background_pointer.clone();
                let fetched = fetched.map_err(|source| ProduceError::Media { pointer, source })?;
                Ok(Backdrop::Still(fetched.path))
            }
        }
    }

    /// The speech of every scene, spoken in one go so that the voice starts once.
    async fn speak(&self, spec: &VideoSpec) -> Result<Vec<Vec<Speech>>, ProduceError> {
        let by_scene: Vec<Vec<String>> = spec.scenes.iter().map(|scene| sentences(&scene.text)).collect();
        let all: Vec<String> = by_scene.iter().flatten().cloned().collect();
        if all.is_empty() {
            return Ok(by_scene.iter().map(|_| Vec::new()).collect());
        }
        let spoken = self.voice.speak(&all, &spec.voice).await?;
        if spoken.len() != all.len() {
            return Err(ProduceError::Unspoken { asked: all.len(), spoken: spoken.len() });
        }
        let mut spoken = spoken.into_iter();
        Ok(by_scene.iter().map(|sentences| spoken.by_ref().take(sentences.len()).collect()).collect())
    }
}

/// Looks at every piece of media that the spec names, once each; returns a fault
/// for each place that names one that cannot be shown.
pub async fn check_media(media: &dyn MediaLibrary, spec: &VideoSpec) -> Vec<Violation> {
    let mut places: BTreeMap<&str, &MediaSource> = BTreeMap::new();
    places.extend(spec.media().map(|(source, pointer)| (pointer, source)));
    let sources: HashSet<&MediaSource> = places.values().copied().collect();
    let checks: Vec<_> = sources.into_iter().map(|source| fault_of(media, source)).collect();
    let faults: HashMap<&MediaSource, String> =
        stream::iter(checks).buffered(FETCHES_AT_ONCE).filter_map(std::future::ready).collect().await;
    places
        .into_iter()
        .filter_map(|(pointer, source)| Some(Violation::new(pointer_to(source, pointer), faults.get(source)?.clone())))
        .collect()
}

async fn fault_of<'a>(media: &dyn MediaLibrary, source: &'a MediaSource) -> Option<(&'a MediaSource, String)> {
    let fault = media.check(source).await.err()?;
    Some((source, fault.to_string()))
}

fn pointer_to(source: &MediaSource, background: &str) -> String {
    match source {
        MediaSource::Url(_) => format!("{background}/url"),
        MediaSource::Path(_) => format!("{background}/path"),
    }
}

fn spoken_scene(((scene, background), sentences): ((&Scene, Backdrop), Vec<Speech>)) -> SpokenScene {
    SpokenScene { background, title: scene.title.clone(), minimum_duration: scene.minimum_duration, sentences }
}

fn report(timeline: &Timeline, files: &RenderedFiles, started: Instant) -> VideoReport {
    let output = timeline.output;
    let milliseconds = |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    VideoReport {
        duration_ms: milliseconds(output.frame_rate.time_of(files.frames)),
        width: output.width,
        height: output.height,
        fps: output.frame_rate.get(),
        frames: files.frames,
        distinct_frames: files.distinct_frames,
        segments: files.segments,
        size_bytes: files.size_bytes,
        sha256: files.sha256.clone(),
        wall_ms: milliseconds(started.elapsed()),
    }
}
