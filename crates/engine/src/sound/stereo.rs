//! One coded channel on both sides: an AAC frame with a single channel element
//! becomes one with a channel pair whose halves are the same bits (ISO/IEC
//! 14496-3, tables 4.3 to 4.5 and 4.50). Coding a voice twice would cost twice.

use crate::h264::StreamError;
use crate::h264::bits::{BitReader, BitWriter, copy_bits};

// `id_syn_ele` (table 4.85).
const SINGLE_CHANNEL: u32 = 0;
const CHANNEL_PAIR: u32 = 1;
const END: u32 = 7;
const ELEMENT_BITS: u32 = 3;
/// `element_instance_tag`.
const TAG_BITS: u32 = 4;

/// The frame with its channel on both sides.
///
/// # Errors
/// [`StreamError`] when the frame is not one single channel element and the end.
pub fn on_both_sides(frame: &[u8]) -> Result<Vec<u8>, StreamError> {
    let mut reader = BitReader::new(frame);
    if reader.bits(ELEMENT_BITS)? != SINGLE_CHANNEL {
        return Err(StreamError::Unsupported("a sound frame that does not begin with its one channel"));
    }
    let tag = reader.bits(TAG_BITS)?;
    let start = reader.position();
    // The frame closes with the end element, three ones, and zeros up to a whole byte.
    let last = frame.iter().rposition(|byte| *byte != 0).ok_or(StreamError::Truncated("a sound frame"))?;
    let end = last * 8 + 8 - frame[last].trailing_zeros() as usize;
    let length = end.checked_sub(start + ELEMENT_BITS as usize).ok_or(StreamError::Truncated("a sound frame"))?;
    let mut writer = BitWriter::default();
    writer.bits(CHANNEL_PAIR, ELEMENT_BITS);
    writer.bits(tag, TAG_BITS);
    // `common_window` = 0: each half says all of itself.
    writer.bit(false);
    for _ in 0..2 {
        let mut channel = reader.clone();
        copy_bits(&mut channel, &mut writer, length)?;
    }
    writer.bits(END, ELEMENT_BITS);
    Ok(writer.into_bytes())
}
