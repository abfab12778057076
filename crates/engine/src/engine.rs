//! The whole way from a timeline to files.

mod damage;
mod shape;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use rushes_core::memo::{Fresh, NoMemo, Recalled, Whole, once_in, recall};
use rushes_core::ports::{
    Memo, MemoKey, Progress, RenderError, RenderJob, RenderWarning, Rendered, RenderedFiles, Renderer,
};
use rushes_core::task::Stage;
use rushes_core::timeline::Timeline;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::encode::EncodedSegment;
use crate::ffmpeg::Ffmpeg;
use crate::fingerprint::{FileHashes, hash_files, segment_key, segment_keys, video_key};
use crate::plan::{Plan, missing_letters};
use crate::remember::{FinishedVideo, VideoStorage};
use crate::slots::Slots;
use crate::snapshot::{PictureFormat, Snapshot, snapshot};
use crate::sound::{AacTrack, Sound, encode_sound, sound_key, sound_warnings};
use crate::sources::Loader;
use crate::text::Typesetter;
use damage::{of_damaged, warning};
use shape::{Shape, Silent, stitch};

/// Names of the results in a shape's directory.
pub const VIDEO_FILE: &str = "video.mp4";
pub const POSTER_FILE: &str = "poster.jpg";

/// Draws, encodes and joins on this machine.
#[derive(Clone)]
pub struct Engine {
    ffmpeg: Ffmpeg,
    /// Shared by all clones: bounds what is rendered at once over all videos.
    slots: Slots,
    memo: Arc<dyn Memo>,
}

/// What is known of a segment before it is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedSegment {
    /// First frame, counted from the start of the video.
    pub first_frame: u64,
    /// How many frames.
    pub frames: u64,
    /// How many of them are composed and encoded.
    pub distinct_frames: u64,
    /// Whether it is coded as moving, every frame for itself.
    pub is_moving: bool,
    /// Whether rendering it again would find it remembered.
    pub is_remembered: bool,
}

/// A frame of a video.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// A picture file.
    pub file: Vec<u8>,
    /// What is missing of it.
    pub warnings: Vec<RenderWarning>,
}

impl Engine {
    /// An engine that uses the ffmpeg at `ffmpeg`, renders as many segments at
    /// once as keep the machine's processors busy, and remembers none.
    #[must_use]
    pub fn new(ffmpeg: PathBuf) -> Self {
        Self { ffmpeg: Ffmpeg::new(ffmpeg), slots: Slots::for_this_machine(), memo: Arc::new(NoMemo) }
    }

    /// The same engine with another number of segments rendered at once, over all videos that
    /// it and its clones make; at least one.
    #[must_use]
    pub fn with_workers(self, workers: usize) -> Self {
        Self { slots: Slots::exactly(workers), ..self }
    }

    /// The same engine with a memory for segments and sound.
    #[must_use]
    pub fn with_memo(self, memo: Arc<dyn Memo>) -> Self {
        Self { memo, ..self }
    }

    /// Fails where the ffmpeg is missing or cannot make videos. Work that needs it asks for itself; asked
    /// earlier, beside other work, it costs no time.
    ///
    /// # Errors
    /// [`RenderError::FfmpegMissing`] or [`RenderError::FfmpegUnfit`].
    pub async fn check_ffmpeg(&self) -> Result<(), RenderError> {
        self.ffmpeg.check().await
    }

    /// A frame of the video as a picture file, without rendering the rest; the last for a later one.
    ///
    /// # Errors
    /// [`RenderError`] when drawing or ffmpeg fails.
    pub async fn preview(
        &self,
        timeline: &Timeline,
        frame: u64,
        format: PictureFormat,
    ) -> Result<Preview, RenderError> {
        self.check_ffmpeg().await?;
        let plan = Plan::new(timeline, &mut Typesetter::new());
        let loader = Loader::new(self.ffmpeg.clone(), timeline.output, std::env::temp_dir());
        let Snapshot { file, damaged } = snapshot(&self.ffmpeg, &plan, &loader, frame, format).await?;
        let warnings = damaged.into_iter().map(|(path, damage)| warning(path, damage)).collect();
        Ok(Preview { file, warnings })
    }

    /// What the segments of a video are, and which of them are remembered.
    ///
    /// # Errors
    /// [`RenderError::Io`] when a media file cannot be read.
    pub async fn inspect(&self, timeline: &Timeline) -> Result<Vec<PlannedSegment>, RenderError> {
        let plan = Plan::new(timeline, &mut Typesetter::new());
        let hashes = hash_files(timeline)?;
        let storage = Whole::<EncodedSegment>::default();
        let mut facts = Vec::with_capacity(plan.segments.len());
        for frames in &plan.segments {
            let segment = plan.segment(frames.clone());
            let key = segment_key(&segment, &hashes);
            facts.push(PlannedSegment {
                first_frame: frames.start,
                frames: segment.frames(),
                distinct_frames: segment.shots.len() as u64,
                is_moving: segment.is_moving(),
                is_remembered: recall(self.memo.as_ref(), key, &storage).await.is_some(),
            });
        }
        Ok(facts)
    }
}

#[async_trait]
impl Renderer for Engine {
    async fn render(&self, job: RenderJob<'_>, progress: &dyn Progress) -> Result<Rendered, RenderError> {
        // All timelines show the same files.
        let hashes = job.timelines.first().map_or_else(|| Ok(FileHashes::new()), hash_files)?;
        let sound_key = sound_key(Arc::clone(&job.soundtrack)).await?;
        let (mut finished, mut missing) = (Vec::new(), Vec::new());
        let mut warnings = Vec::new();
        for (place, timeline) in job.timelines.iter().enumerate() {
            let mut typesetter = Typesetter::new();
            let plan = Plan::new(timeline, &mut typesetter);
            if place == 0 {
                // All timelines have the same words.
                warnings.extend(missing_letters(timeline, &mut typesetter));
            }
            warnings.extend(plan.warnings());
            let segment_keys = segment_keys(&plan, &hashes);
            let key = video_key(&segment_keys, &sound_key);
            let directory = job.directory.join(format!("output-{place}"));
            make_folder(&directory).await.map_err(|source| RenderError::Io { doing: "making a folder", source })?;
            let storage = VideoStorage { memo: self.memo.as_ref(), directory: &directory };
            match recall(self.memo.as_ref(), key, &storage).await {
                Some(video) => finished.push((place, video)),
                None => missing.push((place, Shape { plan, segment_keys, key, directory })),
            }
        }
        let of_sound = if missing.is_empty() {
            let soundtrack = Arc::clone(&job.soundtrack);
            sound_warnings(&self.ffmpeg, self.memo.as_ref(), soundtrack, sound_key, job.directory).await?
        } else {
            let (videos, of_sound) = self.render_missing(missing, &job, &hashes, sound_key, progress).await?;
            finished.extend(videos);
            of_sound
        };
        finished.sort_by_key(|(place, _)| *place);
        let damaged = of_damaged(&hashes, finished.iter().flat_map(|(_, video)| &video.damaged));
        let warnings = told_once(warnings).into_iter().chain(damaged).chain(of_sound).collect();
        Ok(Rendered { files: finished.into_iter().map(|(_, video)| video.files).collect(), warnings })
    }
}

impl Engine {
    /// Renders the shapes, and their sound beside them; tells what is to be said about the sound, too.
    async fn render_missing(
        &self,
        shapes: Vec<(usize, Shape)>,
        job: &RenderJob<'_>,
        hashes: &FileHashes,
        sound_key: MemoKey,
        progress: &dyn Progress,
    ) -> Result<(Vec<(usize, FinishedVideo)>, Vec<RenderWarning>), RenderError> {
        self.check_ffmpeg().await?;
        let frames = shapes.iter().map(|(_, shape)| shape.plan.frames()).sum();
        let (drawn, counter) = unbounded_channel();
        let shapes = &shapes;
        // The counter ends when nobody can draw any more.
        let pictures = async move { self.render_silent(shapes.iter().map(|(_, shape)| shape), hashes, &drawn).await };
        let soundtrack = Arc::clone(&job.soundtrack);
        let sound = encode_sound(&self.ffmpeg, self.memo.as_ref(), soundtrack, sound_key, job.directory);
        let counting = async {
            count(counter, frames, progress).await;
            Ok(())
        };
        let (pictures, sound, ()) = tokio::try_join!(pictures, sound, counting)?;
        progress.report(Stage::Stitching, 0.0);
        let Sound { track, warnings } = sound;
        let sound = Arc::new(track);
        let mut finished = Vec::with_capacity(shapes.len());
        for ((place, shape), silent) in shapes.iter().zip(pictures) {
            finished.push((*place, self.finish(shape, silent, Arc::clone(&sound)).await?));
        }
        Ok((finished, warnings))
    }

    /// Finishes one shape with its sound, unless another worker does.
    async fn finish(
        &self,
        shape: &Shape,
        silent: Silent,
        sound: Arc<Option<AacTrack>>,
    ) -> Result<FinishedVideo, RenderError> {
        let segments = silent.count();
        let storage = VideoStorage { memo: self.memo.as_ref(), directory: &shape.directory };
        let joining = async {
            let value = stitch(shape, silent, sound).await?;
            Ok::<_, RenderError>(Fresh { value, time_to_live: shape.key.kind.time_to_live() })
        };
        let Recalled { value: video, .. } = once_in(self.memo.as_ref(), shape.key, &storage, joining).await?;
        Ok(FinishedVideo { files: RenderedFiles { segments, ..video.files }, ..video })
    }
}

/// Each sentence once: shapes of a video have much in common.
fn told_once(sentences: Vec<String>) -> Vec<RenderWarning> {
    let mut told = HashSet::new();
    let news = sentences.into_iter().filter(|sentence| told.insert(sentence.clone()));
    news.map(|words| RenderWarning { path: None, words }).collect()
}

/// Makes the folder in one that must be there: a render that was dropped does not bring back what is removed.
async fn make_folder(path: &Path) -> std::io::Result<()> {
    match tokio::fs::create_dir(path).await {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        outcome => outcome,
    }
}

/// Turns counts of drawn frames into progress until nobody draws any more.
async fn count(mut counter: UnboundedReceiver<u64>, frames: u64, progress: &dyn Progress) {
    let mut done = 0;
    while let Some(more) = counter.recv().await {
        done += more;
        progress.report_frames(done, frames);
    }
}
