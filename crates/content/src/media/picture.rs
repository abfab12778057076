//! Which pictures may be shown: told from the bytes, never from a name or a header.

use image::ImageFormat;
use rushes_core::ports::MediaError;

use super::container::SIGNATURE_BYTES;
use super::header::Header;

/// The longest side, in pixels.
const MAX_SIDE: usize = 16_384;
/// The most pixels.
const MAX_PIXELS: usize = 100_000_000;

/// Reads as much of a picture's header as `start` holds. That of a JPEG may be too long for that:
/// [`super::jpeg`] searches it.
///
/// # Errors
/// When the bytes begin no picture, or one too large.
pub fn read_header(start: &[u8]) -> Result<Header, MediaError> {
    if start.len() < SIGNATURE_BYTES {
        return Ok(Header::Incomplete);
    }
    let format = image::guess_format(start).map_err(|_| MediaError::unreadable("it is neither PNG, JPEG nor WebP"))?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP) {
        let name = format.extensions_str().first().copied().unwrap_or("this");
        return Err(MediaError::unreadable(format!("{} is not taken, only PNG, JPEG and WebP", name.to_uppercase())));
    }
    match imagesize::blob_size(start) {
        Ok(size) => check_dimensions(size.width, size.height).map(|()| Header::Good),
        Err(imagesize::ImageError::IoError(_)) => Ok(Header::Incomplete),
        Err(_) => Err(MediaError::unreadable("its header is damaged")),
    }
}

/// Refuses a file of more than `limit` bytes.
///
/// # Errors
/// [`MediaError::TooLarge`].
pub fn check_size(bytes: u64, limit: u64) -> Result<(), MediaError> {
    if bytes <= limit {
        return Ok(());
    }
    Err(MediaError::TooLarge { reason: format!("it has {bytes} bytes; at most {limit} are taken") })
}

/// Refuses a picture of no pixels, or of too many.
///
/// # Errors
/// [`MediaError::Unreadable`] and [`MediaError::TooLarge`].
pub fn check_dimensions(width: usize, height: usize) -> Result<(), MediaError> {
    if width == 0 || height == 0 {
        return Err(MediaError::unreadable("it has no pixels"));
    }
    if width <= MAX_SIDE && height <= MAX_SIDE && width * height <= MAX_PIXELS {
        return Ok(());
    }
    let reason =
        format!("it has {width}x{height} pixels; a side has at most {MAX_SIDE}, a picture at most {MAX_PIXELS} in all");
    Err(MediaError::TooLarge { reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(format: ImageFormat) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::RgbImage::new(64, 48).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_header_is_told_from_its_first_bytes() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let bytes = encoded(format);
            assert!(matches!(read_header(&bytes), Ok(Header::Good)), "{format:?}");
            for end in 0..bytes.len() {
                let _never_panics = read_header(&bytes[..end]);
            }
            assert!(matches!(read_header(&bytes[..10]), Ok(Header::Incomplete)));
        }
    }

    #[test]
    fn other_files_are_refused_by_their_first_bytes() {
        for bytes in [
            &b"<!doctype html><html></html>"[..],
            b"GIF89a\x01\0\x01\0\0\0\0\0\0\0\0\0\0",
            b"BM\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        ] {
            assert!(matches!(read_header(bytes), Err(MediaError::Unreadable { .. })));
        }
    }

    #[test]
    fn sides_and_areas_have_limits() {
        assert!(check_dimensions(16_384, 6_000).is_ok());
        for (width, height) in [(16_385, 1), (1, 16_385), (10_001, 10_000), (20_000, 20_000)] {
            assert!(matches!(check_dimensions(width, height), Err(MediaError::TooLarge { .. })));
        }
        assert!(matches!(check_dimensions(0, 5), Err(MediaError::Unreadable { .. })));
    }
}
