//! Reading a finished file back: its tracks, and what its segments are made of.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;
use std::time::Duration;

use mp4_atom::{Atom, Avcc, Codec, FourCC, Ftyp, Header, Moov, ReadAtom, ReadFrom, Trak};

use super::samples::{Sample, samples};
use crate::h264::{ParameterSets, RepeatFinder, StreamWriter};

const PICTURES: FourCC = FourCC::new(b"vide");
const SOUND: FourCC = FourCC::new(b"soun");

/// What is in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovieFacts {
    /// Size of the file.
    pub size_bytes: u64,
    /// The first track of pictures.
    pub pictures: Option<PictureFacts>,
    /// The first track of sound.
    pub sound: Option<SoundFacts>,
}

/// A track of pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureFacts {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// How long it is shown.
    pub duration: Duration,
    /// Frames shown.
    pub frames: u64,
    /// All pictures together.
    pub size_bytes: u64,
    /// From one key frame to the next, in order.
    pub segments: Vec<SegmentFacts>,
}

/// Frames from one key frame to the next: players can begin here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SegmentFacts {
    /// Its first frame, counted from the start of the video.
    pub first_frame: u64,
    /// Frames shown.
    pub frames: u64,
    /// All its pictures together.
    pub size_bytes: u64,
    /// Frames that are no repetition of the one before; `None` where the stream cannot be read so far.
    pub distinct_frames: Option<u64>,
}

/// A track of sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoundFacts {
    /// Samples a second.
    pub rate_hz: u32,
    /// Channels.
    pub channels: u32,
    /// How long it sounds.
    pub duration: Duration,
    /// All of it.
    pub size_bytes: u64,
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum MovieError {
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Io(#[from] std::io::Error),
    /// The file is no MP4 file, or a damaged one.
    #[error("the file is not a whole MP4 file")]
    Format(#[from] mp4_atom::Error),
    /// The index of the file contradicts itself.
    #[error("the index of the file is damaged: {0}")]
    Index(&'static str),
}

/// Whether a file that begins with `head` says that it is an MP4 file (ISO/IEC 14496-12, 4.3).
#[must_use]
pub fn is_mp4(head: &[u8]) -> bool {
    head.get(4..8) == Some(b"ftyp")
}

/// Reads what is in the MP4 file at `path`.
///
/// # Errors
/// [`MovieError`] when it is not one, or not whole.
pub fn read_movie(path: &Path) -> Result<MovieFacts, MovieError> {
    let mut file = BufReader::new(File::open(path)?);
    let size_bytes = file.get_ref().metadata()?.len();
    let (_, index) = read_index(&mut file)?;
    let track = |kind: FourCC| index.trak.iter().find(|track| track.mdia.hdlr.handler == kind);
    Ok(MovieFacts {
        size_bytes,
        pictures: track(PICTURES).map(|track| pictures(track, &mut file, size_bytes)).transpose()?,
        sound: track(SOUND).map(sound).transpose()?,
    })
}

/// What the file says that it is, and its index.
pub fn read_index(file: &mut BufReader<File>) -> Result<(Ftyp, Moov), MovieError> {
    let header = Option::<Header>::read_from(file)?.filter(|header| header.kind == Ftyp::KIND);
    let header = header.ok_or(mp4_atom::Error::MissingBox(Ftyp::KIND))?;
    let file_type = Ftyp::read_atom(&header, file)?;
    while let Some(header) = Option::<Header>::read_from(file)? {
        if header.kind == Moov::KIND {
            return Ok((file_type, Moov::read_atom(&header, file)?));
        }
        let Some(size) = header.size else { break };
        file.seek_relative(i64::try_from(size).map_err(|_| MovieError::Index("a box is too large"))?)?;
    }
    Err(MovieError::Format(mp4_atom::Error::MissingBox(Moov::KIND)))
}

fn pictures(track: &Trak, file: &mut BufReader<File>, file_bytes: u64) -> Result<PictureFacts, MovieError> {
    let table = &track.mdia.minf.stbl;
    let samples = samples(table)?;
    if samples.iter().any(|sample| sample.offset.saturating_add(u64::from(sample.size_bytes)) > file_bytes) {
        return Err(MovieError::Index("a picture lies beyond the end of the file"));
    }
    let format = table.stsd.codecs.iter().find_map(format);
    let mut counter = format.as_ref().and_then(|(sets, length_bytes)| Counter::new(sets, *length_bytes));
    let mut segments: Vec<SegmentFacts> = Vec::new();
    for (frame, sample) in (0..).zip(&samples) {
        // Without a table of key frames every frame is one.
        let is_key = table.stss.as_ref().is_none_or(|keys| keys.entries.binary_search(&(frame + 1)).is_ok());
        if is_key || segments.is_empty() {
            let distinct_frames = counter.is_some().then_some(0);
            segments.push(SegmentFacts { first_frame: u64::from(frame), distinct_frames, ..SegmentFacts::default() });
        }
        let is_repeated = counter.as_mut().and_then(|counter| counter.is_repeated(sample, file));
        if let Some(segment) = segments.last_mut() {
            segment.frames += 1;
            segment.size_bytes += u64::from(sample.size_bytes);
            segment.distinct_frames =
                segment.distinct_frames.zip(is_repeated).map(|(count, repeated)| count + u64::from(!repeated));
        }
    }
    Ok(PictureFacts {
        width: u32::from(track.tkhd.width.integer()),
        height: u32::from(track.tkhd.height.integer()),
        duration: duration(track),
        frames: samples.len() as u64,
        size_bytes: samples.iter().map(|sample| u64::from(sample.size_bytes)).sum(),
        segments,
    })
}

fn sound(track: &Trak) -> Result<SoundFacts, MovieError> {
    let table = &track.mdia.minf.stbl;
    let channels = table.stsd.codecs.iter().find_map(|codec| match codec {
        Codec::Mp4a(format) => Some(u32::from(format.audio.channel_count)),
        _ => None,
    });
    Ok(SoundFacts {
        rate_hz: track.mdia.mdhd.timescale,
        channels: channels.unwrap_or_default(),
        duration: duration(track),
        size_bytes: samples(table)?.iter().map(|sample| u64::from(sample.size_bytes)).sum(),
    })
}

fn duration(track: &Trak) -> Duration {
    let ticks: u128 = track
        .mdia
        .minf
        .stbl
        .stts
        .entries
        .iter()
        .map(|run| u128::from(run.sample_count) * u128::from(run.sample_delta))
        .sum();
    let nanoseconds = ticks * 1_000_000_000 / u128::from(track.mdia.mdhd.timescale.max(1));
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}

/// The parameter sets of pictures like the engine's, and how many bytes hold the length of a unit.
fn format(codec: &Codec) -> Option<(ParameterSets, usize)> {
    let Codec::Avc1(format) = codec else { return None };
    let sets = ParameterSets::find(&parameter_stream(&format.avcc)).ok()?;
    Some((sets, usize::from(format.avcc.length_size)))
}

/// Tells repetitions from new pictures.
struct Counter<'a> {
    finder: RepeatFinder<'a>,
    length_bytes: usize,
}

impl<'a> Counter<'a> {
    /// `None` where no picture can be repeated.
    fn new(sets: &'a ParameterSets, length_bytes: usize) -> Option<Self> {
        Some(Self { finder: RepeatFinder::new(sets).ok()?, length_bytes })
    }

    fn is_repeated(&self, sample: &Sample, file: &mut BufReader<File>) -> Option<bool> {
        let at = file.stream_position().ok()?;
        let step = i64::try_from(sample.offset).ok()?.checked_sub(i64::try_from(at).ok()?)?;
        file.seek_relative(step).ok()?;
        let mut bytes = vec![0; sample.size_bytes as usize];
        file.read_exact(&mut bytes).ok()?;
        self.finder.is_repetition(&byte_stream(&bytes, self.length_bytes)?).ok()
    }
}

fn parameter_stream(config: &Avcc) -> Vec<u8> {
    let mut writer = StreamWriter::default();
    for unit in config.sequence_parameter_sets.iter().chain(&config.picture_parameter_sets) {
        writer.unit(unit);
    }
    writer.bytes
}

/// A sample with start codes (Annex B) instead of lengths (ISO/IEC 14496-15, 5.3.4.2).
fn byte_stream(sample: &[u8], length_bytes: usize) -> Option<Vec<u8>> {
    let mut writer = StreamWriter::default();
    let mut rest = sample;
    while !rest.is_empty() {
        let (length, after) = rest.split_at_checked(length_bytes)?;
        let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        let (unit, after) = after.split_at_checked(length)?;
        writer.unit(unit);
        rest = after;
    }
    Some(writer.bytes)
}
