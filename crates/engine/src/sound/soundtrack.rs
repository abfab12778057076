//! The whole way from a soundtrack to coded frames.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rushes_core::memo::{Fresh, once_in};
use rushes_core::ports::{Memo, MemoKey, RenderError};
use rushes_core::timeline::Soundtrack;

use super::aac::{PcmWriter, deadline, encode_whole};
use super::adts;
use super::loudness::{find_gain, master};
use super::memo::TrackStorage;
use super::mix::Mix;
use super::track::AacTrack;
use super::true_peak::TruePeak;
use super::voice_track::encode_voice;
use crate::ffmpeg::Ffmpeg;

/// The highest true peak of a finished mix, in dBTP; a little is left for meters that find more.
const HIGHEST_DBTP: f64 = -1.1;
/// The highest before coding: coding adds some.
const FIRST_CEILING_DBTP: f64 = -2.0;
const MAX_ROUNDS: usize = 4;
const BUFFER_BYTES: usize = 1 << 16;

/// Masters and encodes a soundtrack, or recalls it by its [`sound_key`](super::sound_key); `None` when it has no sound.
///
/// # Errors
/// [`RenderError`] when a sound cannot be decoded, or ffmpeg fails.
pub async fn encode_sound(
    ffmpeg: &Ffmpeg,
    memo: &dyn Memo,
    soundtrack: Arc<Soundtrack>,
    key: MemoKey,
    directory: &Path,
) -> Result<Option<AacTrack>, RenderError> {
    if soundtrack.pieces.is_empty() && soundtrack.music.is_none() && soundtrack.effects.is_empty() {
        return Ok(None);
    }
    let storage = TrackStorage { memo, directory };
    let mixing = async {
        let value = encode(ffmpeg, memo, soundtrack, directory).await?;
        Ok::<_, RenderError>(Fresh { value, time_to_live: key.kind.time_to_live() })
    };
    Ok(once_in(memo, key, &storage, mixing).await?.value)
}

async fn encode(
    ffmpeg: &Ffmpeg,
    memo: &dyn Memo,
    soundtrack: Arc<Soundtrack>,
    directory: &Path,
) -> Result<Option<AacTrack>, RenderError> {
    let has_more = soundtrack.music.is_some() || !soundtrack.effects.is_empty();
    let mix = if has_more { Mix::gather(ffmpeg, &soundtrack, directory).await? } else { None };
    Ok(match mix {
        Some(mix) => Some(encode_mix(ffmpeg, mix, soundtrack.duration, directory).await?),
        None if soundtrack.pieces.is_empty() => None,
        None => Some(encode_voice(ffmpeg, memo, soundtrack, directory).await?),
    })
}
/// How far coding raises the peaks of a mix is seen only afterwards: where it was
/// too far, the mix is limited that much more and coded again.
async fn encode_mix(ffmpeg: &Ffmpeg, mix: Mix, duration: Duration, directory: &Path) -> Result<AacTrack, RenderError> {
    let mut ceiling_dbtp = FIRST_CEILING_DBTP;
    let mut rounds = 0;
    loop {
        let limited = mix.with_ceiling(ceiling_dbtp);
        let produce = move |mut writer: PcmWriter| writer.write(master(&limited, find_gain(&limited)?));
        let track = encode_whole(ffmpeg, directory, duration, produce).await?;
        let excess_db = coded_peak_dbtp(ffmpeg, &track, duration).await? - HIGHEST_DBTP;
        rounds += 1;
        if excess_db <= 0.0 || rounds == MAX_ROUNDS {
            tracing::debug!(ceiling_dbtp, excess_db, rounds, "sound was mixed");
            return Ok(track);
        }
        ceiling_dbtp -= excess_db + 0.05;
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
