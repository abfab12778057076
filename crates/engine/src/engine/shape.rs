//! One shape of a video: its segments, then the file.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::future::try_join_all;
use rushes_core::memo::{Attempt, Fresh, Line, Recalled, each_when_free, once_unless_held};
use rushes_core::ports::{MemoKey, RenderError, RenderedFiles};
use rushes_core::spec::Output;
use rushes_core::task::SegmentCount;
use tokio::sync::mpsc::UnboundedSender;

use super::{Engine, POSTER_FILE, VIDEO_FILE};
use crate::encode::{EncodedSegment, encode_segment};
use crate::fingerprint::FileHashes;
use crate::mp4::{WrittenFile, write_mp4};
use crate::plan::Plan;
use crate::remember::FinishedVideo;
use crate::snapshot::{PictureFormat, poster_frame, snapshot};
use crate::sound::AacTrack;
use crate::sources::{Damage, DamagedFile, Loader, Sources};

/// Segments at the end that are not rendered in order but the longest first, as a multiple of those rendered at once.
const LAST_ROUNDS: usize = 2;

/// Segments beyond those rendered at once: while one is looked for or put away, processors have another.
const ON_THEIR_WAY: NonZeroUsize = NonZeroUsize::MIN;

/// A segment in a file.
struct SegmentFile {
    path: PathBuf,
    distinct_frames: u64,
    damaged: Vec<DamagedFile>,
    is_reused: bool,
}

/// What the segments of one shape of a video have in common.
struct Shared<'a> {
    plan: &'a Plan,
    loader: Loader,
    segment_keys: &'a [MemoKey],
    directory: &'a Path,
    hashes: &'a FileHashes,
    drawn: &'a UnboundedSender<u64>,
}

impl Shared<'_> {
    /// The damaged ones among the pictures of a segment, by what is in them.
    fn damaged(&self, sources: &Sources) -> Vec<DamagedFile> {
        let known = |(path, damage): &(PathBuf, Damage)| {
            self.hashes.get(path).map(|hash| DamagedFile { hash: *hash.as_bytes(), damage: *damage })
        };
        sources.damaged().iter().filter_map(known).collect()
    }

    /// How many pictures of a segment are drawn and encoded.
    fn pictures(&self, index: usize) -> usize {
        self.plan.segment(self.plan.segments[index].clone()).shots.len()
    }
}

/// One shape of a video, to be made in a directory of its own.
pub struct Shape {
    pub plan: Plan,
    /// What its segments are remembered by, in order.
    pub segment_keys: Vec<MemoKey>,
    /// What the video is remembered by.
    pub key: MemoKey,
    pub directory: PathBuf,
}

/// One shape of a video, all but its sound.
pub struct Silent {
    segments: Vec<SegmentFile>,
    poster: PathBuf,
}

impl Silent {
    /// How many segments it has, and how many of them were not rendered for it.
    pub fn count(&self) -> SegmentCount {
        let reused = self.segments.iter().filter(|segment| segment.is_reused).count();
        SegmentCount { total: self.segments.len(), reused }
    }
}

impl Engine {
    /// Renders everything that is seen of all shapes; returns them in order.
    pub(super) async fn render_silent(
        &self,
        shapes: impl Iterator<Item = &Shape>,
        hashes: &FileHashes,
        drawn: &UnboundedSender<u64>,
    ) -> Result<Vec<Silent>, RenderError> {
        let shared: Vec<Shared<'_>> = shapes
            .map(|Shape { plan, segment_keys, directory, .. }| Shared {
                plan,
                loader: Loader::new(self.ffmpeg.clone(), plan.output, directory.clone()),
                segment_keys,
                directory,
                hashes,
                drawn,
            })
            .collect();
        if let Some(shape) = shared.first() {
            shape.loader.check_starts(shape.plan.clips()).await?;
        }
        let posters = try_join_all(shared.iter().map(|shape| self.draw_poster(shape)));
        let (segments, posters) = tokio::try_join!(self.render_segments(&shared), posters)?;
        Ok(segments.into_iter().zip(posters).map(|(segments, poster)| Silent { segments, poster }).collect())
    }

    async fn draw_poster(&self, shared: &Shared<'_>) -> Result<PathBuf, RenderError> {
        let Shared { plan, loader, directory, .. } = shared;
        let poster = directory.join(POSTER_FILE);
        let jpeg = snapshot(&self.ffmpeg, plan, loader, poster_frame(plan), PictureFormat::Jpeg).await?;
        let written = tokio::fs::write(&poster, jpeg.file).await;
        written.map_err(|source| RenderError::Io { doing: "writing the poster", source })?;
        Ok(poster)
    }

    /// Renders the segments of all shapes into files, in parallel; returns those of each in order.
    async fn render_segments(&self, shapes: &[Shared<'_>]) -> Result<Vec<Vec<SegmentFile>>, RenderError> {
        // One line for all: a shape's last segments do not keep processors idle that the next could use.
        let segments =
            |(place, shape): (usize, &Shared<'_>)| (0..shape.plan.segments.len()).map(move |index| (place, index));
        let all: Vec<(usize, usize)> = shapes.iter().enumerate().flat_map(segments).collect();
        let at_once = self.slots.count();
        let pictures = |number: usize| shapes[all[number].0].pictures(all[number].1);
        let line = Line::new(all.len(), LAST_ROUNDS * at_once, pictures);
        let render = |number: usize| {
            let (place, index) = all[number];
            self.render_segment(index, &shapes[place])
        };
        // In any order: a slow segment at the front would keep finished ones in the places of the next.
        let mut files = each_when_free(line, ON_THEIR_WAY.saturating_add(at_once), render).await?;
        files.sort_by_key(|(number, _)| *number);
        let mut of_shapes: Vec<Vec<SegmentFile>> = shapes.iter().map(|_| Vec::new()).collect();
        for (number, file) in files {
            of_shapes[all[number].0].push(file);
        }
        Ok(of_shapes)
    }

    /// Recalls a segment or renders it, and writes it into a file, unless another renders it right now.
    async fn render_segment(&self, index: usize, shared: &Shared<'_>) -> Result<Attempt<SegmentFile>, RenderError> {
        let segment = Arc::new(shared.plan.segment(shared.plan.segments[index].clone()));
        let key = shared.segment_keys[index];
        // A place is taken by who computes, not by who waits for another to do so.
        let render = async {
            let _place = self.slots.take().await;
            let sources = Arc::new(shared.loader.load(segment.shots.iter().map(|shot| &shot.look)).await?);
            let damaged = shared.damaged(&sources);
            let value = encode_segment(&self.ffmpeg, &segment, &sources, damaged, shared.drawn).await?;
            Ok::<_, RenderError>(Fresh { value, time_to_live: key.kind.time_to_live() })
        };
        let Recalled { value: encoded, is_remembered: is_reused } =
            match once_unless_held(self.memo.as_ref(), key, render).await? {
                Attempt::Done(recalled) => recalled,
                Attempt::Held(waiting) => return Ok(Attempt::Held(waiting)),
            };
        if is_reused {
            // Nobody listens once the render was dropped.
            let _ = shared.drawn.send(encoded.frames);
        }
        let path = shared.directory.join(format!("segment-{index:04}.h264"));
        let written = tokio::fs::write(&path, &encoded.stream).await;
        written.map_err(|source| RenderError::Io { doing: "writing a segment", source })?;
        let EncodedSegment { distinct_frames, damaged, .. } = encoded;
        Ok(Attempt::Done(SegmentFile { path, distinct_frames, damaged, is_reused }))
    }
}

/// Puts the segments of one shape and the sound into one file.
pub async fn stitch(shape: &Shape, silent: Silent, sound: Arc<Option<AacTrack>>) -> Result<FinishedVideo, RenderError> {
    let count = silent.count();
    let Silent { segments, poster } = silent;
    let video = shape.directory.join(VIDEO_FILE);
    let written = write(&video, &segments, shape.plan.output, sound).await?;
    for segment in &segments {
        // The directory is the caller's to remove: a segment left there is only untidy.
        let _ = tokio::fs::remove_file(&segment.path).await;
    }
    let files = RenderedFiles {
        video,
        poster,
        frames: written.frames,
        distinct_frames: segments.iter().map(|segment| segment.distinct_frames).sum(),
        segments: count,
        size_bytes: written.size_bytes,
        sha256: written.sha256,
    };
    Ok(FinishedVideo { files, damaged: each_once(segments) })
}

/// The damaged pictures of all segments, each once.
fn each_once(segments: Vec<SegmentFile>) -> Vec<DamagedFile> {
    let mut damaged: Vec<DamagedFile> = segments.into_iter().flat_map(|segment| segment.damaged).collect();
    damaged.sort_unstable_by_key(|file| file.hash);
    damaged.dedup_by_key(|file| file.hash);
    damaged
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
