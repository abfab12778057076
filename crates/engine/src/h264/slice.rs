//! Slice headers (clause 7.3.3): read, and written anew for the sets that all
//! segments share. What both have in common is copied bit for bit.

use std::ops::Range;

use super::StreamError;
use super::bits::{BitReader, BitWriter, copy_bits};
use super::nal::{escape_into, kind, kind_of, unescape};
use super::parameter_sets::{ParameterSets, PictureOrder};
use super::shared_sets::IMPLICIT_WEIGHTS;

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

/// The beginning of a slice header: what tells pictures apart.
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
    /// The bits of `first_mb_in_slice`, `slice_type` and `pic_parameter_set_id`.
    head: Range<usize>,
    /// The bits of `idr_pic_id`.
    idr_id: Range<usize>,
    /// Where the rest of the header begins.
    rest_at: usize,
}

/// The rest of a slice header, as far as it is written anew or copied.
struct Rest {
    /// `direct_spatial_mv_pred_flag`, where there is one.
    direct: Range<usize>,
    /// Active references of each list.
    references: [u32; 2],
    modification: Range<usize>,
    weights: Range<usize>,
    marking: Range<usize>,
    arithmetic_table: Range<usize>,
    qp: i32,
    deblocking: Range<usize>,
    data_at: usize,
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
        let head = 0..reader.position();
        let frame_number = reader.bits(sets.sequence.frame_number_bits)?;
        let idr_id_at = reader.position();
        if is_idr {
            reader.unsigned()?;
        }
        let idr_id = idr_id_at..reader.position();
        let order = match sets.sequence.order {
            PictureOrder::Explicit { bits } => reader.bits(bits)?,
            PictureOrder::AsCoded => 0,
        };
        if sets.picture.has_bottom_field_order && sets.sequence.order != PictureOrder::AsCoded {
            reader.signed()?;
        }
        Ok(Self {
            begins_picture,
            kind: slice_kind,
            is_idr,
            is_reference: unit_header & 0x60 != 0,
            frame_number,
            order,
            head,
            idr_id,
            rest_at: reader.position(),
        })
    }
}

/// A slice's NAL unit with another header: for the sets `to` instead of `from`,
/// with other numbers. Its data stay as they are.
///
/// # Errors
/// [`StreamError`] when the header cannot be read or uses what cannot be carried over.
pub fn rewrite(
    unit: &[u8],
    from: &ParameterSets,
    to: &ParameterSets,
    frame_number: u32,
    order: u32,
) -> Result<Vec<u8>, StreamError> {
    let plain = unescape(&unit[1..]);
    let header = SliceHeader::read(unit[0], &plain, from)?;
    let rest = Rest::read(&header, &plain, from)?;
    let mut writer = BitWriter::default();
    let copy = |range: &Range<usize>, writer: &mut BitWriter| {
        let mut reader = BitReader::new(&plain);
        reader.skip(range.start)?;
        copy_bits(&mut reader, writer, range.len())
    };
    copy(&header.head, &mut writer)?;
    writer.bits(frame_number, to.sequence.frame_number_bits);
    copy(&header.idr_id, &mut writer)?;
    if let PictureOrder::Explicit { bits } = to.sequence.order {
        writer.bits(order, bits);
    }
    copy(&rest.direct, &mut writer)?;
    write_references(&mut writer, header.kind, rest.references, to);
    copy(&rest.modification, &mut writer)?;
    if rest.weights.is_empty() && header.kind == SliceKind::P && to.picture.weighted_prediction {
        write_no_weights(&mut writer, rest.references[0]);
    }
    copy(&rest.weights, &mut writer)?;
    copy(&rest.marking, &mut writer)?;
    copy(&rest.arithmetic_table, &mut writer)?;
    writer.signed(rest.qp - to.picture.initial_qp);
    if rest.deblocking.is_empty() {
        // disable_deblocking_filter_idc 0 and both offsets: on, as it was without being told.
        writer.unsigned(0);
        writer.signed(0);
        writer.signed(0);
    }
    copy(&rest.deblocking, &mut writer)?;
    write_data(&plain, rest.data_at, from.picture.arithmetic_coding, &mut writer)?;
    let mut rewritten = vec![unit[0]];
    escape_into(&mut rewritten, &writer.into_bytes());
    Ok(rewritten)
}

/// `num_ref_idx_active_override_flag` and the counts, where they are not the sets' own.
fn write_references(writer: &mut BitWriter, kind: SliceKind, references: [u32; 2], to: &ParameterSets) {
    let lists = match kind {
        SliceKind::I => return,
        SliceKind::P => &references[..1],
        SliceKind::B => &references[..],
    };
    let differs = lists.iter().zip(to.picture.default_references).any(|(count, default)| *count != default);
    writer.bit(differs);
    if differs {
        for count in lists {
            writer.unsigned(count - 1);
        }
    }
}

/// `pred_weight_table` (clause 7.3.3.2) that leaves `references` pictures as they are.
fn write_no_weights(writer: &mut BitWriter, references: u32) {
    writer.unsigned(0);
    writer.unsigned(0);
    for _flag in 0..2 * references {
        writer.bit(false);
    }
}

/// Arithmetic-coded data begin at a byte boundary, others right behind the header.
fn write_data(plain: &[u8], at: usize, is_arithmetic: bool, writer: &mut BitWriter) -> Result<(), StreamError> {
    let mut reader = BitReader::new(plain);
    reader.skip(at)?;
    if reader.at_end() {
        return Err(StreamError::Truncated("a slice"));
    }
    if is_arithmetic {
        writer.align(true);
        writer.append(&plain[at.div_ceil(8)..]);
        return Ok(());
    }
    let length = reader.remaining();
    copy_bits(&mut reader, writer, length)
}

impl Rest {
    fn read(header: &SliceHeader, plain: &[u8], sets: &ParameterSets) -> Result<Self, StreamError> {
        let picture = &sets.picture;
        let mut reader = BitReader::new(plain);
        reader.skip(header.rest_at)?;
        let direct =
            span(&mut reader, |reader| if header.kind == SliceKind::B { reader.bit().map(drop) } else { Ok(()) })?;
        let references = read_references(&mut reader, header.kind, picture.default_references)?;
        let modification = span(&mut reader, |reader| read_no_modification(reader, header.kind))?;
        if header.kind == SliceKind::B && picture.weighted_bidirectional != IMPLICIT_WEIGHTS {
            return Err(StreamError::Unsupported("B slices without implicit weights"));
        }
        let weights = span(&mut reader, |reader| {
            if header.kind == SliceKind::P && picture.weighted_prediction {
                skip_weights(reader, references[0])
            } else {
                Ok(())
            }
        })?;
        let marking = span(&mut reader, |reader| skip_marking(reader, header))?;
        let arithmetic_table = span(&mut reader, |reader| {
            if picture.arithmetic_coding && header.kind != SliceKind::I { reader.unsigned().map(drop) } else { Ok(()) }
        })?;
        let qp = reader.signed()?.saturating_add(picture.initial_qp);
        let deblocking = span(&mut reader, |reader| {
            if picture.has_deblocking_control && reader.unsigned()? != 1 {
                reader.signed()?;
                reader.signed()?;
            }
            Ok(())
        })?;
        let data_at = reader.position();
        Ok(Self { direct, references, modification, weights, marking, arithmetic_table, qp, deblocking, data_at })
    }
}

/// The bits that `read` reads.
fn span(
    reader: &mut BitReader<'_>,
    read: impl FnOnce(&mut BitReader<'_>) -> Result<(), StreamError>,
) -> Result<Range<usize>, StreamError> {
    let start = reader.position();
    read(reader)?;
    Ok(start..reader.position())
}

fn read_references(reader: &mut BitReader<'_>, kind: SliceKind, default: [u32; 2]) -> Result<[u32; 2], StreamError> {
    let mut references = default;
    if kind != SliceKind::I && reader.bit()? {
        references[0] = reader.unsigned()?.saturating_add(1);
        if kind == SliceKind::B {
            references[1] = reader.unsigned()?.saturating_add(1);
        }
    }
    if references.iter().any(|count| *count > 32) {
        return Err(StreamError::Unsupported("parameters out of the standard's range"));
    }
    Ok(references)
}

/// `ref_pic_list_modification` (clause 7.3.3.1). A change of order is told by
/// differences modulo the largest `frame_num`, which becomes another.
fn read_no_modification(reader: &mut BitReader<'_>, kind: SliceKind) -> Result<(), StreamError> {
    let lists = match kind {
        SliceKind::I => 0,
        SliceKind::P => 1,
        SliceKind::B => 2,
    };
    if reader.bits(lists)? != 0 {
        return Err(StreamError::Unsupported("another order of reference pictures"));
    }
    Ok(())
}

/// `pred_weight_table` (clause 7.3.3.2) of a P slice.
fn skip_weights(reader: &mut BitReader<'_>, references: u32) -> Result<(), StreamError> {
    reader.unsigned()?;
    reader.unsigned()?;
    for _reference in 0..references {
        for values in [2, 4] {
            if reader.bit()? {
                for _value in 0..values {
                    reader.signed()?;
                }
            }
        }
    }
    Ok(())
}

/// `dec_ref_pic_marking` (clause 7.3.3.3).
fn skip_marking(reader: &mut BitReader<'_>, header: &SliceHeader) -> Result<(), StreamError> {
    if header.is_idr {
        reader.bits(2)?;
    } else if header.is_reference && reader.bit()? {
        return Err(StreamError::Unsupported("explicit marking of reference pictures"));
    }
    Ok(())
}
