//! Content codings (RFC 9110, §8.4.1). None is asked for, but servers send files as they store them.

use std::io::Write;

use flate2::write::{DeflateDecoder, GzDecoder, ZlibDecoder};
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use rushes_core::ports::MediaError;

/// Bytes that tell what a body really is.
const SIGNATURE_BYTES: usize = 2;

/// Unpacks a body as it comes. What goes in is to be little at a time: it may become a thousand times as much.
#[derive(Debug)]
pub enum Decoder {
    /// As it is.
    Plain,
    /// Said to be packed; what it is, its first bytes tell.
    Undecided {
        coding: Coding,
        start: Vec<u8>,
    },
    Gzip(Box<GzDecoder<Vec<u8>>>),
    Zlib(Box<ZlibDecoder<Vec<u8>>>),
    Deflate(Box<DeflateDecoder<Vec<u8>>>),
}

/// A coding that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Gzip,
    Deflate,
}

impl Decoder {
    /// For a body with these headers.
    ///
    /// # Errors
    /// [`MediaError::Unreadable`] for codings that are not read.
    pub fn of(headers: &HeaderMap) -> Result<Self, MediaError> {
        let values = headers.get_all(CONTENT_ENCODING).iter().map(|value| value.to_str().unwrap_or("?"));
        let codings = values.flat_map(|value| value.split(',')).map(|coding| coding.trim().to_ascii_lowercase());
        let codings: Vec<String> =
            codings.filter(|coding| !matches!(coding.as_str(), "" | "identity" | "none")).collect();
        let coding = match codings.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] => return Ok(Self::Plain),
            ["gzip" | "x-gzip"] => Coding::Gzip,
            ["deflate"] => Coding::Deflate,
            _ => {
                let reason = "the server sends it compressed in a way that is not read; only gzip and deflate are";
                return Err(MediaError::unreadable(reason));
            }
        };
        Ok(Self::Undecided { coding, start: Vec::new() })
    }

    /// The next bytes of the body, unpacked.
    ///
    /// # Errors
    /// [`MediaError::Unreadable`] when they are damaged.
    pub fn push(&mut self, packed: &[u8]) -> Result<Vec<u8>, MediaError> {
        match self {
            Self::Plain => Ok(packed.to_vec()),
            Self::Undecided { coding, start } => {
                start.extend_from_slice(packed);
                if start.len() < SIGNATURE_BYTES {
                    return Ok(Vec::new());
                }
                let start = std::mem::take(start);
                *self = Self::told_by(*coding, &start);
                self.push(&start)
            }
            Self::Gzip(decoder) => written(decoder.as_mut(), packed).map(|()| std::mem::take(decoder.get_mut())),
            Self::Zlib(decoder) => written(decoder.as_mut(), packed).map(|()| std::mem::take(decoder.get_mut())),
            Self::Deflate(decoder) => written(decoder.as_mut(), packed).map(|()| std::mem::take(decoder.get_mut())),
        }
    }

    /// What was held back, at the end of a body. Of one that `is_part` of the whole, the end is missing.
    ///
    /// # Errors
    /// [`MediaError::Unreadable`] when it ends too early or its checksum is wrong.
    pub fn finish(self, is_part: bool) -> Result<Vec<u8>, MediaError> {
        let (finished, rest) = match self {
            Self::Plain => return Ok(Vec::new()),
            Self::Undecided { start, .. } => return Ok(start),
            Self::Gzip(mut decoder) => (decoder.try_finish(), std::mem::take(decoder.get_mut())),
            Self::Zlib(mut decoder) => (decoder.try_finish(), std::mem::take(decoder.get_mut())),
            Self::Deflate(mut decoder) => (decoder.try_finish(), std::mem::take(decoder.get_mut())),
        };
        if finished.is_ok() || is_part { Ok(rest) } else { Err(damaged()) }
    }

    /// Servers say `gzip` of what is plain, and `deflate` of raw streams (RFC 1951) as well as of zlib's (RFC 1950).
    fn told_by(coding: Coding, start: &[u8]) -> Self {
        let [first, second, ..] = *start else { return Self::Plain };
        let is_zlib = first & 15 == 8 && u16::from_be_bytes([first, second]) % 31 == 0;
        match coding {
            Coding::Gzip if (first, second) == (0x1f, 0x8b) => Self::Gzip(Box::new(GzDecoder::new(Vec::new()))),
            Coding::Gzip => Self::Plain,
            Coding::Deflate if is_zlib => Self::Zlib(Box::new(ZlibDecoder::new(Vec::new()))),
            Coding::Deflate => Self::Deflate(Box::new(DeflateDecoder::new(Vec::new()))),
        }
    }
}

/// Writes all, but for what follows the end of the stream.
fn written(decoder: &mut impl Write, mut packed: &[u8]) -> Result<(), MediaError> {
    while !packed.is_empty() {
        match decoder.write(packed).map_err(|_| damaged())? {
            0 => break,
            count => packed = &packed[count..],
        }
    }
    Ok(())
}

fn damaged() -> MediaError {
    MediaError::unreadable("the server sends it compressed, and that is damaged")
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn decoder(coding: &str) -> Result<Decoder, MediaError> {
        Decoder::of(&HeaderMap::from_iter([(CONTENT_ENCODING, coding.parse().unwrap())]))
    }

    /// Unpacked a few bytes at a time.
    fn unpacked(coding: &str, packed: &[u8], is_part: bool) -> Result<Vec<u8>, MediaError> {
        let mut decoder = decoder(coding)?;
        let mut unpacked = Vec::new();
        for piece in packed.chunks(7) {
            unpacked.extend(decoder.push(piece)?);
        }
        unpacked.extend(decoder.finish(is_part)?);
        Ok(unpacked)
    }

    fn text() -> Vec<u8> {
        (0..20_000_u32).flat_map(|number| number.to_string().into_bytes()).collect()
    }

    fn packed() -> [(&'static str, Vec<u8>); 3] {
        let (level, text) = (Compression::default(), text());
        let mut gzip = GzEncoder::new(Vec::new(), level);
        gzip.write_all(&text).unwrap();
        let mut zlib = ZlibEncoder::new(Vec::new(), level);
        zlib.write_all(&text).unwrap();
        let mut deflate = DeflateEncoder::new(Vec::new(), level);
        deflate.write_all(&text).unwrap();
        [("gzip", gzip.finish().unwrap()), ("deflate", zlib.finish().unwrap()), ("Deflate", deflate.finish().unwrap())]
    }

    #[test]
    fn every_coding_is_unpacked_and_what_follows_its_end_ignored() {
        for (coding, packed) in packed() {
            assert_eq!(unpacked(coding, &packed, false).unwrap(), text(), "{coding}");
            assert_eq!(
                unpacked(coding, &[&packed[..], b"\0\0\0 padding"].concat(), false).unwrap(),
                text(),
                "{coding}"
            );
        }
    }

    #[test]
    fn what_is_cut_off_is_damaged_unless_only_a_part_was_asked_for() {
        for (coding, packed) in packed() {
            let half = &packed[..packed.len() / 2];
            assert!(unpacked(coding, half, false).is_err(), "{coding}");
            assert!(text().starts_with(&unpacked(coding, half, true).unwrap()), "{coding}");
        }
        let (coding, mut gzip) = packed()[0].clone();
        let last = gzip.len() - 5;
        gzip[last] ^= 1;
        assert!(unpacked(coding, &gzip, false).is_err(), "the checksum is wrong");
    }

    #[test]
    fn what_is_not_packed_stays_as_it_is_whatever_is_said() {
        for coding in ["gzip", "x-gzip", "identity", "", "none", "Identity, "] {
            assert_eq!(unpacked(coding, b"\x89PNG", false).unwrap(), b"\x89PNG", "{coding}");
        }
        assert_eq!(unpacked("gzip", b"a", false).unwrap(), b"a");
        for coding in ["br", "zstd", "gzip, gzip", "something else"] {
            assert!(decoder(coding).unwrap_err().to_string().contains("only gzip and deflate"), "{coding}");
        }
    }
}
