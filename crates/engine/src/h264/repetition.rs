//! Telling repeated pictures from new ones.

use super::parameter_sets::ParameterSets;
use super::skip::SkipWriter;
use super::{StreamError, split_access_units};

/// Finds the pictures that repeat the one before.
pub struct RepeatFinder<'a> {
    sets: &'a ParameterSets,
    skips: SkipWriter<'a>,
}

impl<'a> RepeatFinder<'a> {
    /// For streams with these parameter sets.
    ///
    /// # Errors
    /// [`StreamError`] when no picture can be repeated in such a stream.
    pub fn new(sets: &'a ParameterSets) -> Result<Self, StreamError> {
        Ok(Self { sets, skips: SkipWriter::new(sets)? })
    }

    /// Whether a stream of one picture is, to the bit, what repeating writes.
    ///
    /// # Errors
    /// [`StreamError`] when its slices cannot be read.
    pub fn is_repetition(&self, picture: &[u8]) -> Result<bool, StreamError> {
        let pictures = split_access_units(picture, self.sets)?;
        let [picture] = pictures.as_slice() else { return Ok(false) };
        let [slice] = picture.slices.as_slice() else { return Ok(false) };
        Ok(*slice == self.skips.unit(picture.header.frame_number, picture.header.order))
    }
}
