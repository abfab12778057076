//! Telling the engine's own files from others.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use mp4_atom::{Mvhd, Trak};

use super::read::{MovieError, read_index};
use super::{FRAME_TICKS, MOVIE_TIMESCALE, boxes};

/// Whether the file at `path` is laid out as the writer here lays out files. Those of other
/// programs differ in the clock of the whole file, in what they say about themselves, or in both.
///
/// # Errors
/// [`MovieError`] when it is no MP4 file, or not whole.
pub fn is_own_movie(path: &Path) -> Result<bool, MovieError> {
    let (file_type, index) = read_index(&mut BufReader::new(File::open(path)?))?;
    let is_bare = index.meta.is_none() && index.udta.is_none();
    let has_own_tracks = index.trak.first().is_some_and(is_own_picture_track) && index.trak.len() <= 2;
    Ok(file_type == boxes::file_type() && is_own_header(&index.mvhd) && is_bare && has_own_tracks)
}

fn is_own_header(header: &Mvhd) -> bool {
    header.timescale == MOVIE_TIMESCALE && header.creation_time == 0 && header.modification_time == 0
}

/// Every frame has the same number of ticks, and that of the engine.
fn is_own_picture_track(track: &Trak) -> bool {
    let media = &track.mdia;
    let times = &media.minf.stbl.stts.entries;
    track.udta.is_none()
        && track.meta.is_none()
        && media.hdlr.name == boxes::PICTURE_HANDLER
        && media.mdhd.timescale.is_multiple_of(FRAME_TICKS)
        && matches!(times.as_slice(), [run] if run.sample_delta == FRAME_TICKS)
}
