//! ffmpeg as the reader of pictures from outside, which may be anything.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rushes_core::ports::RenderError;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::damage::Damage;
use super::profile::{ColorTable, color_table};
use super::salvage::salvage;
use crate::ffmpeg::{Ffmpeg, Running, in_plain_words};

const DEADLINE: Duration = Duration::from_secs(60);
/// The most pixels a picture may have, in ffmpeg too: it was checked before, and
/// is not trusted now.
const MAX_PIXELS: &str = "100000000";
/// The first bytes of a file, enough to tell its kind.
const KIND_BYTES: u64 = 21;

/// The reader in ffmpeg for JPEG.
const JPEG: &str = "jpeg_pipe";
/// The decoders that are let at a picture.
const CODECS: &str = "mjpeg,png,webp,webp_anim";

/// A picture as ffmpeg wrote it.
pub struct Decoded {
    pub bytes: Vec<u8>,
    pub damage: Option<Damage>,
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

    /// Runs ffmpeg over the first picture of a file, which `filter` gets with colours in sRGB, multiplied by
    /// alpha: what lies hidden under transparent parts stays hidden when the picture is scaled, and is black
    /// without alpha. Of a damaged picture it gets what is left.
    ///
    /// # Errors
    /// [`RenderError::Medium`] when it is no picture, or not enough is left of it; [`RenderError::Io`] when the
    /// file cannot be read.
    pub async fn decode(&self, path: &Path, filter: &str, format: &[&str]) -> Result<Decoded, RenderError> {
        let demuxer = demuxer(path).await?;
        let table = self.color_table_of(path).await?;
        let to_srgb = table.as_ref().map(|table| format!("format=rgba,{},", table.filter())).unwrap_or_default();
        // JPEG lets nothing through, and the way over it takes a third of the time.
        let premultiply = if demuxer == JPEG { "" } else { "format=rgba,premultiply=inplace=1," };
        let filter = format!("{to_srgb}{premultiply}{filter}");
        // No network, no playlists, no names with patterns: only the file itself, only as the picture it is. What
        // its reader would only complain of is an error: it leaves green or black what it did not read.
        let guard = ["-protocol_whitelist", "file", "-format_whitelist", demuxer, "-codec_whitelist", CODECS];
        let guard = guard.iter().chain(&["-max_pixels", MAX_PIXELS, "-threads", "1", "-xerror"]);
        let strict = ["-err_detect", "crccheck+explode", "-f", demuxer, "-i"];
        let input = guard.chain(&strict).map(OsString::from).chain([path.into()]).collect();
        let running = self.start(input, &filter, format)?;
        match running.output().await {
            Ok(bytes) => Ok(Decoded { bytes, damage: None }),
            Err(RenderError::Ffmpeg { stderr, .. }) => self.decode_remains(path, &stderr, &filter, format).await,
            Err(RenderError::Deadline { seconds, .. }) => {
                Err(RenderError::medium(path, format!("reading it takes more than {seconds} s; make it smaller")))
            }
            Err(other) => Err(other),
        }
    }

    /// [`Self::decode`] for a picture of which ffmpeg said `words`.
    async fn decode_remains(
        &self,
        path: &Path,
        words: &str,
        filter: &str,
        format: &[&str],
    ) -> Result<Decoded, RenderError> {
        let picture = path.to_owned();
        let remains = tokio::task::spawn_blocking(move || salvage(&picture)).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "a damaged picture could not be read");
            None
        });
        let remains = remains.ok_or_else(|| RenderError::medium(path, in_plain_words(words)))?;
        let damage = Damage { read_percent: remains.percent };
        if !damage.is_bearable() {
            let reason =
                format!("it is damaged: only {} % of it can be read; export or upload it again", remains.percent);
            return Err(RenderError::medium(path, reason));
        }
        let size = format!("{}x{}", remains.width, remains.height);
        let input = ["-f", "rawvideo", "-pix_fmt", remains.pixel_format, "-video_size", &size, "-i", "pipe:0"];
        let filter = format!("{},{filter}", remains.upright);
        let running = self.start(input.map(OsString::from).into(), &filter, format)?;
        let write = move |mut pipe: std::fs::File| {
            pipe.write_all(&remains.pixels).map_err(|source| RenderError::Io { doing: "writing to ffmpeg", source })
        };
        let bytes = running.feed(write).await.map_err(|error| match error {
            RenderError::Ffmpeg { stderr, .. } => RenderError::medium(path, in_plain_words(&stderr)),
            other => other,
        })?;
        Ok(Decoded { bytes, damage: Some(damage) })
    }

    fn start(&self, input: Vec<OsString>, filter: &str, format: &[&str]) -> Result<Running, RenderError> {
        let target = [&["-frames:v", "1", "-vf", filter], format, &["pipe:1"]].concat();
        let arguments = input.into_iter().chain(target.into_iter().map(OsString::from));
        self.ffmpeg.start("decoding a picture", DEADLINE, arguments)
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
