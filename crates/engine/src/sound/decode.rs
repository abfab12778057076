//! Sounds in files, decoded by ffmpeg.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rushes_core::ports::RenderError;
use rushes_core::timeline::Soundtrack;

use super::aac::{PcmWriter, deadline};
use super::loudness::Playable;
use super::spool::Spool;
use super::voice::Voice;
use crate::ffmpeg::Ffmpeg;

/// Containers that hold their sound themselves: no playlists, no lists of other files.
const CONTAINERS: &str = "mov,mp3,wav,w64,aiff,flac,ogg,matroska,webm,aac,avi,mpegts,mpeg,au,caf,amr,asf,flv";
/// Both as ffmpeg 9 says it.
const NO_SOUND: &str = "does not contain any stream";
const MP3_DECODER: &str = "mp3float";
/// How decoded sound is handed over.
const OUTPUT: [&str; 7] = ["-c:a", "pcm_f32be", "-flags", "+bitexact", "-f", "au", "pipe:1"];

/// Decodes at most `length` of a file from `start` on; a file without sound is silence.
///
/// # Errors
/// [`RenderError::Medium`] when it cannot be decoded or breaks off.
pub async fn decode_part(
    ffmpeg: &Ffmpeg,
    path: &Path,
    start: Duration,
    length: Duration,
    directory: &Path,
) -> Result<Spool, RenderError> {
    let decode = async |strictness: &[&str]| {
        let directory = directory.to_owned();
        let arguments = strictness.iter().map(OsString::from).chain(arguments(path, start, length));
        let running = ffmpeg.start("decoding sound", deadline(length), arguments)?;
        running.consume(move |stream| Spool::take_in(stream, &directory)).await
    };
    if length.is_zero() {
        return Spool::take_in(&[][..], directory);
    }
    let decoded = match decode(&["-xerror"]).await {
        // Rubbish around the frames of an MP3 is common, and every player skips it.
        Err(RenderError::Ffmpeg { stderr, .. }) if stderr.contains(MP3_DECODER) => decode(&[]).await,
        decoded => decoded,
    };
    match decoded {
        Err(RenderError::Ffmpeg { stderr, .. }) if stderr.contains(NO_SOUND) => Spool::take_in(&[][..], directory),
        Err(RenderError::Ffmpeg { stderr, .. }) => Err(RenderError::medium(
            path,
            format!("the file is damaged or of a kind that ffmpeg does not know ({})", cause(&stderr)),
        )),
        decoded => decoded,
    }
}

fn arguments(path: &Path, start: Duration, length: Duration) -> Vec<OsString> {
    let mut input = OsString::from("file:");
    input.push(path);
    let seconds = |time: Duration| OsString::from(format!("{:.6}", time.as_secs_f64()));
    // Sound that begins after its pictures is led in by silence. One channel stays
    // one, so that both sides get it as it is; more than two are mixed to two.
    let filter = "aresample=48000:async=1:first_pts=0,aformat=channel_layouts=mono|stereo";
    let mut arguments: Vec<OsString> =
        ["-protocol_whitelist", "file", "-format_whitelist", CONTAINERS, "-ss"].map(Into::into).into();
    arguments.extend([seconds(start), "-t".into(), seconds(length), "-i".into(), input]);
    arguments.extend(["-map", "0:a:0?", "-vn", "-sn", "-dn", "-af", filter].map(Into::into));
    arguments.extend(OUTPUT.map(Into::into));
    arguments
}

/// What ffmpeg said first, without the addresses of its parts.
fn cause(stderr: &str) -> &str {
    let line = stderr.lines().next().unwrap_or_default();
    line.rsplit_once("] ").map_or(line, |(_, cause)| cause)
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
