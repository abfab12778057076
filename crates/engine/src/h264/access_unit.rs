//! Cutting a stream into pictures.

use super::StreamError;
use super::nal::{kind, kind_of, unescape, units};
use super::parameter_sets::ParameterSets;
use super::slice::SliceHeader;

/// One coded picture: its slices, without parameter sets and messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessUnit<'a> {
    /// NAL units of the slices, in order.
    pub slices: Vec<&'a [u8]>,
    /// Header of the first slice.
    pub header: SliceHeader,
}

/// The pictures of a byte stream, in decoding order.
///
/// # Errors
/// [`StreamError`] when a slice header cannot be read.
pub fn split_access_units<'a>(stream: &'a [u8], sets: &ParameterSets) -> Result<Vec<AccessUnit<'a>>, StreamError> {
    let mut pictures: Vec<AccessUnit<'a>> = Vec::new();
    for unit in units(stream).filter(|unit| matches!(kind_of(unit), kind::SLICE | kind::IDR_SLICE)) {
        // Headers are short: unescaping their first bytes is enough.
        let plain = unescape(&unit[1..unit.len().min(64)]);
        let header = SliceHeader::read(unit[0], &plain, sets)?;
        match pictures.last_mut() {
            Some(picture) if !header.begins_picture => picture.slices.push(unit),
            _ => pictures.push(AccessUnit { slices: vec![unit], header }),
        }
    }
    Ok(pictures)
}
