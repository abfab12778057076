//! The picture that stands for the video: drawn like any other, saved as JPEG.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use rushes_core::ports::RenderError;
use rushes_core::spec::Output;

use crate::compose::Composer;
use crate::ffmpeg::Ffmpeg;
use crate::plan::Plan;
use crate::sources::Loader;

const DEADLINE: Duration = Duration::from_secs(60);
/// The poster is the picture at this moment, or a tenth into a shorter video.
const MOMENT: Duration = Duration::from_secs(3);

/// The frame that stands for the video.
pub fn poster_frame(plan: &Plan) -> u64 {
    plan.output.frame_rate.frame_at(MOMENT).min(plan.frames() / 10)
}

/// Draws the poster into the file `target`.
///
/// # Errors
/// [`RenderError`] when drawing or ffmpeg fails.
pub async fn draw_poster(ffmpeg: &Ffmpeg, plan: &Plan, loader: &Loader, target: &Path) -> Result<(), RenderError> {
    let Some(look) = plan.look(poster_frame(plan)) else { return Ok(()) };
    let sources = loader.load(std::iter::once(&look)).await?;
    let output = plan.output;
    let running = ffmpeg.start("making the poster", DEADLINE, arguments(&output, target))?;
    let draw = move |mut encoder: std::fs::File| {
        let mut composer = Composer::new(output, &sources);
        let written = encoder.write_all(composer.compose(&look)?.bytes());
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
