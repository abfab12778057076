//! What is left of a damaged picture. Two readings of it tell, in which everything that is missing counts as
//! different bytes: the rows that are the same in both come from the file.

use std::borrow::Cow;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageFormat, ImageReader};

/// The most bytes that the pixels of a damaged picture may take.
const MAX_PIXEL_BYTES: u64 = 400_000_000;
/// The largest file of a picture that is read to its announced end.
const MAX_FILE_BYTES: usize = 64 << 20;
/// What is missing counts as these. Readers of WebP refuse what is not like a picture at all, as large bytes are.
const FILLERS: [u8; 2] = [0x00, 0x10];
/// Middle grey: what `zune-jpeg` leaves of rows that it does not reach, and what is shown of others.
const GREY: u8 = 0x80;

/// The pixels of a damaged picture, with grey for what is missing.
#[derive(Debug)]
pub struct Remains {
    /// Pixels across, as they lie in the file.
    pub width: u32,
    /// Pixels down, as they lie in the file.
    pub height: u32,
    /// What ffmpeg calls the form of the pixels.
    pub pixel_format: &'static str,
    /// Row by row.
    pub pixels: Vec<u8>,
    /// The filter that turns the picture upright.
    pub upright: &'static str,
    /// The share of rows that could be read, rounded down.
    pub percent: u8,
}

/// Reads what can be read of a picture; `None` when that is nothing at all.
pub fn salvage(picture: &Path) -> Option<Remains> {
    let bytes = fs::read(picture).ok()?;
    let before: Vec<blake3::Hash> = Reading::new(&bytes, FILLERS[0])?.rows().map(blake3::hash).collect();
    let reading = Reading::new(&bytes, FILLERS[1])?;
    let mut is_read: Vec<bool> = reading.rows().zip(&before).map(|(row, hash)| blake3::hash(row) == *hash).collect();
    if reading.format == ImageFormat::Jpeg {
        let end = reading.rows().rposition(|row| row.iter().any(|byte| *byte != GREY)).map_or(0, |last| last + 1);
        is_read[end..].fill(false);
    }
    reading.mended(&is_read)
}

/// One reading of a picture.
struct Reading {
    format: ImageFormat,
    size: (u32, u32),
    color: ColorType,
    orientation: Orientation,
    /// Whether channels of two bytes were brought into the machine's order, which is the last step.
    is_whole: bool,
    pixels: Vec<u8>,
    row_bytes: usize,
}

impl Reading {
    /// Reads the picture with `filler` in place of all that is missing; `None` when its header cannot be read.
    fn new(bytes: &[u8], filler: u8) -> Option<Self> {
        let reader = ImageReader::new(Cursor::new(filled_up(bytes, filler))).with_guessed_format().ok()?;
        let format = reader.format()?;
        let mut decoder = reader.into_decoder().ok()?;
        let (size, color, total) = (decoder.dimensions(), decoder.color_type(), decoder.total_bytes());
        let row_bytes = usize::from(color.bytes_per_pixel()) * usize::try_from(size.0).ok()?;
        if total > MAX_PIXEL_BYTES || row_bytes == 0 {
            return None;
        }
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let mut pixels = vec![filler; usize::try_from(total).ok()?];
        let is_whole = decoder.read_image(&mut pixels).is_ok();
        Some(Self { format, size, color, orientation, is_whole, pixels, row_bytes })
    }

    fn rows(&self) -> std::slice::ChunksExact<'_, u8> {
        self.pixels.chunks_exact(self.row_bytes)
    }

    /// The picture with grey for the rows that were not read. A row between two that were shows the one above:
    /// of a picture that is stored in passes the last pass, every other row, is most easily lost.
    fn mended(mut self, is_read: &[bool]) -> Option<Remains> {
        let pixel_format = self.pixel_format()?;
        let grey = self.grey();
        let count = is_read.iter().filter(|is_read| **is_read).count();
        let is_read_at = |row: Option<usize>| row.and_then(|row| is_read.get(row)).copied();
        for row in (0..is_read.len()).filter(|row| !is_read[*row]) {
            let start = row * self.row_bytes;
            let is_between = is_read_at(row.checked_sub(1)) == Some(true) && is_read_at(Some(row + 1)) != Some(false);
            if is_between {
                self.pixels.copy_within(start - self.row_bytes..start, start);
            } else {
                let pixels = self.pixels[start..start + self.row_bytes].chunks_exact_mut(grey.len());
                pixels.for_each(|pixel| pixel.copy_from_slice(&grey));
            }
        }
        let percent = u8::try_from(count * 100 / is_read.len().max(1)).ok()?;
        let ((width, height), upright) = (self.size, upright(self.orientation));
        Some(Remains { width, height, pixel_format, pixels: self.pixels, upright, percent })
    }

    /// One opaque grey pixel.
    fn grey(&self) -> Vec<u8> {
        let channel_bytes = usize::from(self.color.bytes_per_pixel() / self.color.channel_count());
        let mut pixel = vec![GREY; usize::from(self.color.bytes_per_pixel())];
        if self.color.has_alpha() {
            let alpha = pixel.len() - channel_bytes;
            pixel[alpha..].fill(u8::MAX);
        }
        pixel
    }

    fn pixel_format(&self) -> Option<&'static str> {
        let is_little = self.is_whole && cfg!(target_endian = "little");
        Some(match self.color {
            ColorType::L8 => "gray",
            ColorType::La8 => "ya8",
            ColorType::Rgb8 => "rgb24",
            ColorType::Rgba8 => "rgba",
            ColorType::L16 => {
                if is_little {
                    "gray16le"
                } else {
                    "gray16be"
                }
            }
            ColorType::La16 => {
                if is_little {
                    "ya16le"
                } else {
                    "ya16be"
                }
            }
            ColorType::Rgb16 => {
                if is_little {
                    "rgb48le"
                } else {
                    "rgb48be"
                }
            }
            ColorType::Rgba16 => {
                if is_little {
                    "rgba64le"
                } else {
                    "rgba64be"
                }
            }
            _ => return None,
        })
    }
}

/// A WebP picture as long as it says that it is: its readers take nothing of one that is cut off. Others are
/// read as far as they go.
fn filled_up(bytes: &[u8], filler: u8) -> Cow<'_, [u8]> {
    // A RIFF file tells how long it is behind these eight bytes (WebP container specification, "RIFF File Format").
    let [b'R', b'I', b'F', b'F', length @ ..] = bytes else { return Cow::Borrowed(bytes) };
    let length = length.first_chunk().map_or(0, |length| u32::from_le_bytes(*length));
    let whole = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(8);
    if whole <= bytes.len() || whole > MAX_FILE_BYTES {
        return Cow::Borrowed(bytes);
    }
    let mut filled = bytes.to_vec();
    filled.resize(whole, filler);
    Cow::Owned(filled)
}

/// The filters of ffmpeg for an orientation (Exif 2.32, tag 274).
const fn upright(orientation: Orientation) -> &'static str {
    match orientation {
        Orientation::NoTransforms => "null",
        Orientation::Rotate90 => "transpose=clock",
        Orientation::Rotate180 => "hflip,vflip",
        Orientation::Rotate270 => "transpose=cclock",
        Orientation::FlipHorizontal => "hflip",
        Orientation::FlipVertical => "vflip",
        Orientation::Rotate90FlipH => "transpose=cclock_flip",
        Orientation::Rotate270FlipH => "transpose=clock_flip",
    }
}
