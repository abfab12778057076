//! The picture that stands for the video: drawn like any other, saved as JPEG.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rushes_core::ports::RenderError;
use rushes_core::spec::Output;

use crate::compose::{Composer, Stills};
use crate::ffmpeg::Ffmpeg;
use crate::plan::{Look, Segment};

const DEADLINE: Duration = Duration::from_secs(60);
/// The poster is the picture at this moment, or a tenth into a shorter video.
const MOMENT: Duration = Duration::from_secs(3);

/// A look with the shape it is drawn in.
pub struct PosterLook {
    output: Output,
    look: Look,
}

/// What the poster shows; `None` for a video without frames.
pub fn poster_look(segments: &[Segment]) -> Option<PosterLook> {
    let output = segments.first()?.output;
    let frames: u64 = segments.iter().map(Segment::frames).sum();
    let mut left = output.frame_rate.frame_at(MOMENT).min(frames / 10);
    for segment in segments {
        for shot in &segment.shots {
            if left < shot.frames {
                return Some(PosterLook { output, look: shot.look.clone() });
            }
            left -= shot.frames;
        }
    }
    None
}

/// Draws the poster into the file `target`.
///
/// # Errors
/// [`RenderError`] when drawing or ffmpeg fails.
pub async fn draw_poster(
    ffmpeg: &Ffmpeg,
    poster: Option<PosterLook>,
    stills: &Arc<Stills>,
    target: &Path,
) -> Result<(), RenderError> {
    let Some(poster) = poster else { return Ok(()) };
    let running = ffmpeg.start("making the poster", DEADLINE, arguments(&poster.output, target))?;
    let stills = Arc::clone(stills);
    let draw = move |mut encoder: std::fs::File| {
        let mut composer = Composer::new(poster.output, &stills);
        let written = encoder.write_all(composer.compose(&poster.look)?.bytes());
        written.map_err(|source| RenderError::Io { doing: "writing to ffmpeg", source })
    };
    running.feed(draw).await.map(drop)
}

fn arguments(output: &Output, target: &Path) -> Vec<std::ffi::OsString> {
    let size = format!("{}x{}", output.width, output.height);
    let input = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", &size];
    // JPEG is full range; the picture is not.
    let color = ["-color_range", "tv", "-colorspace", "bt709", "-i", "pipe:0"];
    let jpeg = ["-frames:v", "1", "-vf", "scale=out_range=pc:out_color_matrix=bt601", "-q:v", "3", "-f", "mjpeg"];
    let words = [&input[..], &color, &jpeg].concat();
    words.into_iter().map(std::ffi::OsString::from).chain([target.into()]).collect()
}
