//! AAC-LC through ffmpeg, as frames that can be placed in a file (ISO/IEC 14496-3, 1.A.3: ADTS).

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use rushes_core::ports::RenderError;
use rushes_core::timeline::Soundtrack;

use super::loudness::{Mastered, find_gain};
use super::stereo::on_both_sides;
use crate::ffmpeg::Ffmpeg;

/// Samples a second of the finished sound.
pub const RATE_HZ: u32 = 48_000;
/// A voice comes from the middle: both channels carry it.
const CHANNELS: u8 = 2;
/// Of one channel.
const BIT_RATE: &str = "64k";

/// The sound of a video, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AacTrack {
    /// Raw AAC frames of 1,024 samples each.
    pub frames: Vec<Vec<u8>>,
    /// Samples a second.
    pub rate_hz: u32,
    /// Channels.
    pub channels: u8,
    /// Samples at the start that the coder added and players leave out.
    pub priming: u32,
}

impl AacTrack {
    /// Samples of one frame.
    pub const FRAME_SAMPLES: u32 = 1024;
}

/// Masters and encodes a soundtrack; `None` when it has no sound.
///
/// # Errors
/// [`RenderError`] when ffmpeg fails or writes something else.
pub async fn encode_sound(ffmpeg: &Ffmpeg, soundtrack: Arc<Soundtrack>) -> Result<Option<AacTrack>, RenderError> {
    let Some(rate_hz) = soundtrack.pieces.first().map(|piece| piece.sample_rate_hz) else { return Ok(None) };
    let deadline = Duration::from_secs(60) + soundtrack.duration * 2;
    let running = ffmpeg.start("encoding sound", deadline, arguments(rate_hz))?;
    let stream = running.feed(move |encoder| master(&soundtrack, encoder)).await?;
    Ok(Some(AacTrack {
        frames: split_adts(&stream)?,
        rate_hz: RATE_HZ,
        channels: CHANNELS,
        priming: AacTrack::FRAME_SAMPLES,
    }))
}

fn arguments(rate_hz: u32) -> Vec<String> {
    let (from, to) = (rate_hz.to_string(), RATE_HZ.to_string());
    let input = ["-f", "f32le", "-ar", &from, "-ac", "1", "-i", "pipe:0"];
    // The thorough coder takes three times as long; at this rate speech sounds the
    // same. Substituted noise would be another on each side.
    let coder = ["-ar", &to, "-c:a", "aac", "-aac_coder", "fast", "-aac_pns", "0", "-b:a", BIT_RATE];
    let output = ["-flags", "+bitexact", "-f", "adts", "pipe:1"];
    [&input[..], &coder, &output].concat().into_iter().map(str::to_owned).collect()
}

fn master(soundtrack: &Soundtrack, mut encoder: std::fs::File) -> Result<(), RenderError> {
    let gain = find_gain(soundtrack)?;
    let Some(mastered) = Mastered::new(soundtrack, gain) else { return Ok(()) };
    for block in mastered {
        let bytes: Vec<u8> = block.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        encoder.write_all(&bytes).map_err(|source| RenderError::Io { doing: "writing to ffmpeg", source })?;
    }
    Ok(())
}

/// Takes the frames out of an ADTS stream: a header of 7 or 9 bytes carries the length.
fn split_adts(mut stream: &[u8]) -> Result<Vec<Vec<u8>>, RenderError> {
    let mut frames = Vec::new();
    while let [0xff, second, _, fourth, fifth, sixth, _, ..] = *stream {
        let length = usize::from(fourth & 3) << 11 | usize::from(fifth) << 3 | usize::from(sixth >> 5);
        let header = if second & 1 == 1 { 7 } else { 9 };
        let frame = stream.get(header..length).ok_or_else(|| broken("a sound frame is cut off"))?;
        frames.push(on_both_sides(frame).map_err(|error| broken(&error.to_string()))?);
        stream = &stream[length..];
    }
    if stream.is_empty() { Ok(frames) } else { Err(broken("the sound stream is not ADTS")) }
}

fn broken(reason: &str) -> RenderError {
    RenderError::Broken { reason: reason.to_owned(), source: None }
}
