//! The whole way from a soundtrack to coded frames.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rushes_core::memo::{Fresh, once_in, recall};
use rushes_core::ports::{Memo, MemoKey, RenderError, RenderWarning};
use rushes_core::timeline::Soundtrack;

use super::aac::{PcmWriter, deadline, encode_whole};
use super::adts;
use super::balance::balance;
use super::decode::decode_voice;
use super::gather::Files;
use super::loudness::master;
use super::memo::{Finished, RemarkStorage, TrackStorage};
use super::mix::Mix;
use super::remark::{remarks, warnings};
use super::track::AacTrack;
use super::true_peak::TruePeak;
use super::voice_track::encode_voice;
use crate::ffmpeg::Ffmpeg;

/// The highest true peak of a finished mix, in dBTP; a little is left for meters that find more.
const HIGHEST_DBTP: f64 = -1.1;
const MAX_ROUNDS: usize = 4;
const BUFFER_BYTES: usize = 1 << 16;

/// A finished soundtrack.
#[derive(Clone, Debug, Default)]
pub struct Sound {
    /// `None` when nothing is heard.
    pub track: Option<AacTrack>,
    /// What of its files is not heard as asked for.
    pub warnings: Vec<RenderWarning>,
}

/// Masters and encodes a soundtrack, or recalls it by its [`sound_key`](super::sound_key).
///
/// # Errors
/// [`RenderError`] when a sound cannot be decoded, or ffmpeg fails.
pub async fn encode_sound(
    ffmpeg: &Ffmpeg,
    memo: &dyn Memo,
    soundtrack: Arc<Soundtrack>,
    key: MemoKey,
    directory: &Path,
) -> Result<Sound, RenderError> {
    if soundtrack.pieces.is_empty() && !has_files(&soundtrack) {
        return Ok(Sound::default());
    }
    let storage = TrackStorage { memo, directory };
    let encoding = async {
        let value = encode(ffmpeg, memo, Arc::clone(&soundtrack), directory).await?;
        Ok::<_, RenderError>(Fresh { value, time_to_live: key.kind.time_to_live() })
    };
    let Finished { track, remarks } = once_in(memo, key, &storage, encoding).await?.value;
    Ok(Sound { track, warnings: warnings(&soundtrack, remarks) })
}

/// What is to be said of a soundtrack whose video is remembered.
///
/// # Errors
/// As [`encode_sound`], which is asked where only the video is remembered.
pub async fn sound_warnings(
    ffmpeg: &Ffmpeg,
    memo: &dyn Memo,
    soundtrack: Arc<Soundtrack>,
    key: MemoKey,
    directory: &Path,
) -> Result<Vec<RenderWarning>, RenderError> {
    if !has_files(&soundtrack) {
        return Ok(Vec::new());
    }
    match recall(memo, key, &RemarkStorage).await {
        Some(remarks) => Ok(warnings(&soundtrack, remarks)),
        None => Ok(encode_sound(ffmpeg, memo, soundtrack, key, directory).await?.warnings),
    }
}

const fn has_files(soundtrack: &Soundtrack) -> bool {
    soundtrack.music.is_some() || !soundtrack.effects.is_empty()
}

async fn encode(
    ffmpeg: &Ffmpeg,
    memo: &dyn Memo,
    soundtrack: Arc<Soundtrack>,
    directory: &Path,
) -> Result<Finished, RenderError> {
    let files = Files::decode(ffmpeg, &soundtrack, directory).await?;
    let remarks = remarks(&soundtrack, &files);
    let track = if !files.are_silent() {
        Some(encode_mix(ffmpeg, &soundtrack, files, directory).await?)
    } else if soundtrack.pieces.is_empty() {
        None
    } else {
        Some(encode_voice(ffmpeg, memo, soundtrack, directory).await?)
    };
    Ok(Finished { track, remarks })
}

async fn encode_mix(
    ffmpeg: &Ffmpeg,
    soundtrack: &Arc<Soundtrack>,
    files: Files,
    directory: &Path,
) -> Result<AacTrack, RenderError> {
    let voice = decode_voice(ffmpeg, soundtrack, directory).await?.map(Arc::new);
    let balanced = Arc::clone(soundtrack);
    let balancing = tokio::task::spawn_blocking(move || balance(&balanced, &files, voice));
    let mix = balancing
        .await
        .map_err(|error| RenderError::Broken { reason: "mixing panicked".to_owned(), source: Some(error.into()) })??;
    encode_below_the_ceiling(ffmpeg, mix, soundtrack.duration, directory).await
}

/// How far coding raises the peaks of a mix is seen only afterwards: where it was
/// too far, the mix is limited that much more and coded again.
async fn encode_below_the_ceiling(
    ffmpeg: &Ffmpeg,
    mut mix: Mix,
    duration: Duration,
    directory: &Path,
) -> Result<AacTrack, RenderError> {
    let mut rounds = 0;
    loop {
        let limited = mix.clone();
        let produce = move |mut writer: PcmWriter| writer.write(master(&limited, 1.0));
        let track = encode_whole(ffmpeg, directory, duration, produce).await?;
        let excess_db = coded_peak_dbtp(ffmpeg, &track, duration).await? - HIGHEST_DBTP;
        rounds += 1;
        if excess_db <= 0.0 || rounds == MAX_ROUNDS {
            tracing::debug!(excess_db, rounds, "sound was mixed");
            return Ok(track);
        }
        mix = mix.lowered_by(excess_db + 0.05);
    }
}

/// The highest true peak of what a player will decode.
async fn coded_peak_dbtp(ffmpeg: &Ffmpeg, track: &AacTrack, duration: Duration) -> Result<f64, RenderError> {
    let arguments = ["-f", "aac", "-i", "pipe:0", "-f", "f32le", "pipe:1"];
    let running = ffmpeg.start("measuring coded sound", deadline(duration), arguments)?;
    let track = track.clone();
    let peak = running.exchange(move |pipe| write_adts(&track, pipe), highest).await?;
    Ok(20.0 * f64::from(peak).log10())
}

fn write_adts(track: &AacTrack, pipe: File) -> Result<(), RenderError> {
    let failed = |source| RenderError::Io { doing: "writing to ffmpeg", source };
    let mut pipe = BufWriter::with_capacity(BUFFER_BYTES, pipe);
    track.each_frame(|frame| {
        pipe.write_all(&adts::header(frame.len())).map_err(failed)?;
        pipe.write_all(frame).map_err(failed)
    })?;
    pipe.flush().map_err(failed)
}

fn highest(stream: File) -> Result<f32, RenderError> {
    let mut stream = BufReader::with_capacity(BUFFER_BYTES, stream);
    let mut meter = TruePeak::<2>::default();
    let mut peak = 0f32;
    let mut frame = [[0; 4]; 2];
    while stream.read_exact(frame.as_flattened_mut()).is_ok() {
        peak = meter.next(frame.map(f32::from_le_bytes)).max(peak);
    }
    Ok(peak)
}
