//! A file's header, read as its bytes come. However long it is, little of it is kept.

use rushes_core::ports::MediaError;
use rushes_core::spec::MediaKind;

use super::container;
use super::jpeg::{FrameSearch, Search};
use super::picture::check_dimensions;

/// Where that does not tell what a file is, no more of it is kept. Headers of PNG and WebP have thirty bytes, and
/// no player looks further for sound behind rubbish.
const MAX_KEPT_BYTES: usize = 1 << 20;

/// What the bytes of a file have said so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// It is of its kind, and not too large.
    Good,
    /// More bytes are needed to tell.
    Incomplete,
}

/// Reads the beginning of one file.
#[derive(Debug)]
pub struct HeaderReader {
    kind: MediaKind,
    state: State,
}

#[derive(Debug)]
enum State {
    /// It is not told yet what this is. Looks get rarer as the bytes get more, so that a slow sender cannot make
    /// them costly.
    Beginning { start: Vec<u8>, next_look: usize },
    /// A JPEG picture.
    Searching(FrameSearch),
    /// All that is needed is known.
    Done,
}

impl HeaderReader {
    /// Of a file that is wanted as that kind.
    pub const fn new(kind: MediaKind) -> Self {
        Self { kind, state: State::Beginning { start: Vec::new(), next_look: 0 } }
    }

    /// Whether all that is needed is known.
    pub const fn is_good(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Reads the next bytes.
    ///
    /// # Errors
    /// When they do not belong to a file of that kind, or to one too large.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Header, MediaError> {
        match &mut self.state {
            State::Done => Ok(Header::Good),
            State::Searching(search) => match search.push(bytes) {
                Search::Found { width, height } => {
                    check_dimensions(width.into(), height.into())?;
                    self.state = State::Done;
                    Ok(Header::Good)
                }
                Search::Unfinished => Ok(Header::Incomplete),
                Search::Failed => Err(MediaError::unreadable("its header is damaged")),
            },
            State::Beginning { start, next_look } => {
                start.extend_from_slice(bytes);
                if start.len() < *next_look {
                    return Ok(Header::Incomplete);
                }
                if self.kind == MediaKind::Picture && is_jpeg(start) {
                    let start = std::mem::take(start);
                    self.state = State::Searching(FrameSearch::new());
                    return self.push(&start);
                }
                let header = container::read_header(self.kind, start)?;
                if header == Header::Good {
                    self.state = State::Done;
                } else if start.len() > MAX_KEPT_BYTES {
                    return Err(container::unfinished(self.kind, start));
                } else if start.len() >= container::SIGNATURE_BYTES {
                    *next_look = start.len() * 2;
                }
                Ok(header)
            }
        }
    }

    /// Says whether the file was one of its kind, now that it has ended.
    ///
    /// # Errors
    /// When it ended too early to tell.
    pub fn finish(self) -> Result<(), MediaError> {
        match self.state {
            State::Done => Ok(()),
            State::Searching(_) => Err(MediaError::unreadable("it ends before its header does")),
            State::Beginning { start, .. } => match container::read_header(self.kind, &start)? {
                Header::Good => Ok(()),
                Header::Incomplete => Err(container::unfinished(self.kind, &start)),
            },
        }
    }
}

const fn is_jpeg(start: &[u8]) -> bool {
    start.len() >= container::SIGNATURE_BYTES && matches!(start, [0xff, 0xd8, 0xff, ..])
}

#[cfg(test)]
mod tests {
    use image::ImageFormat;

    use super::*;

    fn encoded(format: ImageFormat) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::RgbImage::new(64, 48).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn read(kind: MediaKind, bytes: &[u8], piece: usize) -> Result<(), MediaError> {
        let mut reader = HeaderReader::new(kind);
        for piece in bytes.chunks(piece) {
            reader.push(piece)?;
        }
        reader.finish()
    }

    #[test]
    fn pictures_are_told_from_their_first_bytes_however_these_come() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let bytes = encoded(format);
            for piece in [1, 7, 1000] {
                assert!(read(MediaKind::Picture, &bytes, piece).is_ok(), "{format:?}");
            }
            assert!(read(MediaKind::Picture, &bytes[..10], 3).unwrap_err().to_string().contains("ends before"));
        }
        assert!(read(MediaKind::Picture, b"", 1).unwrap_err().to_string().contains("it is empty"));
    }

    #[test]
    fn a_jpeg_whose_frame_is_too_large_or_missing_is_refused() {
        let mut jpeg = encoded(ImageFormat::Jpeg);
        let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
        jpeg[frame + 5..frame + 9].copy_from_slice(&[0x4e, 0x20, 0x4e, 0x20]);
        assert!(read(MediaKind::Picture, &jpeg, 100).unwrap_err().to_string().contains("20000x20000"));
        jpeg[frame + 1] = 0xda;
        assert!(read(MediaKind::Picture, &jpeg, 100).unwrap_err().to_string().contains("header is damaged"));
    }
}
