//! From a spec to files: speak, fetch, lay the timeline, render, write subtitles.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};

use crate::dress::Shelf;
use crate::media_faults::{LookLimits, MediaFaults};
pub use crate::media_places::MediaPlaces;
use crate::ports::{
    Footage, MediaLibrary, Progress, RenderError, RenderJob, Rendered, RenderedFiles, Renderer, Voice, Writer,
};
use crate::prepare::Prepared;
pub use crate::produce_error::ProduceError;
use crate::sentence::{Sentence, sentences};
use crate::spec::{Media, Output, Shape, VideoSpec, Violation};
use crate::subtitles::{Cue, cues};
use crate::task::{OutputReport, Stage, VideoReport};
use crate::timeline::{Soundtrack, SpokenSentence, Timeline};
use crate::unreadable;

/// The file of all speech in the work directory.
const SPEECH_FILE: &str = "speech.pcm";
/// Pieces of media fetched at once; the library asks no host for so many.
const FETCHES_AT_ONCE: usize = 8;

/// The tools that make a video.
#[derive(Clone)]
pub struct Studio {
    /// Writes scripts; `None` where no model is set up.
    pub writer: Option<Arc<dyn Writer>>,
    /// Find clips and pictures, asked in this order.
    pub footage: Vec<Arc<dyn Footage>>,
    /// Speaks.
    pub voice: Arc<dyn Voice>,
    /// Fetches pictures, clips and sounds.
    pub media: Arc<dyn MediaLibrary>,
    /// Draws and encodes.
    pub renderer: Arc<dyn Renderer>,
}

/// A video before its pictures are drawn and its sound is mixed.
#[derive(Clone, Debug)]
pub struct Laid {
    /// What is seen when.
    pub timeline: Timeline,
    /// What is heard when.
    pub soundtrack: Soundtrack,
    /// Where the spec names each file.
    pub places: MediaPlaces,
}

/// A finished video: files in the work directory and facts about them.
#[derive(Clone, Debug)]
pub struct Production {
    /// The files of each shape, in the order asked for; never empty.
    pub outputs: Vec<ProducedOutput>,
    /// Subtitles of all of them, to be written in the form wanted.
    pub cues: Vec<Cue>,
    /// Facts about the video.
    pub report: VideoReport,
}

/// One shape of a finished video.
#[derive(Clone, Debug)]
pub struct ProducedOutput {
    /// What its files are told apart by; `None` for the first.
    pub further_shape: Option<Shape>,
    /// The MP4 file.
    pub video: PathBuf,
    /// The JPEG poster.
    pub poster: PathBuf,
}

impl Studio {
    /// Looks at every piece of media that the spec names; returns a fault for each that certainly
    /// cannot be shown.
    pub async fn check_media(&self, spec: &VideoSpec) -> Vec<Violation> {
        let faults = MediaFaults::find(self.media.as_ref(), [spec], LookLimits::MANY_SPECS).await;
        faults.violations(spec)
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
        let prepared = self.prepare(spec, directory, progress).await?;
        let spec = &prepared.spec;
        let Laid { timeline, soundtrack, places } = self.lay_prepared(spec, directory, progress).await?;
        let (cues, unheard) = (cues(&timeline), timeline.unheard(spec));
        let timelines = in_every_shape(timeline, &spec.outputs);
        progress.report(Stage::Rendering, 0.0);
        let job = RenderJob { timelines: &timelines, soundtrack: Arc::new(soundtrack), directory };
        let rendered = self.renderer.render(job, progress).await;
        let Rendered { files, warnings } = match rendered {
            Ok(rendered) => rendered,
            Err(error) => return Err(self.explain(error, spec, &places).await),
        };
        let mut report = report(&prepared, &timelines, &files, started)?;
        report.warnings.extend(unheard);
        report.warnings.extend(warnings.into_iter().map(|warning| places.tell(warning)));
        Ok(Production { outputs: produced(&spec.outputs, files), cues, report })
    }

    /// What is seen and heard when: brings the media into `directory`, speaks, and lays the timeline.
    ///
    /// # Errors
    /// [`ProduceError`], as [`Self::produce`].
    pub async fn lay(&self, spec: &VideoSpec, directory: &Path, progress: &dyn Progress) -> Result<Laid, ProduceError> {
        let prepared = self.prepare(spec, directory, progress).await?;
        self.lay_prepared(&prepared.spec, directory, progress).await
    }

    async fn lay_prepared(
        &self,
        spec: &VideoSpec,
        directory: &Path,
        progress: &dyn Progress,
    ) -> Result<Laid, ProduceError> {
        progress.report(Stage::Planning, 0.5);
        let shelf = self.fetch_media(spec, directory).await?;
        progress.report(Stage::Speaking, 0.0);
        let speeches = self.speak(spec, directory).await?;
        let (timeline, soundtrack) = Timeline::lay(spec.output(), shelf.dress(spec, speeches));
        Ok(Laid { timeline, soundtrack, places: MediaPlaces::new(spec, &shelf) })
    }

    /// The renderer's error, told by the place in the spec. A file that turned out damaged is not remembered:
    /// whoever puts a better one in its place may try again.
    async fn explain(&self, error: RenderError, spec: &VideoSpec, places: &MediaPlaces) -> ProduceError {
        let error = places.explain(error);
        if let ProduceError::Media { pointer, .. } = &error
            && let Some(media) = spec.media().find(|media| media.pointer == *pointer)
        {
            self.media.forget(media).await;
        }
        error
    }

    /// Brings every piece of media into `directory`, each once.
    async fn fetch_media(&self, spec: &VideoSpec, directory: &Path) -> Result<Shelf, ProduceError> {
        let places: BTreeMap<&str, &Media> = spec.media().map(|media| (media.pointer.as_str(), media)).collect();
        // Of several places that name the same, errors tell the first.
        let wanted: HashMap<_, &Media> =
            places.into_values().rev().map(|media| ((&media.source, media.kind), media)).collect();
        let fetch = |media| async move {
            let fetched = self.media.fetch(media, directory).await;
            let pointer = || media.pointer.clone();
            let fetched = fetched.map_err(|source| ProduceError::Media { pointer: pointer(), source })?;
            Ok((media.source.clone(), fetched.path))
        };
        let fetches: Vec<_> = wanted.into_values().map(fetch).collect();
        stream::iter(fetches).buffer_unordered(FETCHES_AT_ONCE).try_collect().await.map(Shelf)
    }

    /// The speech of every scene, spoken in one go so that the voice starts once.
    async fn speak(&self, spec: &VideoSpec, directory: &Path) -> Result<Vec<Vec<SpokenSentence>>, ProduceError> {
        let language = &spec.voice.language;
        let by_scene: Vec<Vec<Sentence>> = spec.scenes.iter().map(|scene| sentences(&scene.text, language)).collect();
        let all: Vec<String> = by_scene.iter().flatten().map(|sentence| sentence.text.clone()).collect();
        if all.is_empty() {
            return Ok(by_scene.iter().map(|_| Vec::new()).collect());
        }
        let spoken = self.voice.speak(&all, &spec.voice, &directory.join(SPEECH_FILE)).await?;
        if spoken.len() != all.len() {
            return Err(ProduceError::Unspoken { asked: all.len(), spoken: spoken.len() });
        }
        let mut spoken = spoken.into_iter();
        let with_speech = |sentences: Vec<Sentence>| {
            let speeches = sentences.into_iter().zip(spoken.by_ref());
            speeches
                .map(|(Sentence { ends_paragraph, .. }, speech)| SpokenSentence { speech, ends_paragraph })
                .collect()
        };
        Ok(by_scene.into_iter().map(with_speech).collect())
    }
}

/// The timeline once for each shape. All have the same frame rate, and so the same frames and sound.
fn in_every_shape(timeline: Timeline, outputs: &[Output]) -> Vec<Timeline> {
    let further: Vec<Timeline> = outputs.iter().skip(1).map(|output| timeline.in_shape(*output)).collect();
    std::iter::once(timeline).chain(further).collect()
}

fn produced(outputs: &[Output], files: Vec<RenderedFiles>) -> Vec<ProducedOutput> {
    let further_shapes = std::iter::once(None).chain(outputs.iter().skip(1).map(|output| Some(output.shape())));
    let output = |(further_shape, files): (_, RenderedFiles)| ProducedOutput {
        further_shape,
        video: files.video,
        poster: files.poster,
    };
    further_shapes.zip(files).map(output).collect()
}

fn report(
    prepared: &Prepared,
    timelines: &[Timeline],
    files: &[RenderedFiles],
    started: Instant,
) -> Result<VideoReport, RenderError> {
    let milliseconds = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let made = prepared.spec.outputs.iter().zip(timelines).zip(files);
    let reports: Vec<OutputReport> =
        made.map(|((output, timeline), files)| output_report(output.shape(), timeline.output, files)).collect();
    let (Some(timeline), Some(first)) = (timelines.first(), reports.first()) else {
        return Err(RenderError::Broken { reason: "nothing was rendered".to_owned(), source: None });
    };
    let frame_rate = timeline.output.frame_rate;
    Ok(VideoReport {
        duration_ms: milliseconds(frame_rate.time_of(first.frames)),
        width: first.width,
        height: first.height,
        fps: frame_rate.get(),
        frames: first.frames,
        distinct_frames: first.distinct_frames,
        segments: first.segments,
        size_bytes: first.size_bytes,
        sha256: first.sha256.clone(),
        wall_ms: milliseconds(started.elapsed()),
        outputs: reports,
        script: prepared.script.clone(),
        credits: prepared.findings.credits.clone(),
        warnings: [unreadable::warnings(&prepared.spec), prepared.findings.warnings.clone()].concat(),
    })
}

/// Facts about a file: the shape asked for, and the pictures drawn for it.
fn output_report(shape: Shape, drawn: Output, files: &RenderedFiles) -> OutputReport {
    OutputReport {
        aspect: shape.aspect,
        resolution: shape.resolution,
        width: drawn.width,
        height: drawn.height,
        frames: files.frames,
        distinct_frames: files.distinct_frames,
        segments: files.segments,
        size_bytes: files.size_bytes,
        sha256: files.sha256.clone(),
    }
}
