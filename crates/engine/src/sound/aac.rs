//! AAC-LC through ffmpeg.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use rushes_core::ports::RenderError;

use super::adts;
use super::loudness::Block;
use super::stereo::on_both_sides;
use super::time::RATE_HZ;
use super::track::{AacTrack, TrackWriter};
use crate::ffmpeg::Ffmpeg;

/// Of a voice, which is coded once for both sides.
const VOICE_BIT_RATE: &str = "40k";
/// Of both sides together.
const MIX_BIT_RATE: &str = "160k";

/// Codes what `blocks` writes: one channel, which will be heard on both sides, or two.
///
/// # Errors
/// [`RenderError`] when ffmpeg fails or writes something else.
pub async fn encode<const CHANNELS: usize, F>(
    ffmpeg: &Ffmpeg,
    directory: &Path,
    rate_hz: u32,
    duration: Duration,
    produce: F,
) -> Result<AacTrack, RenderError>
where
    F: FnOnce(PcmWriter) -> Result<(), RenderError> + Send + 'static,
{
    let mut track = TrackWriter::new(directory)?;
    let running = ffmpeg.start("encoding sound", deadline(duration), arguments::<CHANNELS>(rate_hz))?;
    let take = move |stream| {
        adts::split(stream, |frame| match CHANNELS {
            1 => {
                let frame = on_both_sides(frame).map_err(|error| RenderError::Broken {
                    reason: "a sound frame could not be doubled".to_owned(),
                    source: Some(error.into()),
                })?;
                track.push(&frame)
            }
            _ => track.push(frame),
        })?;
        track.finish()
    };
    running.exchange(|pipe| produce(PcmWriter::new(pipe)), take).await
}

/// Time that work on that much sound may take.
pub fn deadline(duration: Duration) -> Duration {
    Duration::from_secs(60) + duration * 2
}

/// What decides the coded bytes besides the samples.
pub fn coder_settings(channels: usize) -> [&'static str; 8] {
    let bit_rate = if channels == 1 { VOICE_BIT_RATE } else { MIX_BIT_RATE };
    // The thorough coder takes three times as long; at these rates it sounds the
    // same. Substituted noise would be another on each side.
    ["-c:a", "aac", "-aac_coder", "fast", "-aac_pns", "0", "-b:a", bit_rate]
}

fn arguments<const CHANNELS: usize>(rate_hz: u32) -> Vec<String> {
    let (from, to, channels) = (rate_hz.to_string(), RATE_HZ.to_string(), CHANNELS.to_string());
    let input = ["-f", "f32le", "-ar", &from, "-ac", &channels, "-i", "pipe:0", "-ar", &to];
    let output = ["-flags", "+bitexact", "-f", "adts", "pipe:1"];
    [&input[..], &coder_settings(CHANNELS), &output].concat().into_iter().map(str::to_owned).collect()
}

/// Writes samples into ffmpeg.
pub struct PcmWriter(BufWriter<File>);

impl PcmWriter {
    /// Writes into `pipe`.
    pub fn new(pipe: File) -> Self {
        Self(BufWriter::with_capacity(1 << 16, pipe))
    }

    /// Writes every block.
    ///
    /// # Errors
    /// [`RenderError::Io`] when ffmpeg reads no more, and errors of the blocks.
    pub fn write<const CHANNELS: usize>(
        mut self,
        blocks: impl Iterator<Item = Block<CHANNELS>>,
    ) -> Result<(), RenderError> {
        for block in blocks {
            let bytes: Vec<u8> = block?.as_flattened().iter().flat_map(|sample| sample.to_le_bytes()).collect();
            self.0.write_all(&bytes).map_err(not_written)?;
        }
        self.0.flush().map_err(not_written)
    }
}

fn not_written(source: std::io::Error) -> RenderError {
    RenderError::Io { doing: "writing to ffmpeg", source }
}
