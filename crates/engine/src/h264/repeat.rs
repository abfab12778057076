//! From what x264 wrote to a segment's stream: the sets that all segments share,
//! and every picture for as many frames as it stays.

use super::access_unit::split_access_units;
use super::numbering::{Numbering, screen_positions};
use super::parameter_sets::ParameterSets;
use super::shared_sets::shared_sets;
use super::skip::SkipWriter;
use super::slice::{SliceKind, rewrite};
use super::{AccessUnit, StreamError};

/// A byte stream being written (Annex B, four-byte start codes).
#[derive(Default)]
pub struct StreamWriter {
    /// What was written.
    pub bytes: Vec<u8>,
}

impl StreamWriter {
    fn of(sets: &ParameterSets) -> Self {
        let mut writer = Self::default();
        writer.unit(&sets.sequence_unit);
        writer.unit(&sets.picture_unit);
        writer
    }

    /// Appends one NAL unit.
    pub fn unit(&mut self, unit: &[u8]) {
        self.bytes.extend_from_slice(&[0, 0, 0, 1]);
        self.bytes.extend_from_slice(unit);
    }

    fn picture(
        &mut self,
        picture: &AccessUnit<'_>,
        sets: [&ParameterSets; 2],
        numbers: (u32, u32),
    ) -> Result<(), StreamError> {
        for slice in &picture.slices {
            self.unit(&rewrite(slice, sets[0], sets[1], numbers.0, numbers.1)?);
        }
        Ok(())
    }
}

/// Shows the n-th picture of `stream` for `durations[n]` frames.
///
/// The stream must begin with its parameter sets and an IDR picture and be coded in
/// the order of output with every picture a reference. Skip slices then stand between a
/// picture and the next: they show the last reference again and are none themselves, so
/// that what the next refers to stays the same.
///
/// # Errors
/// [`StreamError::Unsupported`] when the stream is not of that kind;
/// [`StreamError::PictureCount`] when it does not have one picture a duration.
pub fn repeat_pictures(stream: &[u8], durations: &[u64]) -> Result<Vec<u8>, StreamError> {
    let sets = ParameterSets::find(stream)?;
    let pictures = pictures(stream, &sets, durations.len())?;
    check_repeatable(&pictures, &sets)?;
    let shared = shared_sets(&sets)?;
    let skips = SkipWriter::new(&shared)?;
    let mut numbering = Numbering::new(&shared);
    let mut writer = StreamWriter::of(&shared);
    let mut position = 0;
    for (picture, duration) in pictures.iter().zip(durations) {
        if *duration > numbering.longest() {
            return Err(StreamError::Unsupported("a picture that stays longer than its order can tell"));
        }
        if picture.header.is_idr {
            position = 0;
        }
        let numbers = numbering.next(picture.header.is_idr, true, position);
        writer.picture(picture, [&sets, &shared], numbers)?;
        for _ in 1..*duration {
            position += 1;
            let (frame_number, order) = numbering.next(false, false, position);
            writer.unit(&skips.unit(frame_number, order));
        }
        position += 1;
    }
    Ok(writer.bytes)
}

/// Writes a stream of `frames` pictures, each shown once, for the sets that all
/// segments share. Pictures may be out of order and without reference.
///
/// # Errors
/// As [`repeat_pictures`].
pub fn share_sets(stream: &[u8], frames: usize) -> Result<Vec<u8>, StreamError> {
    let sets = ParameterSets::find(stream)?;
    let pictures = pictures(stream, &sets, frames)?;
    let positions = screen_positions(&pictures, &sets)?;
    let shared = shared_sets(&sets)?;
    let mut numbering = Numbering::new(&shared);
    let mut writer = StreamWriter::of(&shared);
    for (picture, position) in pictures.iter().zip(positions) {
        let numbers = numbering.next(picture.header.is_idr, picture.header.is_reference, position);
        writer.picture(picture, [&sets, &shared], numbers)?;
    }
    Ok(writer.bytes)
}

fn pictures<'a>(stream: &'a [u8], sets: &ParameterSets, wanted: usize) -> Result<Vec<AccessUnit<'a>>, StreamError> {
    let pictures = split_access_units(stream, sets)?;
    if pictures.len() != wanted {
        return Err(StreamError::PictureCount { found: pictures.len(), wanted });
    }
    if !pictures.first().is_some_and(|picture| picture.header.is_idr) {
        return Err(StreamError::Missing("IDR picture at its start"));
    }
    Ok(pictures)
}

fn check_repeatable(pictures: &[AccessUnit<'_>], sets: &ParameterSets) -> Result<(), StreamError> {
    if pictures.iter().any(|picture| picture.header.kind == SliceKind::B || !picture.header.is_reference) {
        return Err(StreamError::Unsupported("pictures out of order or without reference"));
    }
    if sets.sequence.reference_frames == 0 {
        return Err(StreamError::Unsupported("no reference picture"));
    }
    Ok(())
}
