//! The whole way from a timeline to files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use rushes_core::ports::{Progress, RenderError, RenderJob, RenderedFiles, Renderer};
use rushes_core::task::{SegmentCount, Stage};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::compose::Stills;
use crate::encode::encode_segment;
use crate::ffmpeg::Ffmpeg;
use crate::mp4::write_mp4;
use crate::plan::{Segment, plan};
use crate::poster::{draw_poster, poster_look};
use crate::sound::encode_sound;
use crate::still::decode_stills;
use crate::text::Typesetter;

/// Draws, encodes and joins on this machine.
#[derive(Clone, Debug)]
pub struct Engine {
    ffmpeg: Ffmpeg,
    workers: usize,
}

impl Engine {
    /// An engine that uses the ffmpeg at `ffmpeg` and renders as many segments at
    /// once as the machine has processors.
    #[must_use]
    pub fn new(ffmpeg: PathBuf) -> Self {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        Self { ffmpeg: Ffmpeg::new(ffmpeg), workers }
    }

    /// The same engine with another number of segments rendered at once; at least one.
    #[must_use]
    pub fn with_workers(self, workers: usize) -> Self {
        Self { workers: workers.max(1), ..self }
    }

    /// Renders all segments into files, in parallel; returns their paths in order
    /// and the number of pictures encoded.
    async fn render_segments(
        &self,
        segments: &[Segment],
        stills: &Arc<Stills>,
        directory: &Path,
        drawn: &UnboundedSender<u64>,
    ) -> Result<(Vec<PathBuf>, u64), RenderError> {
        let rendered: Vec<(PathBuf, u64)> = stream::iter(segments.to_vec().into_iter().enumerate())
            .map(|(index, segment)| async move {
                let encoded = encode_segment(&self.ffmpeg, &segment, stills, drawn).await?;
                let path = directory.join(format!("segment-{index:04}.h264"));
                let written = tokio::fs::write(&path, &encoded.stream).await;
                written.map_err(|source| RenderError::Io { doing: "writing a segment", source })?;
                Ok::<_, RenderError>((path, encoded.distinct_frames))
            })
            .buffered(self.workers)
            .try_collect()
            .await?;
        let distinct_frames = rendered.iter().map(|(_, distinct)| distinct).sum();
        Ok((rendered.into_iter().map(|(path, _)| path).collect(), distinct_frames))
    }
}

#[async_trait]
impl Renderer for Engine {
    async fn render(&self, job: RenderJob<'_>, progress: &dyn Progress) -> Result<RenderedFiles, RenderError> {
        let timeline = job.timeline;
        let stills = Arc::new(decode_stills(&self.ffmpeg, timeline).await?);
        let segments = plan(timeline, &mut Typesetter::new());
        let total = segments.len();
        let (drawn, counter) = unbounded_channel();
        let pictures = async {
            let rendered = self.render_segments(&segments, &stills, job.directory, &drawn).await;
            drop(drawn);
            rendered
        };
        let sound = encode_sound(&self.ffmpeg, Arc::new(job.soundtrack.clone()));
        let counting = async {
            count(counter, timeline.frames(), progress).await;
            Ok(())
        };
        let poster = job.directory.join("poster.jpg");
        let drawing_poster = draw_poster(&self.ffmpeg, poster_look(&segments), &stills, &poster);
        let ((paths, distinct_frames), sound, (), ()) = tokio::try_join!(pictures, sound, counting, drawing_poster)?;
        progress.report(Stage::Stitching, 0.0);
        let video = job.directory.join("video.mp4");
        let (output, target, parts) = (timeline.output, video.clone(), paths.clone());
        let written =
            tokio::task::spawn_blocking(move || write_mp4(&target, &parts, output, sound.as_ref())).await.map_err(
                |error| RenderError::Broken { reason: "joining panicked".to_owned(), source: Some(error.into()) },
            )??;
        for path in paths {
            // The directory is the caller's to remove: a segment left there is only untidy.
            let _ = tokio::fs::remove_file(path).await;
        }
        Ok(RenderedFiles {
            video,
            poster,
            frames: written.frames,
            distinct_frames,
            segments: SegmentCount { total, reused: 0 },
            size_bytes: written.size_bytes,
            sha256: written.sha256,
        })
    }
}

/// Turns counts of drawn frames into progress until nobody draws any more.
async fn count(mut counter: UnboundedReceiver<u64>, frames: u64, progress: &dyn Progress) {
    let mut done = 0;
    while let Some(more) = counter.recv().await {
        done += more;
        #[expect(clippy::cast_precision_loss, reason = "a share for people")]
        let share = done as f64 / frames.max(1) as f64;
        progress.report(Stage::Rendering, share);
    }
}
