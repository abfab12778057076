//! Moving pictures of users.
//!
//! [`probe`] reads a clip's table of pictures without decoding it. From that table alone follows
//! which picture a frame of the video shows ([`ClipFacts::picture_at`]), so that a segment which
//! starts in the middle shows the same as one that began before it; [`ClipReader`] decodes them.

mod facts;
mod filters;
mod probe;
mod reader;
mod stored;
mod thinning;

pub use facts::{ClipFacts, Colors, Transfer, lap};
pub use probe::{probe, shown_duration};
pub use reader::ClipReader;
pub use stored::Stored;

use std::ffi::OsString;
use std::path::Path;

use rushes_core::ports::RenderError;

use crate::ffmpeg::in_plain_words;

/// The containers that are opened, as ffmpeg names them. No playlist is among them.
const FORMATS: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm";
/// The decoders that are let at a clip; those for sound only help to measure it.
const CODECS: &str = "h264,hevc,libdav1d,av1,libaom-av1,vp8,vp9,libvpx,libvpx-vp9,mpeg4,mpeg2video,h263,mjpeg,prores,\
    dnxhd,qtrle,png,rawvideo,ffv1,aac,mp3,mp3float,opus,libopus,vorbis,libvorbis,flac,alac,ac3,eac3,\
    pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_f32le";
/// The longest side of a clip, in pixels.
const MAX_SIDE: u32 = 8_192;

/// The arguments that open a clip: only the file itself, only as a clip, with times counted from its start.
fn input(path: &Path, before: &[&str]) -> Vec<OsString> {
    let max_pixels = (u64::from(MAX_SIDE) * u64::from(MAX_SIDE)).to_string();
    let guarded = [
        "-protocol_whitelist",
        "file",
        "-format_whitelist",
        FORMATS,
        "-codec_whitelist",
        CODECS,
        "-max_pixels",
        &max_pixels,
        "-threads",
        "1",
        "-copyts",
        "-start_at_zero",
    ];
    let mut arguments: Vec<OsString> = guarded.iter().chain(before).map(OsString::from).collect();
    // The scheme keeps a name with a colon from being taken for another protocol.
    let mut name = OsString::from("file:");
    name.push(path);
    arguments.extend(["-i".into(), name]);
    arguments
}

/// What went wrong with the clip at `path`; where it took too long, that is a fault of the clip.
fn of_clip(path: &Path, error: RenderError) -> RenderError {
    match error {
        RenderError::Deadline { seconds, .. } => {
            RenderError::medium(path, format!("reading it takes more than {seconds} s; export it smaller"))
        }
        other => other,
    }
}

/// What is wrong with the clip at `path`, of which ffmpeg said `words`.
fn complaint(path: &Path, words: &str) -> RenderError {
    tracing::debug!(?words, "a clip cannot be read");
    RenderError::medium(path, in_plain_words(words))
}
