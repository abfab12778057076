//! One pair of parameter sets for every segment of a video, however it was coded,
//! so that segments can follow each other in one file. Still segments are coded
//! without B slices and moving ones with: they differ in how pictures are
//! numbered, in the buffer they need and in what slice headers leave out. These
//! sets allow both, and `slice` writes headers anew for them.

use super::StreamError;
use super::bits::{BitReader, BitWriter, copy_bits};
use super::nal::{escape_into, unescape};
use super::parameter_sets::{ParameterSets, PictureParameters, Restriction, SequenceParameters};

/// Bits of `frame_num`: reference pictures next to each other must be told apart, no more.
const FRAME_NUMBER_BITS: u32 = 8;
/// Bits of `pic_order_cnt_lsb`: it is read as a distance from the last reference picture,
/// which may be shown for a whole segment.
const ORDER_BITS: u32 = 13;
/// Pictures kept for reference and for reordering: no level allows fewer at the
/// largest picture it takes (table A-1).
const BUFFERED_PICTURES: u32 = 4;
/// Pictures that may precede one in the stream and follow it on screen.
const REORDERED_PICTURES: u32 = 1;
/// `weighted_bipred_idc`: weights follow from the distances in time.
pub const IMPLICIT_WEIGHTS: u32 = 2;
/// `log2_max_mv_length_*`: no limit beyond the level's.
const LONGEST_MOTION: u32 = 15;

/// The sets that streams of the same shape share.
///
/// # Errors
/// [`StreamError`] when the stream's own sets hold what cannot be carried over.
pub fn shared_sets(sets: &ParameterSets) -> Result<ParameterSets, StreamError> {
    if sets.sequence.reference_frames > BUFFERED_PICTURES {
        return Err(StreamError::Unsupported("more than four reference pictures"));
    }
    let sequence = unit(sets.sequence_unit[0], sequence_payload(&sets.sequence_unit, &sets.sequence)?);
    let picture = unit(sets.picture_unit[0], picture_payload(&sets.picture));
    ParameterSets::read(sequence, picture)
}

fn unit(header: u8, mut payload: BitWriter) -> Vec<u8> {
    payload.bit(true);
    let mut unit = vec![header];
    escape_into(&mut unit, &payload.into_bytes());
    unit
}

fn sequence_payload(unit: &[u8], sequence: &SequenceParameters) -> Result<BitWriter, StreamError> {
    let plain = unescape(&unit[1..]);
    let mut reader = BitReader::new(&plain);
    let mut writer = BitWriter::default();
    copy_bits(&mut reader, &mut writer, sequence.numbering_bits.start)?;
    writer.unsigned(FRAME_NUMBER_BITS - 4);
    // pic_order_cnt_type: told in every slice header.
    writer.unsigned(0);
    writer.unsigned(ORDER_BITS - 4);
    writer.unsigned(BUFFERED_PICTURES);
    reader.skip(sequence.numbering_bits.len())?;
    let restriction_at = match sequence.restriction_at {
        Restriction::Flag(at) | Restriction::NoUsability(at) => at,
    };
    copy_bits(&mut reader, &mut writer, restriction_at - sequence.numbering_bits.end)?;
    if matches!(sequence.restriction_at, Restriction::NoUsability(_)) {
        writer.bit(true);
        // Eight kinds of information that are not told: aspect, overscan, signal,
        // chroma location, timing, two decoder models, picture structure.
        writer.bits(0, 8);
    }
    write_restriction(&mut writer);
    Ok(writer)
}

/// `bitstream_restriction_flag` and what it announces (clause E.1.1).
fn write_restriction(writer: &mut BitWriter) {
    // The flag; motion may point beyond the edges.
    writer.bits(0b11, 2);
    // No limit of the bytes of a picture, nor of the bits of a macroblock.
    writer.unsigned(0);
    writer.unsigned(0);
    writer.unsigned(LONGEST_MOTION);
    writer.unsigned(LONGEST_MOTION);
    writer.unsigned(REORDERED_PICTURES);
    writer.unsigned(BUFFERED_PICTURES);
}

/// Clause 7.3.2.2, field by field.
fn picture_payload(picture: &PictureParameters) -> BitWriter {
    let mut writer = BitWriter::default();
    writer.unsigned(picture.id);
    writer.unsigned(picture.sequence_id);
    writer.bit(picture.arithmetic_coding);
    // No bottom fields; no slice groups; one active reference in each list.
    writer.bit(false);
    writer.unsigned(0);
    writer.unsigned(0);
    writer.unsigned(0);
    writer.bit(true);
    writer.bits(IMPLICIT_WEIGHTS, 2);
    // pic_init_qp_minus26 and pic_init_qs_minus26.
    writer.signed(0);
    writer.signed(0);
    writer.signed(picture.chroma_qp_offset);
    writer.bit(true);
    writer.bit(picture.constrained_intra);
    writer.bit(false);
    if let Some((transform, chroma_qp_offset)) = picture.extension {
        writer.bit(transform);
        writer.bit(false);
        writer.signed(chroma_qp_offset);
    }
    writer
}
