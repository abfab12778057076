//! Sounds in files, decoded by ffmpeg.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rushes_core::ports::RenderError;
use rushes_core::timeline::Soundtrack;

use super::aac::{PcmWriter, deadline};
use super::container::{Ending, Look, look};
use super::loudness::Playable;
use super::spool::Spool;
use super::time::{RATE_HZ, sample_at};
use super::voice::Voice;
use crate::ffmpeg::{Ffmpeg, NO_STREAMS};

/// The decoders that are let at a sound, and at the cover that some carry.
const CODECS: &str = "aac,aac_latm,ac3,eac3,alac,flac,mp1,mp1float,mp2,mp2float,mp3,mp3float,opus,libopus,vorbis,\
    libvorbis,wavpack,speex,libspeex,amrnb,amrwb,wmav1,wmav2,wmapro,wmalossless,nellymoser,gsm,gsm_ms,\
    adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,adpcm_swf,adpcm_yamaha,pcm_alaw,pcm_mulaw,pcm_s8,pcm_u8,\
    pcm_s16le,pcm_s16be,pcm_u16le,pcm_u16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,\
    pcm_f64be,mjpeg,png";
/// Containers that hold their sound themselves: no playlists, no lists of other files.
const CONTAINERS: &str = "mov,mp3,wav,w64,aiff,flac,ogg,matroska,webm,aac,avi,mpegts,mpeg,au,caf,amr,asf,flv";
/// How decoded sound is handed over.
const OUTPUT: [&str; 7] = ["-c:a", "pcm_f32be", "-flags", "+bitexact", "-f", "au", "pipe:1"];
/// The part of a second that may be missing at the end of what is wanted before it counts: coders end on whole frames.
const MISSED: u64 = RATE_HZ as u64 / 10;

/// A part of a file, decoded.
#[derive(Debug)]
pub struct Decoded {
    /// What is heard.
    pub spool: Arc<Spool>,
    /// What is to be said about it.
    pub condition: Condition,
}

/// How whole decoded sound is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It is all there.
    Whole,
    /// The file has no sound.
    Soundless,
    /// Nothing of the file lies in the part.
    Empty,
    /// The file is cut off or damaged; what can be read of it is there.
    Incomplete,
}

/// Decodes at most `length` of a file from `start` on, as much of it as can be read.
///
/// # Errors
/// [`RenderError::Medium`] when nothing can be decoded.
pub async fn decode_part(
    ffmpeg: &Ffmpeg,
    path: &Path,
    start: Duration,
    length: Duration,
    directory: &Path,
) -> Result<Decoded, RenderError> {
    if length.is_zero() {
        return silence(directory, Condition::Empty);
    }
    let look = look_beside(path).await?;
    let folder = directory.to_owned();
    let running = ffmpeg.start("decoding sound", deadline(length), arguments(path, look, start, length))?;
    match running.consume(move |stream| Spool::take_in(stream, &folder)).await {
        Ok((spool, complaints)) => {
            let is_damaged = complaints.lines().any(is_serious);
            if is_damaged {
                tracing::debug!(%complaints, "sound could be decoded in part");
            }
            let is_short = spool.frames.saturating_add(MISSED) < sample_at(length, RATE_HZ);
            let condition = match spool.frames {
                0 if is_damaged => return Err(undecodable(path)),
                0 => Condition::Empty,
                _ if is_damaged || look.ending == Ending::CutOff && is_short => Condition::Incomplete,
                _ => Condition::Whole,
            };
            Ok(Decoded { spool: Arc::new(spool), condition })
        }
        Err(RenderError::Ffmpeg { stderr, .. }) if stderr.contains(NO_STREAMS) => {
            silence(directory, Condition::Soundless)
        }
        Err(RenderError::Ffmpeg { .. }) => Err(undecodable(path)),
        Err(other) => Err(other),
    }
}

fn silence(directory: &Path, condition: Condition) -> Result<Decoded, RenderError> {
    Ok(Decoded { spool: Arc::new(Spool::take_in(&[][..], directory)?), condition })
}

fn undecodable(path: &Path) -> RenderError {
    RenderError::medium(
        path,
        "its sound is damaged, or of a kind that cannot be played; save it as WAV, MP3 or M4A again",
    )
}

/// Looks at the file beside the runtime's threads.
async fn look_beside(path: &Path) -> Result<Look, RenderError> {
    let path = path.to_owned();
    let looking = tokio::task::spawn_blocking(move || look(&path)).await.map_err(|error| RenderError::Broken {
        reason: "looking at a sound panicked".to_owned(),
        source: Some(error.into()),
    })?;
    looking.map_err(|source| RenderError::Io { doing: "reading a sound", source })
}

/// Whether a line of ffmpeg's is about the file or its sound, not its cover. Rubbish around the frames of an MP3 is
/// common, and every player skips it; half a sample at the end of PCM is nothing.
fn is_serious(complaint: &str) -> bool {
    let is_about = |what: &[&str]| what.iter().any(|what| complaint.contains(what));
    is_about(&["[aist#", "[in#"]) && !is_about(&["mp3float", "/mp3 @", "pcm_"])
}

fn arguments(path: &Path, look: Look, start: Duration, length: Duration) -> Vec<OsString> {
    let mut input = OsString::from("file:");
    input.push(path);
    let seconds = |time: Duration| OsString::from(format!("{:.6}", time.as_secs_f64()));
    // Sound that begins after its pictures is led in by silence. One channel stays
    // one, so that both sides get it as it is; more than two are mixed to two.
    let filter = "aresample=48000:async=1:first_pts=0,aformat=channel_layouts=mono|stereo";
    let mut arguments: Vec<OsString> =
        ["-protocol_whitelist", "file", "-format_whitelist", CONTAINERS, "-codec_whitelist", CODECS]
            .map(Into::into)
            .into();
    if let Some(demuxer) = look.demuxer {
        arguments.extend(["-f", demuxer].map(Into::into));
    }
    if look.ending == Ending::OpenWave {
        arguments.extend(["-ignore_length", "1"].map(Into::into));
    }
    arguments.extend(["-ss".into(), seconds(start), "-t".into(), seconds(length), "-i".into(), input]);
    arguments.extend(["-map", "0:a:0?", "-vn", "-sn", "-dn", "-af", filter].map(Into::into));
    arguments.extend(OUTPUT.map(Into::into));
    arguments
}

/// The voice at the rate of the mix.
///
/// # Errors
/// [`RenderError`] when it cannot be read or ffmpeg fails.
pub async fn decode_voice(
    ffmpeg: &Ffmpeg,
    soundtrack: &Arc<Soundtrack>,
    directory: &Path,
) -> Result<Option<Spool>, RenderError> {
    let Some(rate_hz) = Voice::of(soundtrack).map(|voice| voice.rate_hz().to_string()) else { return Ok(None) };
    let input = ["-f", "f32le", "-ar", &rate_hz, "-ac", "1", "-i", "pipe:0", "-ar", "48000"];
    let running = ffmpeg.start("resampling speech", deadline(soundtrack.duration), input.iter().chain(&OUTPUT))?;
    let (soundtrack, directory) = (Arc::clone(soundtrack), directory.to_owned());
    let produce = move |pipe| match Voice::of(&soundtrack) {
        Some(voice) => PcmWriter::new(pipe).write(voice.play()),
        None => Ok(()),
    };
    running.exchange(produce, move |stream| Spool::take_in(stream, &directory)).await.map(Some)
}
