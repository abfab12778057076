//! `frame_num` and `pic_order_cnt_lsb` (clauses 7.4.3 and 8.2.1.1).

use super::AccessUnit;
use super::StreamError;
use super::parameter_sets::{ParameterSets, PictureOrder};

/// Gives pictures their numbers in the order of the stream.
pub struct Numbering {
    frame_number_mask: u32,
    order_mask: u32,
    references: u32,
}

impl Numbering {
    pub const fn new(sets: &ParameterSets) -> Self {
        let order_mask = match sets.sequence.order {
            PictureOrder::Explicit { bits } => (1 << bits) - 1,
            PictureOrder::AsCoded => 0,
        };
        Self { frame_number_mask: (1 << sets.sequence.frame_number_bits) - 1, order_mask, references: 0 }
    }

    /// The most frames from a reference picture to the next: their orders differ by less than
    /// half of what `pic_order_cnt_lsb` counts (clause 8.2.1.1), in twos.
    pub const fn longest(&self) -> u64 {
        (self.order_mask / 4) as u64
    }

    /// `frame_num` and `pic_order_cnt_lsb` of the next picture, which is the `position`-th on screen
    /// since the last refresh.
    pub const fn next(&mut self, is_idr: bool, is_reference: bool, position: u32) -> (u32, u32) {
        if is_idr {
            self.references = 0;
        }
        let frame_number = self.references & self.frame_number_mask;
        if is_reference {
            self.references = self.references.wrapping_add(1);
        }
        (frame_number, position.wrapping_mul(2) & self.order_mask)
    }
}

/// The place of each picture on screen, counted from the last refresh before it.
///
/// # Errors
/// [`StreamError::Unsupported`] when the stream does not tell it, or counts otherwise than in twos.
pub fn screen_positions(pictures: &[AccessUnit<'_>], sets: &ParameterSets) -> Result<Vec<u32>, StreamError> {
    let PictureOrder::Explicit { bits } = sets.sequence.order else {
        return Ok(as_coded(pictures));
    };
    let range = 1i64 << bits;
    let (mut high, mut low) = (0i64, 0i64);
    let mut positions = Vec::with_capacity(pictures.len());
    for picture in pictures {
        if picture.header.is_idr {
            (high, low) = (0, 0);
        }
        let next_low = i64::from(picture.header.order);
        let mut next_high = high;
        if next_low < low && low - next_low >= range / 2 {
            next_high += range;
        } else if next_low > low && next_low - low > range / 2 {
            next_high -= range;
        }
        let order = next_high + next_low;
        if order % 2 != 0 {
            return Err(StreamError::Unsupported("an order of pictures by fields"));
        }
        positions.push(u32::try_from(order / 2).map_err(|_| StreamError::Unsupported("pictures before a refresh"))?);
        if picture.header.is_reference {
            (high, low) = (next_high, next_low);
        }
    }
    Ok(positions)
}

fn as_coded(pictures: &[AccessUnit<'_>]) -> Vec<u32> {
    let mut next = 0;
    let mut position = |picture: &AccessUnit<'_>| {
        next = if picture.header.is_idr { 0 } else { next + 1 };
        next
    };
    pictures.iter().map(&mut position).collect()
}
