//! From a stream of distinct pictures to one of constant frame rate.

use super::access_unit::split_access_units;
use super::nal::{escape_into, unescape};
use super::parameter_sets::{ParameterSets, PictureOrder};
use super::skip::SkipWriter;
use super::slice::SliceKind;
use super::{AccessUnit, StreamError};

/// Collects access units as a byte stream with the length of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamWriter {
    /// The byte stream (Annex B, four-byte start codes).
    pub bytes: Vec<u8>,
}

impl StreamWriter {
    /// Appends one NAL unit.
    pub fn unit(&mut self, unit: &[u8]) {
        self.bytes.extend_from_slice(&[0, 0, 0, 1]);
        self.bytes.extend_from_slice(unit);
    }
}

/// Shows the n-th picture of `stream` for `durations[n]` frames.
///
/// The stream must begin with its parameter sets and an IDR picture, be coded in
/// the order of output with every picture a reference, and refer only to the
/// picture before: skip slices then stand between a picture and the next without
/// changing what the next refers to.
///
/// # Errors
/// [`StreamError::Unsupported`] when the stream is not of that kind;
/// [`StreamError::PictureCount`] when it does not have one picture a duration.
pub fn repeat_pictures(stream: &[u8], durations: &[u64]) -> Result<Vec<u8>, StreamError> {
    let sets = ParameterSets::find(stream)?;
    let pictures = split_access_units(stream, &sets)?;
    if pictures.len() != durations.len() {
        return Err(StreamError::PictureCount { found: pictures.len(), wanted: durations.len() });
    }
    check_repeatable(&pictures, &sets)?;
    let skips = SkipWriter::new(&sets)?;
    let mut numbering = Numbering::new(&sets);
    let mut writer = StreamWriter::default();
    writer.unit(&sets.sequence_unit);
    writer.unit(&sets.picture_unit);
    for (picture, duration) in pictures.iter().zip(durations) {
        let (frame_number, order) = numbering.next(picture.header.is_idr);
        for slice in &picture.slices {
            writer.unit(&renumbered(slice, &sets, frame_number, order)?);
        }
        for _ in 1..*duration {
            let (frame_number, order) = numbering.next(false);
            writer.unit(&skips.unit(frame_number, order));
        }
    }
    Ok(writer.bytes)
}

fn check_repeatable(pictures: &[AccessUnit<'_>], sets: &ParameterSets) -> Result<(), StreamError> {
    if !pictures.first().is_some_and(|picture| picture.header.is_idr) {
        return Err(StreamError::Missing("IDR picture at its start"));
    }
    if pictures.iter().any(|picture| picture.header.kind == SliceKind::B || !picture.header.is_reference) {
        return Err(StreamError::Unsupported("pictures out of order or without reference"));
    }
    if sets.picture.default_references != 1 || sets.sequence.reference_frames == 0 {
        return Err(StreamError::Unsupported("more than one reference picture"));
    }
    Ok(())
}

fn renumbered(slice: &[u8], sets: &ParameterSets, frame_number: u32, order: u32) -> Result<Vec<u8>, StreamError> {
    let mut plain = unescape(&slice[1..]);
    let header = super::slice::SliceHeader::read(slice[0], &plain, sets)?;
    if !header.is_followed(&plain) {
        return Err(StreamError::Truncated("a slice"));
    }
    header.renumber(&mut plain, sets, frame_number, order);
    let mut unit = vec![slice[0]];
    escape_into(&mut unit, &plain);
    Ok(unit)
}

/// `frame_num` and `pic_order_cnt_lsb` of pictures that are all references and in
/// order: both count from the last IDR picture (clauses 7.4.3 and 8.2.1.1).
struct Numbering {
    frame_number_mask: u32,
    order_mask: u32,
    count: Option<u32>,
}

impl Numbering {
    const fn new(sets: &ParameterSets) -> Self {
        let order_mask = match sets.sequence.order {
            PictureOrder::Explicit { bits } => (1 << bits) - 1,
            PictureOrder::AsCoded => 0,
        };
        Self { frame_number_mask: (1 << sets.sequence.frame_number_bits) - 1, order_mask, count: None }
    }

    fn next(&mut self, is_idr: bool) -> (u32, u32) {
        let count = match self.count {
            Some(count) if !is_idr => count.wrapping_add(1),
            _ => 0,
        };
        self.count = Some(count);
        (count & self.frame_number_mask, count.wrapping_mul(2) & self.order_mask)
    }
}
