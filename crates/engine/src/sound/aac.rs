//! AAC-LC through ffmpeg.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rushes_core::ports::RenderError;
use rushes_core::timeline::Soundtrack;

use super::adts;
use super::loudness::{Block, Playable, master};
use super::time::RATE_HZ;
use super::track::{AacTrack, TrackWriter};
use super::voice::Voice;
use crate::ffmpeg::Ffmpeg;

/// Of a voice, which is coded once for both sides.
const VOICE_BIT_RATE: &str = "40k";
/// Of both sides together.
const MIX_BIT_RATE: &str = "160k";

/// Coded frames of some sound.
pub type Frames = Vec<Vec<u8>>;

/// Codes the two channels that `produce` writes, as one.
///
/// # Errors
/// [`RenderError`] when ffmpeg fails or writes something else.
pub async fn encode_whole<F>(
    ffmpeg: &Ffmpeg,
    directory: &Path,
    duration: Duration,
    produce: F,
) -> Result<AacTrack, RenderError>
where
    F: FnOnce(PcmWriter) -> Result<(), RenderError> + Send + 'static,
{
    let mut track = TrackWriter::new(directory)?;
    let arguments = [&input(RATE_HZ, 2), &output(2, "pipe:1")[..]].concat();
    let running = ffmpeg.start("encoding sound", deadline(duration), arguments)?;
    let take = move |stream| {
        adts::split(stream, |frame| track.push(frame))?;
        track.finish()
    };
    running.exchange(|pipe| produce(PcmWriter::new(pipe)), take).await
}

/// Codes one-channel sounds of the same rate, raised by `gain` and limited, each as if there were
/// no other. They go through one program, which has a coder for each.
///
/// # Errors
/// [`RenderError`] when they cannot be read, or ffmpeg fails or writes something else.
pub async fn encode_apart(
    ffmpeg: &Ffmpeg,
    directory: &Path,
    sounds: Vec<Soundtrack>,
    gain: f32,
) -> Result<Vec<Frames>, RenderError> {
    let lengths: Vec<u64> = sounds.iter().filter_map(Voice::of).map(|voice| voice.length()).collect();
    let Some(rate_hz) = sounds.iter().find_map(Voice::of).map(|voice| voice.rate_hz()) else { return Ok(Vec::new()) };
    let folder = tempfile::tempdir_in(directory).map_err(not_stored)?;
    let files: Vec<PathBuf> = (0..sounds.len()).map(|number| folder.path().join(format!("{number}.aac"))).collect();
    let duration = sounds.iter().map(|sound| sound.duration).sum();
    let arguments = arguments_apart(rate_hz, &lengths, &files);
    let produce = move |pipe| {
        let mut writer = PcmWriter::new(pipe);
        sounds.iter().filter_map(Voice::of).try_for_each(|voice| writer.write(master(&voice, gain)))
    };
    ffmpeg.start("encoding sound", deadline(duration), arguments)?.feed(produce).await?;
    files.iter().map(|file| read_frames(file)).collect()
}

fn read_frames(file: &Path) -> Result<Frames, RenderError> {
    let mut frames = Frames::new();
    adts::split(File::open(file).map_err(not_stored)?, |frame| {
        frames.push(frame.to_vec());
        Ok(())
    })?;
    Ok(frames)
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

fn input(rate_hz: u32, channels: usize) -> Vec<String> {
    let (rate, channels) = (rate_hz.to_string(), channels.to_string());
    ["-f", "f32le", "-ar", &rate, "-ac", &channels, "-i", "pipe:0"].map(str::to_owned).into()
}

fn output(channels: usize, target: &str) -> Vec<String> {
    let rate = RATE_HZ.to_string();
    let before = ["-ar", &rate];
    let after = ["-flags", "+bitexact", "-f", "adts", target];
    [&before[..], &coder_settings(channels), &after].concat().into_iter().map(str::to_owned).collect()
}

/// The input is cut into runs of so many samples, each of which goes to a coder and a file of its own.
fn arguments_apart(rate_hz: u32, lengths: &[u64], files: &[PathBuf]) -> Vec<String> {
    let ends = lengths[..lengths.len().saturating_sub(1)].iter().scan(0, |end, length| {
        *end += length;
        Some(end.to_string())
    });
    let ends = ends.collect::<Vec<_>>().join("|");
    let names: Vec<String> = (0..files.len()).map(|number| format!("[run{number}]")).collect();
    let cut = if ends.is_empty() { "anull".to_owned() } else { format!("asegment=samples={ends}") };
    let filter = ["-filter_complex".to_owned(), format!("[0:a]{cut}{}", names.concat())];
    let outputs = names.into_iter().zip(files).flat_map(|(name, file)| {
        let target = format!("file:{}", file.display());
        ["-map".to_owned(), name].into_iter().chain(output(1, &target))
    });
    input(rate_hz, 1).into_iter().chain(filter).chain(outputs).collect()
}

fn not_stored(source: std::io::Error) -> RenderError {
    RenderError::Io { doing: "storing coded sound", source }
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
        &mut self,
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
