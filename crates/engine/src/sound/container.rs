//! What a sound file says of itself: whether it ends where it says (ffmpeg plays what is there and says nothing),
//! and what lies behind a tag that hides it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// More bytes of sound than any file that is taken has: a size beyond is what is written by who did not know it
/// (0xFFFFFFFF and 0x7FFFFFFF, less a header here and there).
const UNKNOWN_SIZE: u64 = 0x7f00_0000;
/// Chunks of a WAV that are looked at: its data come sooner.
const MOST_CHUNKS: usize = 256;
/// ID3v2 tags that may lie one after another.
const MOST_TAGS: usize = 8;
/// The longest page of Ogg (RFC 3533, section 6).
const LONGEST_PAGE: u64 = 65_307;
/// The header of an Ogg page before its list of segments.
const PAGE_HEADER_BYTES: usize = 27;
/// `header_type_flag` of the last page of a stream.
const LAST_PAGE: u8 = 4;
/// By how much an MP3 may be shorter than it says: a frame of the highest rate, and some.
const MP3_TOLERANCE: u64 = 4096;

/// What is told from a sound file before it is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// How it ends.
    pub ending: Ending,
    /// The demuxer that is to read it, where ffmpeg would not find it.
    pub demuxer: Option<&'static str>,
}

/// How a file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Where it says, or it does not say where.
    AsStated,
    /// It is a WAV written as it was made, whose size was not known at its beginning: it ends where it ends.
    OpenWave,
    /// Before its end.
    CutOff,
}

/// Looks at the file at `path`.
///
/// # Errors
/// When it cannot be read.
pub fn look(path: &Path) -> io::Result<Look> {
    let file = File::open(path)?;
    let sound = Sound { size_bytes: file.metadata()?.len(), file };
    let (mut demuxer, start) = (None, sound.read::<12>(0)?);
    let ending = match &start {
        Some([b'R', b'I', b'F', b'F', .., b'W', b'A', b'V', b'E']) => sound.wave_ending(u32::from_le_bytes)?,
        Some([b'R', b'I', b'F', b'X', .., b'W', b'A', b'V', b'E']) => sound.wave_ending(u32::from_be_bytes)?,
        Some([b'R', b'F', b'6', b'4', ..] | [b'B', b'W', b'6', b'4', ..]) => sound.wave_ending(u32::from_le_bytes)?,
        Some([b'O', b'g', b'g', b'S', ..]) => sound.ogg_ending()?,
        Some([b'I', b'D', b'3', ..]) => {
            let tagged = sound.after_tags()?;
            demuxer = Some(sound.demuxer_at(tagged)?);
            sound.mp3_ending(tagged)?
        }
        Some([0xff, ..]) => sound.mp3_ending(0)?,
        _ => Ending::AsStated,
    };
    Ok(Look { ending, demuxer })
}

/// A file of sound.
struct Sound {
    file: File,
    size_bytes: u64,
}

impl Sound {
    /// The bytes at a place; `None` beyond the end.
    fn read<const COUNT: usize>(&self, at: u64) -> io::Result<Option<[u8; COUNT]>> {
        if at.checked_add(COUNT as u64).is_none_or(|end| end > self.size_bytes) {
            return Ok(None);
        }
        let mut bytes = [0; COUNT];
        self.file.read_exact_at(&mut bytes, at).map(|()| Some(bytes))
    }

    /// RIFF (Multimedia Programming Interface 1.0), and with sizes of 64 bits in a chunk of their own, RF64 and
    /// BW64 (ITU-R BS.2088-1, annex 1). `number` reads one of 32 bits.
    fn wave_ending(&self, number: impl Fn([u8; 4]) -> u32) -> io::Result<Ending> {
        let mut large_size = None;
        let mut at = 12;
        for _ in 0..MOST_CHUNKS {
            let Some(chunk) = self.read::<8>(at)? else { break };
            let [name @ .., _, _, _, _] = chunk;
            let size = u64::from(number([chunk[4], chunk[5], chunk[6], chunk[7]]));
            let content = at + 8;
            if name == *b"data" {
                let stated = large_size.filter(|_| size == u64::from(u32::MAX)).unwrap_or(size);
                return Ok(self.data_ending(content, stated));
            }
            if name == *b"ds64" {
                // The whole's size comes before that of the data.
                large_size = self.read::<8>(content + 8)?.map(u64::from_le_bytes);
            }
            at = content + size + size % 2;
        }
        Ok(Ending::AsStated)
    }

    fn data_ending(&self, start: u64, stated: u64) -> Ending {
        let present = self.size_bytes - start;
        match stated {
            0 if present > 0 => Ending::OpenWave,
            UNKNOWN_SIZE.. if stated > present => Ending::OpenWave,
            _ if stated > present => Ending::CutOff,
            _ => Ending::AsStated,
        }
    }

    /// Ogg: a page that says it is the last, or one that ends with the file (its writer may have been stopped).
    fn ogg_ending(&self) -> io::Result<Ending> {
        let tail_start = self.size_bytes.saturating_sub(LONGEST_PAGE + PAGE_HEADER_BYTES as u64);
        let mut tail = vec![0; usize::try_from(self.size_bytes - tail_start).unwrap_or_default()];
        self.file.read_exact_at(&mut tail, tail_start)?;
        let last = tail.windows(4).rposition(|window| window == b"OggS").map(|at| &tail[at..]);
        let is_whole = last.is_some_and(|page| {
            let Some(header) = page.first_chunk::<PAGE_HEADER_BYTES>() else { return false };
            let segments = page.iter().skip(PAGE_HEADER_BYTES).take(usize::from(header[26]));
            let length =
                PAGE_HEADER_BYTES + usize::from(header[26]) + segments.map(|size| usize::from(*size)).sum::<usize>();
            page.len() == length || page.len() > length && header[5] & LAST_PAGE != 0
        });
        Ok(if is_whole { Ending::AsStated } else { Ending::CutOff })
    }

    /// Where the tags at the start end, as they say: an ID3v2 tag has a size of four times seven bits
    /// (ID3v2.4.0, section 3.1). Some programs write one before another's.
    fn after_tags(&self) -> io::Result<u64> {
        let mut at = 0;
        for _ in 0..MOST_TAGS {
            let Some([b'I', b'D', b'3', _, _, _, size @ ..]) = self.read::<10>(at)? else { break };
            at += 10 + size.iter().fold(0, |sum, byte| sum << 7 | u64::from(byte & 0x7f));
        }
        Ok(at)
    }

    /// What reads the sound behind tags: FLAC by its mark, ADTS by its layer, which MP3 does not have, and else MP3,
    /// whose reader looks for frames in whatever is there.
    fn demuxer_at(&self, at: u64) -> io::Result<&'static str> {
        Ok(match self.read::<4>(at)? {
            Some([b'f', b'L', b'a', b'C']) => "flac",
            Some([0xff, second, ..]) if second & 0xf6 == 0xf0 => "aac",
            _ => "mp3",
        })
    }

    /// An MP3 whose first frame, at `start`, holds the table of the Xing coder, which says how many bytes there are.
    fn mp3_ending(&self, start: u64) -> io::Result<Ending> {
        let Some(frame) = self.read::<64>(start)? else { return Ok(Ending::AsStated) };
        let table = frame.windows(4).position(|window| window == b"Xing" || window == b"Info");
        let word = |at: usize| Some(u32::from_be_bytes(*frame.get(at..)?.first_chunk()?));
        // Flags, the number of frames where the first of them is set, the number of bytes where the second is.
        let stated = table.and_then(|at| {
            let flags = word(at + 4)?;
            if flags & 2 == 0 { None } else { word(at + 8 + if flags & 1 == 0 { 0 } else { 4 }) }
        });
        let is_cut = stated.is_some_and(|stated| start + u64::from(stated) > self.size_bytes + MP3_TOLERANCE);
        Ok(if is_cut { Ending::CutOff } else { Ending::AsStated })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look_at(bytes: &[u8]) -> Look {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        look(file.path()).unwrap()
    }

    fn ending_of(bytes: &[u8]) -> Ending {
        look_at(bytes).ending
    }

    fn wave(tag: &[u8; 4], before: &[u8], size: u32, bytes: usize) -> Vec<u8> {
        let form = [&tag[..], &[0xff; 4], b"WAVE", before, b"fmt ", &16u32.to_le_bytes(), &[0; 16]].concat();
        [&form, &b"data"[..], &size.to_le_bytes(), &vec![1; bytes]].concat()
    }

    #[test]
    fn a_wav_is_whole_open_or_cut_off_by_its_size() {
        for (size, bytes, wanted) in [
            (1_000, 1_000, Ending::AsStated),
            (1_000, 1_001, Ending::AsStated),
            (1_000, 999, Ending::CutOff),
            (1_000_000, 0, Ending::CutOff),
            (0, 0, Ending::AsStated),
            (0, 500, Ending::OpenWave),
            (u32::MAX, 500, Ending::OpenWave),
            (u32::MAX - 36, 501, Ending::OpenWave),
            (0x7fff_ffff, 0, Ending::OpenWave),
            (0x7fff_0000, 500, Ending::OpenWave),
        ] {
            assert_eq!(ending_of(&wave(b"RIFF", b"", size, bytes)), wanted, "{size:#x} of {bytes}");
        }
    }

    #[test]
    fn a_wav_of_64_bits_has_its_size_elsewhere() {
        let sizes = |data: u64| [&b"ds64"[..], &28u32.to_le_bytes(), &[0; 8], &data.to_le_bytes(), &[0; 12]].concat();
        for tag in [b"RF64", b"BW64"] {
            assert_eq!(ending_of(&wave(tag, &sizes(300), u32::MAX, 300)), Ending::AsStated);
            assert_eq!(ending_of(&wave(tag, &sizes(301), u32::MAX, 300)), Ending::CutOff);
            assert_eq!(ending_of(&wave(tag, &sizes(0), u32::MAX, 300)), Ending::OpenWave);
            assert_eq!(ending_of(&wave(tag, &sizes(u64::MAX), u32::MAX, 300)), Ending::OpenWave);
        }
    }

    #[test]
    fn an_ogg_ends_with_a_whole_page() {
        let page = |flags: u8, size: u8| {
            let header = [&b"OggS\0"[..], &[flags], &[0; 20], &[2, size, size]].concat();
            [header, vec![7; usize::from(size) * 2]].concat()
        };
        let whole = [page(2, 30), page(0, 200), page(4, 90)].concat();
        assert_eq!(ending_of(&whole), Ending::AsStated);
        assert_eq!(ending_of(&[&whole, &[0; 99][..]].concat()), Ending::AsStated);
        assert_eq!(ending_of(&whole[..whole.len() - 1]), Ending::CutOff);
        let stopped = [page(2, 30), page(0, 200)].concat();
        assert_eq!(ending_of(&stopped), Ending::AsStated);
        assert_eq!(ending_of(&whole[..stopped.len() + 10]), Ending::CutOff);
    }

    #[test]
    fn an_mp3_says_how_long_it_is_in_its_first_frame() {
        let tag = [&b"ID3\x04\0\0\0\0\x01\x05"[..], &[0; 133]].concat();
        let frame = |flags: u8, words: &[u32]| {
            let words: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
            [&[0xff, 0xfb, 0x90, 0x64][..], &[0; 32], b"Xing", &[0, 0, 0, flags], &words, &[0; 5_000]].concat()
        };
        for before in [&tag[..], &[]] {
            let file = |flags, words: &[u32]| ending_of(&[before, &frame(flags, words)].concat());
            assert_eq!(file(3, &[9, 5_040]), Ending::AsStated);
            assert_eq!(file(3, &[9, 50_400]), Ending::CutOff);
            assert_eq!(file(2, &[50_400, 0]), Ending::CutOff);
            assert_eq!(file(1, &[50_400, 50_400]), Ending::AsStated);
        }
        assert_eq!(ending_of(b"ID3"), Ending::AsStated);
    }

    #[test]
    fn what_lies_behind_tags_decides_what_reads_it() {
        let tag = |size: u8| [&b"ID3\x03\0\0\0\0\0"[..], &[size], &vec![9; usize::from(size)]].concat();
        for (start, wanted) in
            [(&b"fLaC"[..], "flac"), (&[0xff, 0xf1, 0x50, 0x80], "aac"), (&[0xff, 0xfb, 0x90], "mp3")]
        {
            let behind = |tags: &[u8]| look_at(&[tags, start, &[0; 90]].concat()).demuxer;
            assert_eq!(behind(&tag(20)), Some(wanted));
            assert_eq!(behind(&[tag(0), tag(100)].concat()), Some(wanted));
            assert_eq!(behind(b""), None);
        }
        assert_eq!(look_at(&tag(100)[..50]).demuxer, Some("mp3"));
    }

    #[test]
    fn what_is_empty_says_nothing() {
        assert_eq!(ending_of(b""), Ending::AsStated);
    }
}
