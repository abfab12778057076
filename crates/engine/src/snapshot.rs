//! One frame as a picture file: drawn as for the video, saved as JPEG or PNG.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use rushes_core::ports::RenderError;
use rushes_core::spec::Output;

use crate::compose::Composer;
use crate::ffmpeg::Ffmpeg;
use crate::picture::Picture;
use crate::plan::Plan;
use crate::sources::{Damage, Loader};

const DEADLINE: Duration = Duration::from_secs(60);
/// The poster is the picture at this moment, or a tenth into a shorter video.
const POSTER_MOMENT: Duration = Duration::from_secs(3);

/// A picture file's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    /// Small, for lists of videos.
    Jpeg,
    /// Exact.
    Png,
}

/// A picture file of a frame.
pub struct Snapshot {
    /// Nothing for a video without frames.
    pub file: Vec<u8>,
    /// Damaged pictures that it shows.
    pub damaged: Vec<(PathBuf, Damage)>,
}

/// The frame that stands for the video.
pub fn poster_frame(plan: &Plan) -> u64 {
    plan.output.frame_rate.frame_at(POSTER_MOMENT).min(plan.frames() / 10)
}

/// What a frame shows, as a picture file; the last frame for a later one.
///
/// # Errors
/// [`RenderError`] when drawing or ffmpeg fails.
pub async fn snapshot(
    ffmpeg: &Ffmpeg,
    plan: &Plan,
    loader: &Loader,
    frame: u64,
    format: PictureFormat,
) -> Result<Snapshot, RenderError> {
    let Some(look) = plan.look(frame) else { return Ok(Snapshot { file: Vec::new(), damaged: Vec::new() }) };
    let sources = loader.load(std::iter::once(&look)).await?;
    let damaged = sources.damaged().to_vec();
    let output = plan.output;
    let draw = move |mut encoder: std::fs::File| {
        let mut picture = Picture::black(output.width as usize, output.height as usize);
        Composer::new(output, &sources).compose(&look, &mut picture)?;
        let written = encoder.write_all(picture.bytes());
        written.map_err(|source| RenderError::Io { doing: "writing to ffmpeg", source })
    };
    let file = ffmpeg.start("making a picture", DEADLINE, arguments(&output, format))?.feed(draw).await?;
    Ok(Snapshot { file, damaged })
}

fn arguments(output: &Output, format: PictureFormat) -> Vec<String> {
    let size = format!("{}x{}", output.width, output.height);
    let input = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", &size];
    let color = ["-color_range", "tv", "-colorspace", "bt709", "-i", "pipe:0", "-frames:v", "1"];
    let file: &[&str] = match format {
        // JPEG is full range and of another matrix; the picture is not.
        PictureFormat::Jpeg => &["-vf", "scale=out_range=pc:out_color_matrix=bt601", "-q:v", "3", "-f", "mjpeg"],
        PictureFormat::Png => {
            &["-vf", "scale=in_color_matrix=bt709:in_range=tv,format=rgb24", "-c:v", "png", "-f", "image2pipe"]
        }
    };
    [&input[..], &color, file, &["pipe:1"]].concat().into_iter().map(str::to_owned).collect()
}
