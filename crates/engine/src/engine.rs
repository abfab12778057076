//! The whole way from a timeline to files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use rushes_core::memo::NoMemo;
use rushes_core::ports::{Memo, Progress, RenderError, RenderJob, RenderedFiles, Renderer};
use rushes_core::spec::Output;
use rushes_core::task::{SegmentCount, Stage};
use rushes_core::timeline::Timeline;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::encode::encode_segment;
use crate::ffmpeg::Ffmpeg;
use crate::fingerprint::{FileHashes, hash_files, segment_key};
use crate::mp4::{WrittenFile, write_mp4};
use crate::plan::Plan;
use crate::remember::{recall, remember};
use crate::snapshot::{Format, poster_frame, snapshot};
use crate::sound::{AacTrack, encode_sound};
use crate::sources::Loader;
use crate::text::Typesetter;

/// Pictures of more pixels take hundreds of megabytes for each segment that is rendered.
const LARGE_PIXELS: u32 = 2560 * 1440;

/// Draws, encodes and joins on this machine.
#[derive(Clone)]
pub struct Engine {
    ffmpeg: Ffmpeg,
    /// Segments rendered at once, where someone has chosen.
    workers: Option<usize>,
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

/// A segment in a file.
struct SegmentFile {
    path: PathBuf,
    distinct_frames: u64,
    is_reused: bool,
}

/// What the segments of one shape of a video have in common.
struct Shared<'a> {
    plan: &'a Plan,
    loader: &'a Loader,
    hashes: &'a FileHashes,
    directory: &'a Path,
    drawn: &'a UnboundedSender<u64>,
}

/// One shape of a video, all but its sound.
struct Silent {
    output: Output,
    directory: PathBuf,
    segments: Vec<SegmentFile>,
    poster: PathBuf,
}

impl Engine {
    /// An engine that uses the ffmpeg at `ffmpeg`, renders as many segments at
    /// once as keep the machine's processors busy, and remembers none.
    #[must_use]
    pub fn new(ffmpeg: PathBuf) -> Self {
        Self { ffmpeg: Ffmpeg::new(ffmpeg), workers: None, memo: Arc::new(NoMemo) }
    }

    /// The same engine with another number of segments rendered at once; at least one.
    #[must_use]
    pub fn with_workers(self, workers: usize) -> Self {
        Self { workers: Some(workers.max(1)), ..self }
    }

    /// The same engine with a memory for segments and sound.
    #[must_use]
    pub fn with_memo(self, memo: Arc<dyn Memo>) -> Self {
        Self { memo, ..self }
    }

    /// A frame of the video as a PNG file, without rendering the rest; the last for a later one.
    ///
    /// # Errors
    /// [`RenderError`] when drawing or ffmpeg fails.
    pub async fn preview(&self, timeline: &Timeline, frame: u64) -> Result<Vec<u8>, RenderError> {
        let plan = Plan::new(timeline, &mut Typesetter::new());
        let loader = Loader::new(self.ffmpeg.clone(), timeline.output);
        snapshot(&self.ffmpeg, &plan, &loader, frame, Format::Png).await
    }

    /// What the segments of a video are, and which of them are remembered.
    ///
    /// # Errors
    /// [`RenderError::Io`] when a media file cannot be read.
    pub async fn inspect(&self, timeline: &Timeline) -> Result<Vec<PlannedSegment>, RenderError> {
        let plan = Plan::new(timeline, &mut Typesetter::new());
        let hashes = hash_files(timeline)?;
        let mut facts = Vec::with_capacity(plan.segments.len());
        for frames in &plan.segments {
            let segment = plan.segment(frames.clone());
            let remembered = recall(self.memo.as_ref(), segment_key(&segment, &hashes), segment.frames()).await;
            facts.push(PlannedSegment {
                first_frame: frames.start,
                frames: segment.frames(),
                distinct_frames: segment.shots.len() as u64,
                is_moving: segment.is_moving(),
                is_remembered: remembered.is_some(),
            });
        }
        Ok(facts)
    }

    /// Renders everything that is seen of one shape into `directory`, which is made.
    async fn render_silent(
        &self,
        timeline: &Timeline,
        directory: PathBuf,
        hashes: &FileHashes,
        drawn: &UnboundedSender<u64>,
    ) -> Result<Silent, RenderError> {
        make_folder(&directory).await.map_err(|source| RenderError::Io { doing: "making a folder", source })?;
        let plan = Plan::new(timeline, &mut Typesetter::new());
        let loader = Loader::new(self.ffmpeg.clone(), timeline.output);
        let poster = directory.join("poster.jpg");
        let shared = Shared { plan: &plan, loader: &loader, hashes, directory: &directory, drawn };
        let drawing_poster = async {
            let jpeg = snapshot(&self.ffmpeg, &plan, &loader, poster_frame(&plan), Format::Jpeg).await?;
            let written = tokio::fs::write(&poster, jpeg).await;
            written.map_err(|source| RenderError::Io { doing: "writing the poster", source })
        };
        let (segments, ()) = tokio::try_join!(self.render_segments(shared), drawing_poster)?;
        Ok(Silent { output: timeline.output, directory, segments, poster })
    }

    /// Renders all segments into files, in parallel; returns them in order.
    async fn render_segments(&self, shared: Shared<'_>) -> Result<Vec<SegmentFile>, RenderError> {
        let shared = &shared;
        // In any order: a slow segment at the front would keep finished ones in the places of the next.
        let mut files: Vec<(usize, SegmentFile)> = stream::iter(0..shared.plan.segments.len())
            .map(|index| async move { self.render_segment(index, shared).await.map(|file| (index, file)) })
            .buffer_unordered(self.segments_at_once(&shared.plan.output))
            .try_collect()
            .await?;
        files.sort_by_key(|(index, _)| *index);
        Ok(files.into_iter().map(|(_, file)| file).collect())
    }

    /// Half as many again as there are processors, since drawing and encoding wait for
    /// each other; large pictures take too much memory for that.
    fn segments_at_once(&self, output: &Output) -> usize {
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        let is_large = output.width * output.height > LARGE_PIXELS;
        self.workers.unwrap_or_else(|| if is_large { processors() } else { processors().div_ceil(2) + processors() })
    }

    /// Recalls a segment or renders it, and writes it into a file.
    async fn render_segment(&self, index: usize, shared: &Shared<'_>) -> Result<SegmentFile, RenderError> {
        let segment = Arc::new(shared.plan.segment(shared.plan.segments[index].clone()));
        let key = segment_key(&segment, shared.hashes);
        let recalled = recall(self.memo.as_ref(), key, segment.frames()).await;
        let is_reused = recalled.is_some();
        let encoded = match recalled {
            Some(encoded) => {
                // Nobody listens once the render was dropped.
                let _ = shared.drawn.send(encoded.frames);
                encoded
            }
            None => {
                let sources = Arc::new(shared.loader.load(segment.shots.iter().map(|shot| &shot.look)).await?);
                let encoded = encode_segment(&self.ffmpeg, &segment, &sources, shared.drawn).await?;
                remember(self.memo.as_ref(), key, &encoded).await;
                encoded
            }
        };
        let path = shared.directory.join(format!("segment-{index:04}.h264"));
        let written = tokio::fs::write(&path, &encoded.stream).await;
        written.map_err(|source| RenderError::Io { doing: "writing a segment", source })?;
        Ok(SegmentFile { path, distinct_frames: encoded.distinct_frames, is_reused })
    }
}

#[async_trait]
impl Renderer for Engine {
    async fn render(&self, job: RenderJob<'_>, progress: &dyn Progress) -> Result<Vec<RenderedFiles>, RenderError> {
        // All timelines show the same files.
        let hashes = job.timelines.first().map_or_else(|| Ok(FileHashes::new()), hash_files)?;
        let frames = job.timelines.iter().map(Timeline::frames).sum();
        let (drawn, counter) = unbounded_channel();
        let pictures = async move {
            let mut shapes = Vec::with_capacity(job.timelines.len());
            for (index, timeline) in job.timelines.iter().enumerate() {
                let directory = job.directory.join(format!("output-{index}"));
                shapes.push(self.render_silent(timeline, directory, &hashes, &drawn).await?);
            }
            Ok(shapes)
        };
        let sound = encode_sound(&self.ffmpeg, self.memo.as_ref(), Arc::clone(&job.soundtrack), job.directory);
        let counting = async {
            count(counter, frames, progress).await;
            Ok(())
        };
        let (shapes, sound, ()) = tokio::try_join!(pictures, sound, counting)?;
        progress.report(Stage::Stitching, 0.0);
        let sound = Arc::new(sound);
        stream::iter(shapes).then(|shape| join(shape, Arc::clone(&sound))).try_collect().await
    }
}

/// Makes the folder in one that must be there: a render that was dropped does not bring back what is removed.
async fn make_folder(path: &Path) -> std::io::Result<()> {
    match tokio::fs::create_dir(path).await {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        outcome => outcome,
    }
}

/// Adds the sound to one shape.
async fn join(shape: Silent, sound: Arc<Option<AacTrack>>) -> Result<RenderedFiles, RenderError> {
    let Silent { output, directory, segments, poster } = shape;
    let video = directory.join("video.mp4");
    let written = write(&video, &segments, output, sound).await?;
    for segment in &segments {
        // The directory is the caller's to remove: a segment left there is only untidy.
        let _ = tokio::fs::remove_file(&segment.path).await;
    }
    let reused = segments.iter().filter(|segment| segment.is_reused).count();
    Ok(RenderedFiles {
        video,
        poster,
        frames: written.frames,
        distinct_frames: segments.iter().map(|segment| segment.distinct_frames).sum(),
        segments: SegmentCount { total: segments.len(), reused },
        size_bytes: written.size_bytes,
        sha256: written.sha256,
    })
}

/// Writes the MP4 file beside the runtime's threads.
async fn write(
    video: &Path,
    segments: &[SegmentFile],
    output: Output,
    sound: Arc<Option<AacTrack>>,
) -> Result<WrittenFile, RenderError> {
    let (video, parts) = (video.to_owned(), segments.iter().map(|segment| segment.path.clone()).collect::<Vec<_>>());
    tokio::task::spawn_blocking(move || write_mp4(&video, &parts, output, sound.as_ref().as_ref()))
        .await
        .map_err(|error| RenderError::Broken { reason: "joining panicked".to_owned(), source: Some(error.into()) })?
}

/// Turns counts of drawn frames into progress until nobody draws any more.
async fn count(mut counter: UnboundedReceiver<u64>, frames: u64, progress: &dyn Progress) {
    let mut done = 0;
    while let Some(more) = counter.recv().await {
        done += more;
        progress.report_frames(done, frames);
    }
}
