//! A slice that skips every macroblock: a P slice whose motion is predicted to be
//! nothing and whose residual is nothing, so that it shows reference picture 0
//! again, exactly (clauses 8.4.1.1 and 8.7: skipped macroblocks without motion
//! are not filtered, and the filter is switched off besides).

use super::StreamError;
use super::bits::BitWriter;
use super::cabac::{ArithmeticEncoder, SkipContext};
use super::nal::{escape_into, kind};
use super::parameter_sets::{ParameterSets, PictureOrder};

/// The QP of skip slices. Nothing is quantised; the highest makes "skipped" the cheapest to code.
const SKIP_QP: i32 = 51;

/// Writes skip slices for one stream.
pub struct SkipWriter<'a> {
    sets: &'a ParameterSets,
    /// The coded macroblocks of an arithmetic-coded slice, which begin at a byte boundary.
    arithmetic_payload: Option<Vec<u8>>,
}

impl<'a> SkipWriter<'a> {
    pub fn new(sets: &'a ParameterSets) -> Result<Self, StreamError> {
        let arithmetic_payload = if sets.picture.arithmetic_coding { Some(arithmetic_skips(sets)?) } else { None };
        Ok(Self { sets, arithmetic_payload })
    }

    /// A whole picture in one slice that nothing refers to, as a NAL unit.
    pub fn unit(&self, frame_number: u32, order: u32) -> Vec<u8> {
        let mut writer = BitWriter::default();
        self.header(&mut writer, frame_number, order);
        match &self.arithmetic_payload {
            Some(payload) => {
                writer.align(true);
                writer.append(payload);
            }
            None => {
                writer.unsigned(self.sets.sequence.macroblocks);
                writer.bit(true);
            }
        }
        // nal_ref_idc 0: later pictures refer past it, as if it were not there.
        let mut unit = vec![kind::SLICE];
        escape_into(&mut unit, &writer.into_bytes());
        unit
    }

    /// Clause 7.3.3, field by field.
    fn header(&self, writer: &mut BitWriter, frame_number: u32, order: u32) {
        let picture = &self.sets.picture;
        // first_mb_in_slice; slice_type 0: P.
        writer.unsigned(0);
        writer.unsigned(0);
        writer.unsigned(picture.id);
        writer.bits(frame_number, self.sets.sequence.frame_number_bits);
        if let PictureOrder::Explicit { bits } = self.sets.sequence.order {
            writer.bits(order, bits);
            if picture.has_bottom_field_order {
                writer.signed(0);
            }
        }
        // num_ref_idx_active_override_flag, with one reference picture.
        writer.bit(picture.default_references[0] != 1);
        if picture.default_references[0] != 1 {
            writer.unsigned(0);
        }
        // ref_pic_list_modification_flag_l0.
        writer.bit(false);
        if picture.weighted_prediction {
            // Both denominators 0, and no weights for the only reference: the identity.
            writer.unsigned(0);
            writer.unsigned(0);
            writer.bits(0, 2);
        }
        if picture.arithmetic_coding {
            // cabac_init_idc.
            writer.unsigned(0);
        }
        writer.signed(SKIP_QP - picture.initial_qp);
        if picture.has_deblocking_control {
            // disable_deblocking_filter_idc 1: off.
            writer.unsigned(1);
        }
    }
}

fn arithmetic_skips(sets: &ParameterSets) -> Result<Vec<u8>, StreamError> {
    let mut context = SkipContext::at(SKIP_QP).ok_or(StreamError::Unsupported("this QP for skipping"))?;
    let mut encoder = ArithmeticEncoder::new(BitWriter::default());
    for _ in 1..sets.sequence.macroblocks {
        encoder.skip(&mut context);
        encoder.go_on();
    }
    encoder.skip(&mut context);
    Ok(encoder.finish().into_bytes())
}
