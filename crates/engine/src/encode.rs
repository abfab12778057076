//! One segment to one H.264 stream.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use rushes_core::ports::RenderError;
use rushes_core::spec::Output;
use tokio::sync::mpsc::UnboundedSender;

use crate::compose::{Composer, Stills};
use crate::ffmpeg::Ffmpeg;
use crate::h264::{ParameterSets, repeat_pictures, split_access_units};
use crate::plan::Segment;

/// Quality of the pictures (x264's constant rate factor). Captions on plain ground
/// have VMAF 93.9 against the uncompressed pictures; 17 would give 95.0 for half as
/// many bytes again.
const RATE_FACTOR: &str = "23";

/// What the stream of every segment has in common. One reference and no picture
/// out of order, so that skip slices can stand between pictures; one IDR picture
/// at the start; no setting that depends on the number of threads. Neighbouring
/// pictures differ in a word, so a search for motion and a look ahead find
/// nothing: without them encoding takes two thirds of the time.
const X264: &str = "ref=1:bframes=0:weightp=0:scenecut=0:keyint=infinite:rc-lookahead=0:mbtree=0:\
    subme=0:me=dia:partitions=i4x4,i8x8:colorprim=bt709:transfer=bt709:colormatrix=bt709:range=tv";

/// The longest that encoding one second of video may take.
const DEADLINE_PER_SECOND: u32 = 20;

/// A rendered segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedSegment {
    /// Byte stream: parameter sets, an IDR picture, the rest.
    pub stream: Vec<u8>,
    /// Frames shown.
    pub frames: u64,
    /// Pictures composed and encoded.
    pub distinct_frames: u64,
}

/// How pictures are handed to the encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Feed {
    /// Each picture once.
    Distinct,
    /// Each picture for as many frames as it stays.
    EveryFrame,
}

/// Draws and encodes a segment. `drawn` is told the frames that each finished picture stands for.
///
/// # Errors
/// [`RenderError`] when drawing or ffmpeg fails.
pub async fn encode_segment(
    ffmpeg: &Ffmpeg,
    segment: &Segment,
    stills: &Arc<Stills>,
    drawn: &UnboundedSender<u64>,
) -> Result<EncodedSegment, RenderError> {
    let durations: Vec<u64> = segment.shots.iter().map(|shot| shot.frames).collect();
    let frames = segment.frames();
    let distinct = encode(ffmpeg, segment, stills, Feed::Distinct, drawn).await?;
    match repeat_pictures(&distinct, &durations) {
        Ok(stream) => Ok(EncodedSegment { stream, frames, distinct_frames: durations.len() as u64 }),
        Err(error) => {
            tracing::warn!(%error, frames, "the pictures cannot be repeated; every frame is encoded");
            let stream = encode(ffmpeg, segment, stills, Feed::EveryFrame, drawn).await?;
            check_count(&stream, frames)?;
            Ok(EncodedSegment { stream, frames, distinct_frames: frames })
        }
    }
}

async fn encode(
    ffmpeg: &Ffmpeg,
    segment: &Segment,
    stills: &Arc<Stills>,
    feed: Feed,
    drawn: &UnboundedSender<u64>,
) -> Result<Vec<u8>, RenderError> {
    let seconds = u32::try_from(segment.frames() / u64::from(segment.output.frame_rate.get())).unwrap_or(u32::MAX);
    let deadline = Duration::from_secs(60) + Duration::from_secs(1) * seconds.saturating_mul(DEADLINE_PER_SECOND);
    let (drawing, stills, drawn) = (segment.clone(), Arc::clone(stills), drawn.clone());
    ffmpeg
        .start("encoding pictures", deadline, encoder_settings(&segment.output))?
        .feed(move |encoder| draw(&drawing, &stills, feed, encoder, &drawn))
        .await
}

fn draw(
    segment: &Segment,
    stills: &Stills,
    feed: Feed,
    mut encoder: std::fs::File,
    drawn: &UnboundedSender<u64>,
) -> Result<(), RenderError> {
    let mut composer = Composer::new(segment.output, stills);
    for shot in &segment.shots {
        let picture = composer.compose(&shot.look)?;
        let times = if feed == Feed::Distinct { 1 } else { shot.frames };
        for _ in 0..times {
            let written = encoder.write_all(picture.bytes());
            written.map_err(|source| RenderError::Io { doing: "writing to ffmpeg", source })?;
        }
        // Nobody listens once the render was dropped.
        let _ = drawn.send(shot.frames);
    }
    Ok(())
}

/// The arguments of the encoder for pictures of that shape.
pub fn encoder_settings(output: &Output) -> Vec<String> {
    let size = format!("{}x{}", output.width, output.height);
    let rate = output.frame_rate.get().to_string();
    let input = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", &size, "-framerate", &rate, "-i", "pipe:0"];
    let encoder =
        ["-c:v", "libx264", "-preset", "veryfast", "-crf", RATE_FACTOR, "-threads", "1", "-x264-params", X264];
    let target = ["-f", "h264", "pipe:1"];
    [&input[..], &encoder, &target].concat().into_iter().map(str::to_owned).collect()
}

fn check_count(stream: &[u8], frames: u64) -> Result<(), RenderError> {
    let count = ParameterSets::find(stream).and_then(|sets| Ok(split_access_units(stream, &sets)?.len()));
    match count {
        Ok(count) if count as u64 == frames => Ok(()),
        Ok(count) => Err(RenderError::Stream { reason: format!("{count} pictures instead of {frames}") }),
        Err(error) => Err(RenderError::Stream { reason: error.to_string() }),
    }
}
