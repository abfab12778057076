//! Sequence and picture parameter sets (clauses 7.3.2.1 and 7.3.2.2): only what
//! slice headers depend on.

use std::ops::Range;

use super::StreamError;
use super::bits::BitReader;
use super::nal::{kind, kind_of, unescape, units};

/// Profiles whose sequence parameters carry chroma and scaling fields (clause 7.3.2.1.1).
const HIGH_PROFILES: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];
/// `Extended_SAR` (table E-1).
const EXTENDED_ASPECT: u32 = 255;

/// What slice headers need of the sequence parameter set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceParameters {
    /// Bits of `frame_num`.
    pub frame_number_bits: u32,
    /// How the order of pictures is told.
    pub order: PictureOrder,
    /// `max_num_ref_frames`.
    pub reference_frames: u32,
    /// Macroblocks of one picture.
    pub macroblocks: u32,
    /// Pixels across and down before cropping.
    pub coded_size: (u32, u32),
    /// The bits from `log2_max_frame_num_minus4` to `max_num_ref_frames`.
    pub(super) numbering_bits: Range<usize>,
    /// Where `bitstream_restriction_flag` stands, or `vui_parameters_present_flag` where that is 0.
    pub(super) restriction_at: Restriction,
}

/// Where the limits of a decoder's buffer are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Restriction {
    /// At `bitstream_restriction_flag`.
    Flag(usize),
    /// Nowhere: at `vui_parameters_present_flag`, which is 0.
    NoUsability(usize),
}

/// How the order of pictures is told (`pic_order_cnt_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureOrder {
    /// Type 0: each slice header has `pic_order_cnt_lsb` of that many bits.
    Explicit {
        /// Bits of `pic_order_cnt_lsb`.
        bits: u32,
    },
    /// Type 2: the order of output is the order in the stream.
    AsCoded,
}

/// What slice headers need of the picture parameter set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureParameters {
    /// `pic_parameter_set_id`.
    pub id: u32,
    /// `seq_parameter_set_id`.
    pub sequence_id: u32,
    /// Arithmetic (CABAC) rather than variable-length (CAVLC) coding.
    pub arithmetic_coding: bool,
    /// `bottom_field_pic_order_in_frame_present_flag`.
    pub has_bottom_field_order: bool,
    /// `num_ref_idx_l0_default_active_minus1` + 1 and the same of list 1.
    pub default_references: [u32; 2],
    /// `weighted_pred_flag`.
    pub weighted_prediction: bool,
    /// `weighted_bipred_idc`.
    pub weighted_bidirectional: u32,
    /// 26 + `pic_init_qp_minus26`.
    pub initial_qp: i32,
    /// `chroma_qp_index_offset`.
    pub chroma_qp_offset: i32,
    /// `deblocking_filter_control_present_flag`.
    pub has_deblocking_control: bool,
    /// `constrained_intra_pred_flag`.
    pub constrained_intra: bool,
    /// `transform_8x8_mode_flag` and `second_chroma_qp_index_offset`, where they are told.
    pub extension: Option<(bool, i32)>,
}

/// The parameter sets of a stream: parsed, and the units as they stand in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterSets {
    /// Of the sequence.
    pub sequence: SequenceParameters,
    /// Of the pictures.
    pub picture: PictureParameters,
    /// The sequence parameter set's NAL unit.
    pub sequence_unit: Vec<u8>,
    /// The picture parameter set's NAL unit.
    pub picture_unit: Vec<u8>,
}

impl ParameterSets {
    /// Finds and reads the first parameter sets of a byte stream.
    ///
    /// # Errors
    /// [`StreamError`] when one is missing, broken or uses what is not supported.
    pub fn find(stream: &[u8]) -> Result<Self, StreamError> {
        let find = |wanted: u8| units(stream).find(|unit| kind_of(unit) == wanted);
        let sequence_unit = find(kind::SEQUENCE_PARAMETERS).ok_or(StreamError::Missing("sequence parameter set"))?;
        let picture_unit = find(kind::PICTURE_PARAMETERS).ok_or(StreamError::Missing("picture parameter set"))?;
        Self::read(sequence_unit.to_vec(), picture_unit.to_vec())
    }

    /// Reads two NAL units.
    pub(super) fn read(sequence_unit: Vec<u8>, picture_unit: Vec<u8>) -> Result<Self, StreamError> {
        Ok(Self {
            sequence: SequenceParameters::read(&unescape(&sequence_unit[1..]))?,
            picture: PictureParameters::read(&unescape(&picture_unit[1..]))?,
            sequence_unit,
            picture_unit,
        })
    }
}

impl SequenceParameters {
    fn read(payload: &[u8]) -> Result<Self, StreamError> {
        let mut reader = BitReader::new(payload);
        let profile = reader.bits(8)?;
        reader.bits(16)?;
        reader.unsigned()?;
        if HIGH_PROFILES.contains(&profile) {
            read_chroma(&mut reader)?;
        }
        let numbering_start = reader.position();
        let frame_number_bits = reader.unsigned()?.saturating_add(4);
        let order = read_order(&mut reader)?;
        let reference_frames = reader.unsigned()?;
        let numbering_bits = numbering_start..reader.position();
        reader.bit()?;
        let columns = reader.unsigned()?.saturating_add(1);
        let rows = reader.unsigned()?.saturating_add(1);
        if frame_number_bits > 16 || columns > 1024 || rows > 1024 {
            return Err(StreamError::Unsupported("parameters out of the standard's range"));
        }
        if !reader.bit()? {
            return Err(StreamError::Unsupported("interlaced pictures"));
        }
        Ok(Self {
            frame_number_bits,
            order,
            reference_frames,
            macroblocks: columns * rows,
            coded_size: (columns * 16, rows * 16),
            numbering_bits,
            restriction_at: find_restriction(&mut reader)?,
        })
    }
}

fn read_chroma(reader: &mut BitReader<'_>) -> Result<(), StreamError> {
    if reader.unsigned()? != 1 {
        return Err(StreamError::Unsupported("chroma other than 4:2:0"));
    }
    reader.unsigned()?;
    reader.unsigned()?;
    reader.bit()?;
    if reader.bit()? {
        return Err(StreamError::Unsupported("scaling matrices in the sequence parameters"));
    }
    Ok(())
}

fn read_order(reader: &mut BitReader<'_>) -> Result<PictureOrder, StreamError> {
    match reader.unsigned()? {
        0 => {
            let bits = reader.unsigned()?.saturating_add(4);
            if bits > 16 {
                return Err(StreamError::Unsupported("parameters out of the standard's range"));
            }
            Ok(PictureOrder::Explicit { bits })
        }
        2 => Ok(PictureOrder::AsCoded),
        _ => Err(StreamError::Unsupported("picture order of type 1")),
    }
}

/// Reads on from `direct_8x8_inference_flag` into the usability information (clause E.1.1).
fn find_restriction(reader: &mut BitReader<'_>) -> Result<Restriction, StreamError> {
    reader.bit()?;
    if reader.bit()? {
        for _edge in 0..4 {
            reader.unsigned()?;
        }
    }
    let usability_at = reader.position();
    if !reader.bit()? {
        return Ok(Restriction::NoUsability(usability_at));
    }
    if reader.bit()? && reader.bits(8)? == EXTENDED_ASPECT {
        reader.bits(32)?;
    }
    if reader.bit()? {
        reader.bit()?;
    }
    if reader.bit()? {
        reader.bits(4)?;
        if reader.bit()? {
            reader.bits(24)?;
        }
    }
    if reader.bit()? {
        reader.unsigned()?;
        reader.unsigned()?;
    }
    if reader.bit()? {
        reader.bits(32)?;
        reader.bits(32)?;
        reader.bit()?;
    }
    if reader.bits(2)? != 0 {
        return Err(StreamError::Unsupported("a decoder model"));
    }
    reader.bit()?;
    Ok(Restriction::Flag(reader.position()))
}

impl PictureParameters {
    fn read(payload: &[u8]) -> Result<Self, StreamError> {
        let mut reader = BitReader::new(payload);
        let id = reader.unsigned()?;
        let sequence_id = reader.unsigned()?;
        let arithmetic_coding = reader.bit()?;
        let has_bottom_field_order = reader.bit()?;
        if reader.unsigned()? != 0 {
            return Err(StreamError::Unsupported("slice groups"));
        }
        let default_references = [reader.unsigned()?.saturating_add(1), reader.unsigned()?.saturating_add(1)];
        let weighted_prediction = reader.bit()?;
        let weighted_bidirectional = reader.bits(2)?;
        let initial_qp = reader.signed()?.saturating_add(26);
        reader.signed()?;
        let chroma_qp_offset = reader.signed()?;
        let has_deblocking_control = reader.bit()?;
        let constrained_intra = reader.bit()?;
        if reader.bit()? {
            return Err(StreamError::Unsupported("redundant pictures"));
        }
        if default_references.iter().any(|count| *count > 32) || !(-26..=51).contains(&initial_qp) {
            return Err(StreamError::Unsupported("parameters out of the standard's range"));
        }
        Ok(Self {
            id,
            sequence_id,
            arithmetic_coding,
            has_bottom_field_order,
            default_references,
            weighted_prediction,
            weighted_bidirectional,
            initial_qp,
            chroma_qp_offset,
            has_deblocking_control,
            constrained_intra,
            extension: read_extension(&mut reader)?,
        })
    }
}

/// What follows in the high profiles, where anything does (`more_rbsp_data`, clause 7.2).
fn read_extension(reader: &mut BitReader<'_>) -> Result<Option<(bool, i32)>, StreamError> {
    if reader.at_end() {
        return Ok(None);
    }
    let transform = reader.bit()?;
    if reader.bit()? {
        return Err(StreamError::Unsupported("scaling matrices in the picture parameters"));
    }
    Ok(Some((transform, reader.signed()?)))
}
