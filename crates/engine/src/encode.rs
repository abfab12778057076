//! One segment to one H.264 stream.

mod picture_pipe;

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use rushes_core::ports::RenderError;
use rushes_core::spec::Quality;
use tokio::sync::mpsc::UnboundedSender;

use crate::compose::Composer;
use crate::ffmpeg::Ffmpeg;
use crate::h264::{repeat_pictures, share_sets};
use crate::plan::Segment;
use crate::sources::{DamagedFile, Sources};
use picture_pipe::{Lent, PicturePipe};

/// What the stream of every segment has in common: colours; one IDR picture at the
/// start, so that segments can follow each other; nothing that the sets which all
/// share cannot say; no setting that depends on the number of threads.
const COMMON: &str = "keyint=infinite:scenecut=0:b-pyramid=none:8x8dct=1:cabac=1:\
    colorprim=bt709:transfer=bt709:colormatrix=bt709:range=tv";

/// For pictures that stand still: no picture out of order, so that skip slices can stand
/// between pictures. Neighbouring pictures differ in a word, so a search for motion and a look
/// ahead find nothing: without them encoding takes two thirds of the time. A word that is no
/// longer spoken looks as it did two pictures ago: the second reference saves a fifth of the
/// bytes. Edges of letters gain from trellis and lose by deblocking: together another quarter
/// at the same VMAF. The quantizer is constant: what x264 otherwise spends on estimating each
/// picture's cost is a third of its time here, and moving bits to flat places takes three times
/// the bytes on a gradient at the same VMAF.
const STILL: &str = "ref=2:bframes=0:weightp=0:rc-lookahead=0:mbtree=0:subme=0:me=dia:partitions=i4x4,i8x8:\
    trellis=1:deblock=-3,-3";

/// For pictures that move. Segments begin where scenes do, so five pictures out of order between two
/// in order are right nearly everywhere: nothing need be tried. What a camera moves over is found from
/// the pictures before and after it at the speed between those (`direct=temporal`), without bits for
/// each block. Blocks smaller than that are hardly ever worth their search. Against what the presets
/// say, photographs under a camera take three fifths of the time and half the bytes at the same VMAF,
/// filmed clips half the time and a fifth more bytes (docs/PERFORMANCE.md).
const MOVING: &str = "bframes=5:b-adapt=0:direct=temporal:partitions=i8x8:weightp=1";

/// What the first picture of a segment gets, as a multiple of what it would: the pictures of a slow
/// camera are copies of it, so this raises all of them by 0.13 points of VMAF for 3 % more bytes.
const FIRST_SHARE: &str = "1.5";

/// Pictures at the end of a segment that get more bits. The encoder looks about so far ahead for what later
/// pictures will copy, and finds nothing beyond the end: without this the last pictures of a segment are worse
/// than all others, by up to two points of VMAF.
const LAST: u64 = 10;

/// What the last pictures get, as a multiple of what they would.
const LAST_SHARE: &str = "1.1";

/// What is added to the rate factor of transitions. They are over before an eye rests on them, and cost
/// ten times as many bits a picture as scenes: fewer for them and more for all others is a tenth fewer
/// bytes at the same VMAF.
const TRANSITION_RATE: f32 = 2.5;

/// Threads of the encoder. Its bytes depend on their number, so it is the same on every machine.
/// Segments beside each other keep processors busy at less cost than threads that wait for each
/// other's rows: with one thread each, a minute of photographs takes a sixth less time.
const THREADS: &str = "1";

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
    /// Damaged pictures that it shows.
    pub damaged: Vec<DamagedFile>,
}

/// How pictures are handed to the encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Feed {
    /// Each picture once.
    Distinct,
    /// Each picture for as many frames as it stays.
    EveryFrame,
}

/// Draws and encodes a segment, which shows pictures that are `damaged`. `drawn` is told the frames that each finished picture stands for.
///
/// # Errors
/// [`RenderError`] when drawing or ffmpeg fails.
pub async fn encode_segment(
    ffmpeg: &Ffmpeg,
    segment: &Arc<Segment>,
    sources: &Arc<Sources>,
    damaged: Vec<DamagedFile>,
    drawn: &UnboundedSender<u64>,
) -> Result<EncodedSegment, RenderError> {
    let frames = segment.frames();
    if !segment.is_moving() {
        let durations: Vec<u64> = segment.shots.iter().map(|shot| shot.frames).collect();
        let distinct = encode(ffmpeg, segment, sources, Feed::Distinct, drawn).await?;
        match repeat_pictures(&distinct, &durations) {
            Ok(stream) => {
                return Ok(EncodedSegment { stream, frames, distinct_frames: durations.len() as u64, damaged });
            }
            Err(error) => {
                tracing::warn!(%error, frames, "the pictures cannot be repeated; every frame is encoded");
            }
        }
    }
    let stream = encode(ffmpeg, segment, sources, Feed::EveryFrame, drawn).await?;
    let stream = share_sets(&stream, usize::try_from(frames).unwrap_or(usize::MAX))
        .map_err(|error| RenderError::Stream { reason: error.to_string() })?;
    Ok(EncodedSegment { stream, frames, distinct_frames: segment.shots.len() as u64, damaged })
}

async fn encode(
    ffmpeg: &Ffmpeg,
    segment: &Arc<Segment>,
    sources: &Arc<Sources>,
    feed: Feed,
    drawn: &UnboundedSender<u64>,
) -> Result<Vec<u8>, RenderError> {
    let seconds = u32::try_from(segment.frames() / u64::from(segment.output.frame_rate.get())).unwrap_or(u32::MAX);
    let deadline = Duration::from_secs(60) + Duration::from_secs(1) * seconds.saturating_mul(DEADLINE_PER_SECOND);
    let (drawing, sources, drawn) = (Arc::clone(segment), Arc::clone(sources), drawn.clone());
    ffmpeg
        .start("encoding pictures", deadline, encoder_settings(segment))?
        .feed(move |encoder| draw(&drawing, &sources, feed, encoder, &drawn))
        .await
}

fn draw(
    segment: &Segment,
    sources: &Sources,
    feed: Feed,
    encoder: File,
    drawn: &UnboundedSender<u64>,
) -> Result<Lent, RenderError> {
    let mut composer = Composer::new(segment.output, sources);
    let mut pipe = PicturePipe::new(encoder, &segment.output);
    let mut canvas = pipe.canvas();
    for shot in &segment.shots {
        composer.compose(&shot.look, &mut canvas)?;
        let times = if feed == Feed::Distinct { 1 } else { shot.frames };
        let put = pipe.put(canvas, times);
        canvas = put.map_err(|source| RenderError::Io { doing: "writing to ffmpeg", source })?;
        // Nobody listens once the render was dropped.
        let _ = drawn.send(shot.frames);
    }
    Ok(pipe.close())
}

/// The arguments of the encoder for a segment.
pub fn encoder_settings(segment: &Segment) -> Vec<String> {
    let output = &segment.output;
    let size = format!("{}x{}", output.width, output.height);
    let rate = output.frame_rate.get().to_string();
    let input = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", &size, "-framerate", &rate, "-i", "pipe:0"];
    let is_moving = segment.is_moving();
    let Effort { preset, rate_control, rate } = effort(segment.quality, is_moving);
    let rate = (if is_moving && segment.is_transition() { rate + TRANSITION_RATE } else { rate }).to_string();
    let own = if is_moving { moving(segment.quality, segment.frames()) } else { STILL.to_owned() };
    let settings = format!("{COMMON}:{own}");
    let encoder =
        ["-c:v", "libx264", "-preset", preset, rate_control, &rate, "-threads", THREADS, "-x264-params", &settings];
    let target = ["-f", "h264", "pipe:1"];
    [&input[..], &encoder, &target].concat().into_iter().map(str::to_owned).collect()
}

fn moving(quality: Quality, frames: u64) -> String {
    let (first, last) = (frames.saturating_sub(LAST), frames.saturating_sub(1));
    // How finely motion is searched for between pixels.
    let search = match quality {
        Quality::Draft | Quality::Standard => 1,
        Quality::High => 2,
    };
    format!("{MOVING}:subme={search}:zones=0,0,b={FIRST_SHARE}/{first},{last},b={LAST_SHARE}")
}

/// How much work x264 puts into pictures, and how many bits.
struct Effort {
    preset: &'static str,
    /// ffmpeg's option for the rate.
    rate_control: &'static str,
    rate: f32,
}

/// Pictures that stand still have a constant quantizer, those that move a constant rate factor.
const fn effort(quality: Quality, is_moving: bool) -> Effort {
    let (preset, rate) = match (quality, is_moving) {
        (Quality::Draft, false) => ("veryfast", 30.0),
        (Quality::Draft, true) => ("superfast", 28.0),
        (Quality::Standard, false) => ("veryfast", 21.0),
        (Quality::Standard, true) => ("veryfast", 20.5),
        (Quality::High, false) => ("faster", 16.0),
        (Quality::High, true) => ("faster", 17.0),
    };
    Effort { preset, rate_control: if is_moving { "-crf" } else { "-qp" }, rate }
}
