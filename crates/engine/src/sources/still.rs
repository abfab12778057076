//! Still pictures of users, decoded by ffmpeg to the size they are needed in.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use rushes_core::ports::RenderError;
use rushes_core::spec::{Camera, Fit, Output};
use rushes_core::timeline::Still;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::profile::{ColorTable, color_table};
use crate::camera::{Nearest, nearest};
use crate::ffmpeg::Ffmpeg;
use crate::picture::Picture;

const DEADLINE: Duration = Duration::from_secs(60);
/// The most pixels a picture may have, in ffmpeg too: it was checked before, and
/// is not trusted now.
const MAX_PIXELS: &str = "100000000";
/// The first bytes of a file, enough to tell its kind.
const KIND_BYTES: u64 = 21;
const SCALER: &str = "flags=lanczos+accurate_rnd+full_chroma_int:out_color_matrix=bt709:out_range=tv";

/// Decodes a still: to the frame's size where it stands still, and as large as its
/// camera comes near where it is moved over.
///
/// # Errors
/// [`RenderError::Picture`] when the file is not a picture that ffmpeg can read.
pub async fn decode_still(ffmpeg: &Ffmpeg, still: &Still, output: &Output) -> Result<Picture, RenderError> {
    let scale = match &still.camera {
        None => fitted(still.fit, output),
        Some(camera) => enlarged(camera, output),
    };
    // What is transparent shows black.
    let filter = format!("format=rgba,premultiply=inplace=1,format=rgb24,{scale},setsar=1,format=yuv420p");
    let bytes = decode(ffmpeg, &still.path, &filter, &["-f", "yuv4mpegpipe"]).await?;
    read_picture(&bytes).ok_or_else(|| RenderError::Picture { reason: "the decoded picture is not whole".to_owned() })
}

/// Runs ffmpeg over the first picture of a file, whose colours `filter` gets in sRGB.
///
/// # Errors
/// [`RenderError::Picture`] with ffmpeg's reason.
pub async fn decode(ffmpeg: &Ffmpeg, path: &Path, filter: &str, format: &[&str]) -> Result<Vec<u8>, RenderError> {
    // No network, no playlists, no names with patterns: only the file itself, only as the picture it is.
    let demuxer = demuxer(path).await?;
    let guard = ["-protocol_whitelist", "file", "-max_pixels", MAX_PIXELS, "-threads", "1", "-f", demuxer, "-i"];
    let table = color_table_of(path).await?;
    let to_srgb = table.as_ref().map(|table| format!("format=rgba,{},", table.filter())).unwrap_or_default();
    let filter = format!("{to_srgb}{filter}");
    let target = [&["-frames:v", "1", "-vf", &filter], format, &["pipe:1"]].concat();
    let before = guard.into_iter().map(OsString::from);
    let arguments = before.chain([path.into()]).chain(target.into_iter().map(OsString::from));
    ffmpeg.start("decoding a picture", DEADLINE, arguments)?.output().await.map_err(|error| match error {
        RenderError::Ffmpeg { stderr, .. } => RenderError::Picture { reason: stderr },
        other => other,
    })
}

/// Reads the picture's profile beside the runtime's threads. One on which its reader breaks is as good as none.
async fn color_table_of(path: &Path) -> Result<Option<ColorTable>, RenderError> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || color_table(&path)).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "a colour profile could not be read");
        Ok(None)
    })
}

/// The reader in ffmpeg for the kind of picture that the file's first bytes tell.
async fn demuxer(path: &Path) -> Result<&'static str, RenderError> {
    let mut start = Vec::new();
    let read = async { File::open(path).await?.take(KIND_BYTES).read_to_end(&mut start).await };
    read.await.map_err(|source| RenderError::Io { doing: "reading a picture", source })?;
    match *start {
        [0xff, 0xd8, 0xff, ..] => Ok("jpeg_pipe"),
        [0x89, b'P', b'N', b'G', ..] => Ok("png_pipe"),
        // The extended header's flag for animation (WebP container specification, "Extended File Format").
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', b'V', b'P', b'8', b'X', _, _, _, _, flags, ..]
            if flags & 0x02 != 0 =>
        {
            Ok("webp_anim")
        }
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok("webp_pipe"),
        _ => Err(RenderError::Picture { reason: "it is not a PNG, JPEG or WebP picture".to_owned() }),
    }
}

fn fitted(fit: Fit, output: &Output) -> String {
    let (width, height) = (output.width, output.height);
    let scale = format!("scale={width}:{height}:{SCALER}");
    match fit {
        Fit::Cover => format!("{scale}:force_original_aspect_ratio=increase,crop={width}:{height}"),
        Fit::Contain => {
            format!("{scale}:force_original_aspect_ratio=decrease,pad={width}:{height}:-1:-1:color=black")
        }
        Fit::Fill => scale,
    }
}

/// As large as needed where the camera is nearest, and never larger than the picture itself.
fn enlarged(camera: &Camera, output: &Output) -> String {
    let (width, height) = (f64::from(output.width), f64::from(output.height));
    let scale = match nearest(camera) {
        Nearest::Covering(factor) => format!("{factor}*max({width}/iw,{height}/ih)"),
        Nearest::Views(from, to) => {
            // A view grows to the frame's shape: its larger side decides.
            let of = |view: rushes_core::spec::View| {
                format!("{width}/max({}*iw,{}*ih*{width}/{height})", view.width.get(), view.height.get())
            };
            format!("max({},{})", of(from), of(to))
        }
    };
    let side = |side: &str| format!("'max(2,2*round({side}*min(1,{scale})/2))'");
    format!("scale=w={}:h={}:{SCALER}", side("iw"), side("ih"))
}

/// Reads a YUV4MPEG2 stream of one picture: a line that tells the size, a line
/// before the picture, the planes.
fn read_picture(stream: &[u8]) -> Option<Picture> {
    let (header, rest) = split_line(stream)?;
    let header = std::str::from_utf8(header).ok()?.strip_prefix("YUV4MPEG2 ")?;
    let number = |tag: char| header.split(' ').find_map(|field| field.strip_prefix(tag)?.parse::<usize>().ok());
    let (width, height) = (number('W')?, number('H')?);
    let (frame, planes) = split_line(rest)?;
    if !frame.starts_with(b"FRAME") || !width.is_multiple_of(2) || !height.is_multiple_of(2) {
        return None;
    }
    Picture::from_bytes(width, height, planes.to_vec())
}

fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().take(256).position(|byte| *byte == b'\n')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}
