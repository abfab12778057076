//! A mark in a file that says that Rushes wrote it and that it is unchanged since.

use sha2::{Digest, Sha256};

const WORDS: &str = "Made by Rushes";
/// Hexadecimal digits of a hash that are kept: enough against chance, and nobody gains by forging one.
const HASH_CHARACTERS: usize = 32;
/// PNG's signature and its first chunk, which is always `IHDR` (W3C PNG, §5.3 and §11.2.1).
const PNG_HEADER: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";
const PNG_FIRST_CHUNK_END: usize = 33;
const VTT_HEADER: &[u8] = b"WEBVTT\n\n";

/// Formats that have room for a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedFormat {
    /// Comment in a segment of its own (ITU-T T.81, B.2.4.5).
    Jpeg,
    /// Comment in a `tEXt` chunk (W3C PNG, §11.3.3.2).
    Png,
    /// Comment in a `NOTE` block (W3C WebVTT, §4.1).
    WebVtt,
}

/// A hash of the SubRip file that was written with a sealed one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubtitleHash(String);

impl SubtitleHash {
    /// That of a SubRip file's bytes; of no bytes where there is no such file.
    pub fn of(subrip: &[u8]) -> Self {
        Self(hash([subrip]))
    }
}

/// The file with a mark. Bytes that are not of the format are returned as they are.
pub fn seal(format: SealedFormat, bytes: &[u8], subtitles: &SubtitleHash) -> Vec<u8> {
    let Some((head, tail)) = place(format, bytes).and_then(|at| bytes.split_at_checked(at)) else {
        return bytes.to_vec();
    };
    [head, &mark(format, head, tail, subtitles), tail].concat()
}

/// What a marked file that is unchanged says of its subtitles; `None` of any other.
pub fn sealed_subtitles(format: SealedFormat, bytes: &[u8]) -> Option<SubtitleHash> {
    let (head, rest) = bytes.split_at_checked(place(format, bytes)?)?;
    let length = mark(format, &[], &[], &SubtitleHash::of(&[])).len();
    let (marked, tail) = rest.split_at_checked(length)?;
    let text = marked.windows(text_length()).find(|window| window.starts_with(WORDS.as_bytes()))?;
    let subtitles = SubtitleHash(std::str::from_utf8(text).ok()?.get(text_length() - HASH_CHARACTERS..)?.to_owned());
    (marked == mark(format, head, tail, &subtitles)).then_some(subtitles)
}

/// The mark for a file of these two pieces; its length is always the same.
fn mark(format: SealedFormat, head: &[u8], tail: &[u8], subtitles: &SubtitleHash) -> Vec<u8> {
    let own = hash([head, tail, subtitles.0.as_bytes()]);
    let text = format!("{WORDS} {own} {}", subtitles.0);
    match format {
        SealedFormat::Jpeg => [b"\xff\xfe", &be16(text.len() + 2)[..], text.as_bytes()].concat(),
        SealedFormat::Png => {
            let chunk = [b"tEXtSoftware\0", text.as_bytes()].concat();
            let length = u32::try_from(chunk.len() - 4).unwrap_or_default();
            [&length.to_be_bytes()[..], &chunk, &crc32fast::hash(&chunk).to_be_bytes()].concat()
        }
        SealedFormat::WebVtt => format!("NOTE {text}\n\n").into_bytes(),
    }
}

/// Where in the file the mark belongs.
fn place(format: SealedFormat, bytes: &[u8]) -> Option<usize> {
    match format {
        // Behind the JFIF header, which has to come first (ITU-T T.871, 10.1).
        SealedFormat::Jpeg => match bytes {
            [0xff, 0xd8, 0xff, 0xe0, high, low, ..] => Some(4 + usize::from(u16::from_be_bytes([*high, *low]))),
            [0xff, 0xd8, ..] => Some(2),
            _ => None,
        },
        SealedFormat::Png => bytes.starts_with(PNG_HEADER).then_some(PNG_FIRST_CHUNK_END),
        SealedFormat::WebVtt => bytes.starts_with(VTT_HEADER).then_some(VTT_HEADER.len()),
    }
}

fn be16(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or_default().to_be_bytes()
}

const fn text_length() -> usize {
    WORDS.len() + 2 * (1 + HASH_CHARACTERS)
}

/// Hexadecimal digits of a hash over the pieces, one after the other.
fn hash<const N: usize>(pieces: [&[u8]; N]) -> String {
    let mut hash = Sha256::new();
    for piece in pieces {
        hash.update(piece);
    }
    hash.finalize().iter().take(HASH_CHARACTERS / 2).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(format: SealedFormat, body: &[u8]) -> Vec<u8> {
        let head: &[u8] = match format {
            SealedFormat::Jpeg => b"\xff\xd8\xff\xe0\0\x04ab",
            SealedFormat::Png => b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR0123456789abcCRC.",
            SealedFormat::WebVtt => b"WEBVTT\n\n",
        };
        [head, body].concat()
    }

    fn format() -> impl Strategy<Value = SealedFormat> {
        prop_oneof![Just(SealedFormat::Jpeg), Just(SealedFormat::Png), Just(SealedFormat::WebVtt)]
    }

    proptest! {
        #[test]
        fn a_sealed_file_is_known_until_a_byte_of_it_changes(
            format in format(), body: Vec<u8>, subtitles: Vec<u8>, at: prop::sample::Index, bit in 0..8u8,
        ) {
            let subtitles = SubtitleHash::of(&subtitles);
            let mut sealed = seal(format, &file(format, &body), &subtitles);
            prop_assert_eq!(sealed_subtitles(format, &sealed), Some(subtitles));
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert_eq!(sealed_subtitles(format, &sealed), None);
        }

        #[test]
        fn other_bytes_are_no_sealed_file(format in format(), bytes: Vec<u8>) {
            prop_assert_eq!(sealed_subtitles(format, &bytes), None);
            prop_assert_eq!(sealed_subtitles(format, &file(format, &bytes)), None);
        }
    }
}
