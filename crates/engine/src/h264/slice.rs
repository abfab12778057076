//! Slice headers (clause 7.3.3), as far as the fields that renumbering touches.

use super::StreamError;
use super::bits::{BitReader, overwrite};
use super::nal::{kind, kind_of};
use super::parameter_sets::{ParameterSets, PictureOrder};

/// Kind of a slice (`slice_type` modulo 5, table 7-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SliceKind {
    /// Predicted from one list of pictures.
    P,
    /// Predicted from two.
    B,
    /// Not predicted from other pictures.
    I,
}

/// The fields of a slice header that matter here, with the places of those that are renumbered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceHeader {
    /// Whether it begins a picture.
    pub begins_picture: bool,
    /// How it is predicted.
    pub kind: SliceKind,
    /// Whether it belongs to an instantaneous decoding refresh.
    pub is_idr: bool,
    /// Whether later pictures may refer to it.
    pub is_reference: bool,
    /// `frame_num` as written.
    pub frame_number: u32,
    /// `pic_order_cnt_lsb` as written; 0 where the stream has none.
    pub order: u32,
    frame_number_at: usize,
    order_at: Option<usize>,
    read_bits: usize,
}

impl SliceHeader {
    /// Reads the header of a slice's payload: `unit_header` is the unit's first byte, `plain` the rest unescaped.
    pub fn read(unit_header: u8, plain: &[u8], sets: &ParameterSets) -> Result<Self, StreamError> {
        let is_idr = kind_of(&[unit_header]) == kind::IDR_SLICE;
        let mut reader = BitReader::new(plain);
        let begins_picture = reader.unsigned()? == 0;
        let slice_kind = match reader.unsigned()? % 5 {
            0 => SliceKind::P,
            1 => SliceKind::B,
            2 => SliceKind::I,
            _ => return Err(StreamError::Unsupported("switching slices")),
        };
        reader.unsigned()?;
        let frame_number_at = reader.position();
        let frame_number = reader.bits(sets.sequence.frame_number_bits)?;
        if is_idr {
            reader.unsigned()?;
        }
        let (order_at, order) = match sets.sequence.order {
            PictureOrder::Explicit { bits } => (Some(reader.position()), reader.bits(bits)?),
            PictureOrder::AsCoded => (None, 0),
        };
        let is_reference = unit_header & 0x60 != 0;
        Ok(Self {
            begins_picture,
            kind: slice_kind,
            is_idr,
            is_reference,
            frame_number,
            order,
            frame_number_at,
            order_at,
            read_bits: reader.position(),
        })
    }

    /// Whether the payload goes on after what was read of its header: at least to the bit that
    /// ends it (clause 7.3.2.11). Without one, other numbers could make it end in zero bytes,
    /// which belong to the stream and not to the unit.
    pub fn is_followed(&self, plain: &[u8]) -> bool {
        let (byte, bit) = (self.read_bits / 8, self.read_bits % 8);
        plain.get(byte).is_some_and(|first| first << bit != 0) || plain.iter().skip(byte + 1).any(|byte| *byte != 0)
    }

    /// Writes other numbers into the payload that this header was read from.
    /// The fields have fixed widths, so nothing else moves.
    pub fn renumber(&self, plain: &mut [u8], sets: &ParameterSets, frame_number: u32, order: u32) {
        overwrite(plain, self.frame_number_at, frame_number, sets.sequence.frame_number_bits);
        if let (Some(at), PictureOrder::Explicit { bits }) = (self.order_at, sets.sequence.order) {
            overwrite(plain, at, order, bits);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bits::BitWriter;
    use super::super::parameter_sets::{PictureParameters, SequenceParameters};
    use super::*;

    fn sets() -> ParameterSets {
        let order = PictureOrder::AsCoded;
        let (macroblocks, coded_size) = (1, (16, 16));
        ParameterSets {
            sequence: SequenceParameters { frame_number_bits: 4, order, reference_frames: 1, macroblocks, coded_size },
            picture: PictureParameters {
                id: 0,
                arithmetic_coding: false,
                has_bottom_field_order: false,
                default_references: 1,
                weighted_prediction: false,
                initial_qp: 26,
                has_deblocking_control: false,
            },
            sequence_unit: Vec::new(),
            picture_unit: Vec::new(),
        }
    }

    #[test]
    fn a_header_that_nothing_follows_is_told_from_one_before_a_picture() {
        for (filling, is_followed) in [(false, false), (true, true)] {
            let mut writer = BitWriter::default();
            for field in [0, 5, 0] {
                writer.unsigned(field);
            }
            writer.bits(1, 4);
            writer.align(filling);
            let plain = writer.into_bytes();
            let header = SliceHeader::read(0x20 | kind::SLICE, &plain, &sets()).unwrap();
            assert_eq!(header.is_followed(&plain), is_followed, "{plain:?}");
        }
    }
}
