//! ffmpeg as the reader of pictures from outside, which may be anything.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rushes_core::ports::RenderError;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::profile::{ColorTable, color_table};
use crate::ffmpeg::Ffmpeg;

const DEADLINE: Duration = Duration::from_secs(60);
/// The most pixels a picture may have, in ffmpeg too: it was checked before, and
/// is not trusted now.
const MAX_PIXELS: &str = "100000000";
/// The first bytes of a file, enough to tell its kind.
const KIND_BYTES: u64 = 21;

/// The reader in ffmpeg for JPEG.
const JPEG: &str = "jpeg_pipe";

/// What becomes of the parts of a picture that let through what is behind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transparency {
    /// They stay as they are.
    Kept,
    /// They show black.
    Black,
}

/// Decodes single pictures.
pub struct Decoder {
    ffmpeg: Ffmpeg,
    scratch: PathBuf,
}

impl Decoder {
    /// A decoder that puts files for ffmpeg into the folder `scratch`, and removes them after use.
    pub const fn new(ffmpeg: Ffmpeg, scratch: PathBuf) -> Self {
        Self { ffmpeg, scratch }
    }

    /// Runs ffmpeg over the first picture of a file, which `filter` gets with colours in sRGB.
    ///
    /// # Errors
    /// [`RenderError::Medium`] with ffmpeg's reason; [`RenderError::Io`] when the file cannot be read.
    pub async fn decode(
        &self,
        path: &Path,
        transparency: Transparency,
        filter: &str,
        format: &[&str],
    ) -> Result<Vec<u8>, RenderError> {
        // No network, no playlists, no names with patterns: only the file itself, only as the picture it is.
        let demuxer = demuxer(path).await?;
        let guard = ["-protocol_whitelist", "file", "-max_pixels", MAX_PIXELS, "-threads", "1", "-f", demuxer, "-i"];
        let table = self.color_table_of(path).await?;
        let to_srgb = table.as_ref().map(|table| format!("format=rgba,{},", table.filter())).unwrap_or_default();
        // JPEG lets nothing through, and the way over it takes a third of the time.
        let is_blackened = transparency == Transparency::Black && demuxer != JPEG;
        let blacken = if is_blackened { "format=rgba,premultiply=inplace=1," } else { "" };
        let filter = format!("{to_srgb}{blacken}{filter}");
        let target = [&["-frames:v", "1", "-vf", &filter], format, &["pipe:1"]].concat();
        let before = guard.into_iter().map(OsString::from);
        let arguments = before.chain([path.into()]).chain(target.into_iter().map(OsString::from));
        self.ffmpeg.start("decoding a picture", DEADLINE, arguments)?.output().await.map_err(|error| match error {
            RenderError::Ffmpeg { stderr, .. } => RenderError::medium(path, stderr),
            other => other,
        })
    }

    /// Reads the picture's profile beside the runtime's threads. One on which its reader breaks is as good as none.
    async fn color_table_of(&self, picture: &Path) -> Result<Option<ColorTable>, RenderError> {
        let (picture, scratch) = (picture.to_owned(), self.scratch.clone());
        tokio::task::spawn_blocking(move || color_table(&picture, &scratch)).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "a colour profile could not be read");
            Ok(None)
        })
    }
}

/// The reader in ffmpeg for the kind of picture that the file's first bytes tell.
async fn demuxer(path: &Path) -> Result<&'static str, RenderError> {
    let mut start = Vec::new();
    let read = async { File::open(path).await?.take(KIND_BYTES).read_to_end(&mut start).await };
    read.await.map_err(|source| RenderError::Io { doing: "reading a picture", source })?;
    match *start {
        [0xff, 0xd8, 0xff, ..] => Ok(JPEG),
        [0x89, b'P', b'N', b'G', ..] => Ok("png_pipe"),
        // The extended header's flag for animation (WebP container specification, "Extended File Format").
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', b'V', b'P', b'8', b'X', _, _, _, _, flags, ..]
            if flags & 0x02 != 0 =>
        {
            Ok("webp_anim")
        }
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok("webp_pipe"),
        _ => Err(RenderError::medium(path, "it is not a PNG, JPEG or WebP picture")),
    }
}
