//! What a file is, told from its first bytes.

use rushes_core::ports::MediaError;
use rushes_core::spec::MediaKind;

use super::header::Header;
use super::mpeg_audio::has_frames;
use super::picture;

/// Enough of a file to tell what it is.
pub const SIGNATURE_BYTES: usize = 16;

/// Reads as much of the header of a file as `start` holds.
///
/// # Errors
/// When the bytes do not begin a file of that kind, or one too large.
pub fn read_header(kind: MediaKind, start: &[u8]) -> Result<Header, MediaError> {
    if kind == MediaKind::Picture {
        return picture::read_header(start).map_err(|error| named(error, kind, start));
    }
    if start.len() < SIGNATURE_BYTES {
        return Ok(Header::Incomplete);
    }
    match (kind, container(start)) {
        (MediaKind::Clip, Some(Container::Mp4 | Container::Matroska)) | (MediaKind::Sound, Some(_)) => Ok(Header::Good),
        // Players find sound behind rubbish, too.
        (MediaKind::Sound, None) if known_name(start).is_none() => {
            Ok(if has_frames(start) { Header::Good } else { Header::Incomplete })
        }
        _ => Err(unwanted(kind, start)),
    }
}

/// The refusal of a whole file of which [`read_header`] could not tell what it is.
pub fn unfinished(kind: MediaKind, start: &[u8]) -> MediaError {
    match kind {
        _ if start.is_empty() => MediaError::unreadable("it is empty"),
        MediaKind::Sound if start.len() >= SIGNATURE_BYTES => unwanted(kind, start),
        _ => MediaError::unreadable("it ends before its header does"),
    }
}

/// Containers of clips and sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Container {
    /// ISO base media: MP4, M4A, QuickTime.
    Mp4,
    /// Matroska and WebM.
    Matroska,
    /// MP3 or AAC without a container, WAV, FLAC, Ogg: sound alone.
    Sound,
}

fn container(start: &[u8]) -> Option<Container> {
    match start {
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] if !is_picture_brand(brand) => Some(Container::Mp4),
        // QuickTime from before brands: whatever box comes first.
        [0, _, _, _, b'm', b'o', b'o', b'v', ..] | [_, _, _, _, b'm', b'd', b'a', b't', ..] => Some(Container::Mp4),
        [0, 0, 0, 8, b'w', b'i', b'd', b'e', ..]
        | [0, _, _, _, b'f' | b's', b'r' | b'k', b'e' | b'i', b'e' | b'p', ..] => Some(Container::Mp4),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some(Container::Matroska),
        [b'R', b'I', b'F', b'F' | b'X', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some(Container::Sound),
        // With sizes of 64 bits (ITU-R BS.2088-1).
        [b'R', b'F', b'6', b'4', _, _, _, _, b'W', b'A', b'V', b'E', ..]
        | [b'B', b'W', b'6', b'4', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some(Container::Sound),
        [b'f', b'L', b'a', b'C', ..] | [b'O', b'g', b'g', b'S', ..] | [b'I', b'D', b'3', ..] => Some(Container::Sound),
        [0xff, second, third, ..] if is_mpeg_audio(*second, *third) => Some(Container::Sound),
        _ => None,
    }
}

/// Brands of HEIF (ISO/IEC 23008-12) and AVIF, which hold still pictures.
fn is_picture_brand(brand: &[u8]) -> bool {
    matches!(
        brand.get(..4),
        Some(b"avif" | b"avis" | b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"mif1" | b"msf1")
    )
}

/// The header of a frame: layers 1 to 3 (ISO/IEC 11172-3, 2.4.2.3) with a bit rate and a sampling
/// rate that exist, or ADTS (ISO/IEC 13818-7, 6.2).
const fn is_mpeg_audio(second: u8, third: u8) -> bool {
    let (version, layer) = (second >> 3 & 3, second >> 1 & 3);
    let is_layered = second >= 0xe0 && version != 1 && layer != 0 && third >> 4 != 15 && third >> 2 & 3 != 3;
    let is_adts = second & 0xf6 == 0xf0 && third >> 2 & 15 < 13;
    is_layered || is_adts
}

/// The refusal of a file that is something else, with its name if it is known.
fn unwanted(kind: MediaKind, start: &[u8]) -> MediaError {
    let wanted = match kind {
        MediaKind::Picture => "a picture is a PNG, JPEG or WebP file",
        MediaKind::Clip => "a video clip is an MP4, MOV, WebM or Matroska file",
        MediaKind::Sound => "a sound is an MP3, M4A, AAC, WAV, FLAC, Ogg or Opus file, or a clip with sound",
    };
    match known_name(start) {
        Some(name) => MediaError::unreadable(format!("it is {name}; {wanted}")),
        None => MediaError::unreadable(format!("it is of no known kind; {wanted}")),
    }
}

/// A picture's refusal, with the file's own name where the picture's reader has none.
fn named(error: MediaError, kind: MediaKind, start: &[u8]) -> MediaError {
    match error {
        MediaError::Unreadable { .. } if known_name(start).is_some() => unwanted(kind, start),
        other => other,
    }
}

/// What people send by mistake, or on purpose.
fn known_name(start: &[u8]) -> Option<&'static str> {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let begins = |prefix: &[u8]| text.get(..prefix.len()).is_some_and(|text| text.eq_ignore_ascii_case(prefix));
    Some(match start {
        [b'G', b'I', b'F', b'8', ..] => "a GIF file",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'A', b'V', b'I', ..] => "an AVI file",
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] if is_picture_brand(brand) => "an AVIF or HEIC picture",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "an MP4 or MOV file",
        [0x1a, 0x45, 0xdf, 0xa3, ..] => "a WebM or Matroska file",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "a WebP picture",
        [0x89, b'P', b'N', b'G', ..] => "a PNG picture",
        [0xff, 0xd8, 0xff, ..] => "a JPEG picture",
        _ if container(start) == Some(Container::Sound) => "a sound file",
        [b'P', b'K', 3 | 5 | 7, ..] | [0x1f, 0x8b, ..] | [b'7', b'z', ..] | [b'R', b'a', b'r', b'!', ..] => {
            "an archive"
        }
        [b'%', b'P', b'D', b'F', ..] => "a PDF document",
        _ if begins(b"#EXTM3U") || begins(b"ffconcat") || begins(b"[playlist]") || begins(b"<MPD") => "a playlist",
        _ if begins(b"<svg") => "an SVG drawing",
        _ if begins(b"<!doctype html") || begins(b"<html") => "a web page",
        _ if begins(b"<?xml") => "an XML document",
        [b'{', b'"' | b' ' | b'\r' | b'\n' | b'\t', ..] | [b'[', b'{' | b'"', ..] => "a JSON document",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::header::HeaderReader;
    use super::*;

    const MP4: &[u8] = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41";
    const MATROSKA: &[u8] = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81";

    fn check(kind: MediaKind, start: &[u8]) -> Result<(), MediaError> {
        let mut reader = HeaderReader::new(kind);
        reader.push(start)?;
        reader.finish()
    }

    fn refusal(kind: MediaKind, start: &[u8]) -> String {
        check(kind, start).unwrap_err().to_string()
    }

    #[test]
    fn clips_and_sounds_are_told_by_their_first_bytes() {
        let quicktime = b"\0\0\0\x14ftypqt  \0\0\0\0qt  ";
        for clip in [MP4, quicktime, MATROSKA, b"\0\0\0\x08wide\0\0\0\0mdat", b"\0\0\x10\0moov\0\0\0\x6cmvhd"] {
            assert!(check(MediaKind::Clip, clip).is_ok() && check(MediaKind::Sound, clip).is_ok(), "{clip:?}");
        }
        let sounds: [&[u8]; 11] = [
            b"ID3\x04\0\0\0\0\x01\0TSSE\0\0",
            b"\xff\xfb\x90\x64\0\0\0\0\0\0\0\0\0\0\0\0",
            b"\xff\xf1\x50\x80\x02\x1f\xfc\0\0\0\0\0\0\0\0\0",
            b"RIFF\x24\0\0\0WAVEfmt ",
            b"RIFF\xff\xff\xff\xffWAVEfmt ",
            b"RIFX\0\0\0\x24WAVEfmt ",
            b"RF64\xff\xff\xff\xffWAVEds64",
            b"BW64\xff\xff\xff\xffWAVEds64",
            b"fLaC\0\0\0\x22\x10\0\x10\0\0\0\0\0",
            b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0",
            b"\0\0\0\x20ftypM4A \0\0\x02\0",
        ];
        for sound in sounds {
            assert!(check(MediaKind::Sound, sound).is_ok(), "{sound:?}");
            assert!(check(MediaKind::Picture, sound).is_err(), "{sound:?}");
        }
        assert!(refusal(MediaKind::Clip, sounds[3]).contains("a sound file; a video clip is an MP4"));
    }

    #[test]
    fn a_sound_behind_rubbish_is_taken_and_rubbish_alone_is_not() {
        let frames = [&[0xff, 0xfb, 0x90, 0x64][..], &[0; 413]].concat().repeat(6);
        for rubbish in [&[0; 5_000][..], b"HTTP/1.1 200 OK\r\n\r\n"] {
            let sound = [rubbish, &frames].concat();
            assert!(check(MediaKind::Sound, &sound).is_ok());
            assert!(matches!(read_header(MediaKind::Sound, &sound[..20]), Ok(Header::Incomplete)));
            assert!(
                refusal(MediaKind::Sound, &sound[..rubbish.len() + 900]).contains("no known kind; a sound is an MP3")
            );
            assert!(check(MediaKind::Clip, &sound).is_err());
        }
        let page = [b"<!DOCTYPE html><html>", &frames[..]].concat();
        assert!(refusal(MediaKind::Sound, &page).contains("it is a web page"));
    }

    #[test]
    fn what_else_is_sent_is_refused_by_its_name() {
        let others: [(&[u8], &str); 12] = [
            (b"#EXTM3U\n#EXT-X-VERSION:3\nhttp://10.0.0.1/a.ts", "a playlist"),
            (b"ffconcat version 1.0\nfile /etc/passwd", "a playlist"),
            (b"<?xml version=\"1.0\"?><MPD>", "an XML document"),
            (b"  <svg xmlns=\"http://www.w3.org/2000/svg\">", "an SVG drawing"),
            (b"%PDF-1.7 ........", "a PDF document"),
            (b"PK\x03\x04..............", "an archive"),
            (b"\x1f\x8b..............", "an archive"),
            (b"GIF89a..............", "a GIF file"),
            (b"RIFF\0\0\0\0AVI LIST", "an AVI file"),
            (b"\0\0\0\x1cftypavif\0\0\0\0", "an AVIF or HEIC picture"),
            (b"<!DOCTYPE html><html>", "a web page"),
            (b"{\"error\": \"quota exceeded\"}", "a JSON document"),
        ];
        for kind in [MediaKind::Picture, MediaKind::Clip, MediaKind::Sound] {
            for (start, name) in others {
                let refusal = refusal(kind, start);
                assert!(refusal.contains(name), "{refusal}");
            }
            assert!(refusal(kind, b"file /etc/passwd\nfile b").contains("no known kind") || kind == MediaKind::Picture);
            assert!(refusal(kind, b"").contains("it is empty") && refusal(kind, b"ID3").contains("ends before"));
        }
        assert!(refusal(MediaKind::Picture, MP4).contains("it is an MP4 or MOV file; a picture is a PNG"));
    }
}
