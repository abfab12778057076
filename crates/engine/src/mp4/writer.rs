//! Writing the file: one pass over the segments for the index, one for the data.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use mp4_atom::Encode;
use rushes_core::ports::RenderError;
use rushes_core::spec::Output;
use sha2::{Digest, Sha256};

use super::layout::Layout;
use super::{Movie, boxes};
use crate::h264::{AccessUnit, ParameterSets, StreamError, screen_positions, split_access_units};
use crate::sound::AacTrack;

/// Bytes before each NAL unit that hold its length.
const LENGTH_BYTES: usize = 4;

/// The finished file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenFile {
    /// Frames shown.
    pub frames: u64,
    /// Its size.
    pub size_bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// Joins segment streams and sound to a file at `path`.
///
/// # Errors
/// [`RenderError`] when a segment cannot be read, segments do not fit each other,
/// or the file cannot be written.
pub fn write_mp4(
    path: &Path,
    segments: &[PathBuf],
    output: Output,
    sound: Option<&AacTrack>,
) -> Result<WrittenFile, RenderError> {
    let scan = Scan::of(segments)?;
    let frames = scan.sizes.len() as u64;
    let delay = scan.lead.iter().map(|lead| lead.min(&0).unsigned_abs()).max().unwrap_or(0);
    let movie = Movie {
        output,
        sets: &scan.sets,
        screen_offsets: scan.lead.iter().map(|lead| lead.saturating_add_unsigned(delay).unsigned_abs()).collect(),
        delay,
        picture_sizes: scan.sizes,
        sync_pictures: scan.sync,
        sound,
    };
    let layout = Layout::of(&movie);
    let head = head(&movie, &layout)?;
    let file = File::create(path).map_err(|source| RenderError::Io { doing: "creating the video file", source })?;
    let mut writer =
        HashingWriter { inner: BufWriter::with_capacity(1 << 20, file), hash: Sha256::new(), size_bytes: 0 };
    writer.put(&head)?;
    write_data(&mut writer, segments, &movie, &layout)?;
    writer.inner.flush().map_err(|source| RenderError::Io { doing: "writing the video file", source })?;
    let sha256 = writer.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(WrittenFile { frames, size_bytes: writer.size_bytes, sha256 })
}

/// What a first look at all segments finds.
struct Scan {
    /// The sets that all share.
    sets: ParameterSets,
    /// Size of each picture in the file.
    sizes: Vec<u32>,
    /// How many frames later (or earlier) than it is decoded each picture is shown.
    lead: Vec<i32>,
    /// Numbers of the starting points, from 1.
    sync: Vec<u32>,
}

impl Scan {
    fn of(segments: &[PathBuf]) -> Result<Self, RenderError> {
        let mut scan: Option<Self> = None;
        for segment in segments {
            let stream = read(segment)?;
            let sets = ParameterSets::find(&stream).map_err(|error| not_understood(&error))?;
            let scan = scan.get_or_insert_with(|| Self {
                sets: sets.clone(),
                sizes: Vec::new(),
                lead: Vec::new(),
                sync: Vec::new(),
            });
            if scan.sets != sets {
                return Err(RenderError::Stream { reason: "segments have different parameter sets".to_owned() });
            }
            scan.add(&stream).map_err(|error| not_understood(&error))?;
        }
        scan.ok_or_else(|| RenderError::Stream { reason: "there is no segment".to_owned() })
    }

    fn add(&mut self, stream: &[u8]) -> Result<(), StreamError> {
        let pictures = split_access_units(stream, &self.sets)?;
        let positions = screen_positions(&pictures, &self.sets)?;
        let mut refreshed_at = self.sizes.len();
        for (picture, position) in pictures.iter().zip(positions) {
            if picture.header.is_idr {
                refreshed_at = self.sizes.len();
                self.sync.push(count(refreshed_at + 1));
            }
            let since = self.sizes.len() - refreshed_at;
            self.lead.push(i32::try_from(i64::from(position) - since as i64).unwrap_or(0));
            self.sizes.push(count(sample_size(picture)));
        }
        Ok(())
    }
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}

/// Everything before the samples. The index is made twice: the first time to learn its size.
fn head(movie: &Movie<'_>, layout: &Layout) -> Result<Vec<u8>, RenderError> {
    let wide = u32::try_from(layout.data_bytes + 16).is_err();
    let data_header = if wide { 16 } else { 8 };
    // Beyond four gigabytes offsets take eight bytes: the guess must be of that width too.
    let guess = if wide { u64::from(u32::MAX) + 1 } else { 0 };
    let size = encoded(movie, layout, guess)?.len() as u64;
    let mut head = encoded(movie, layout, size + data_header)?;
    if wide {
        head.extend_from_slice(&1u32.to_be_bytes());
        head.extend_from_slice(b"mdat");
        head.extend_from_slice(&(layout.data_bytes + data_header).to_be_bytes());
    } else {
        let size = u32::try_from(layout.data_bytes + data_header).unwrap_or(u32::MAX);
        head.extend_from_slice(&size.to_be_bytes());
        head.extend_from_slice(b"mdat");
    }
    Ok(head)
}

fn encoded(movie: &Movie<'_>, layout: &Layout, data_offset: u64) -> Result<Vec<u8>, RenderError> {
    let failed = |error: mp4_atom::Error| RenderError::Broken {
        reason: "the index of the video file could not be written".to_owned(),
        source: Some(error.into()),
    };
    let mut bytes = Vec::new();
    boxes::file_type().encode(&mut bytes).map_err(failed)?;
    boxes::index(movie, layout, data_offset).encode(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn write_data(
    writer: &mut HashingWriter,
    segments: &[PathBuf],
    movie: &Movie<'_>,
    layout: &Layout,
) -> Result<(), RenderError> {
    let mut order = ChunkOrder {
        layout,
        picture_chunk: 0,
        pictures_left: 0,
        sound: movie.sound,
        sound_frame: 0,
        sound_bytes: 0,
        sound_chunk: 0,
    };
    for segment in segments {
        let stream = read(segment)?;
        let pictures = split_access_units(&stream, movie.sets).map_err(|error| not_understood(&error))?;
        for picture in &pictures {
            order.before_picture(writer)?;
            for slice in &picture.slices {
                writer.put(&u32::try_from(slice.len()).unwrap_or(u32::MAX).to_be_bytes())?;
                writer.put(slice)?;
            }
        }
    }
    order.at_end(writer)
}

/// Puts the sound between the pictures where the layout has it.
struct ChunkOrder<'a> {
    layout: &'a Layout,
    picture_chunk: usize,
    pictures_left: u32,
    sound: Option<&'a AacTrack>,
    sound_frame: usize,
    /// Bytes of the frames before it.
    sound_bytes: u64,
    sound_chunk: usize,
}

impl ChunkOrder<'_> {
    /// Writes the sound that lies before the next picture.
    fn before_picture(&mut self, writer: &mut HashingWriter) -> Result<(), RenderError> {
        if self.pictures_left == 0 {
            let next = self.layout.pictures.get(self.picture_chunk);
            self.write_sound_before(next.map_or(u64::MAX, |chunk| chunk.offset), writer)?;
            self.pictures_left = next.map_or(u32::MAX, |chunk| chunk.samples);
            self.picture_chunk += 1;
        }
        self.pictures_left -= 1;
        Ok(())
    }

    fn at_end(&mut self, writer: &mut HashingWriter) -> Result<(), RenderError> {
        self.write_sound_before(u64::MAX, writer)
    }

    fn write_sound_before(&mut self, offset: u64, writer: &mut HashingWriter) -> Result<(), RenderError> {
        let Some(track) = self.sound else { return Ok(()) };
        while let Some(chunk) = self.layout.sound.get(self.sound_chunk).filter(|chunk| chunk.offset < offset) {
            let end = self.sound_frame + chunk.samples as usize;
            let size: u64 = track.frame_sizes[self.sound_frame..end].iter().map(|size| u64::from(*size)).sum();
            let mut frames = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
            track.read(self.sound_bytes, &mut frames)?;
            writer.put(&frames)?;
            (self.sound_frame, self.sound_bytes) = (end, self.sound_bytes + size);
            self.sound_chunk += 1;
        }
        Ok(())
    }
}

/// Bytes of a picture in the file.
fn sample_size(picture: &AccessUnit<'_>) -> usize {
    picture.slices.iter().map(|slice| LENGTH_BYTES + slice.len()).sum()
}

fn read(segment: &Path) -> Result<Vec<u8>, RenderError> {
    std::fs::read(segment).map_err(|source| RenderError::Io { doing: "reading a segment", source })
}

fn not_understood(error: &StreamError) -> RenderError {
    RenderError::Stream { reason: error.to_string() }
}

struct HashingWriter {
    inner: BufWriter<File>,
    hash: Sha256,
    size_bytes: u64,
}

impl HashingWriter {
    fn put(&mut self, bytes: &[u8]) -> Result<(), RenderError> {
        self.hash.update(bytes);
        self.size_bytes += bytes.len() as u64;
        self.inner.write_all(bytes).map_err(|source| RenderError::Io { doing: "writing the video file", source })
    }
}
