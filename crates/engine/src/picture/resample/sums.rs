//! Sums of weighed samples. All are of whole numbers: every machine has the same.
//!
//! Weights have 15 bits behind the point, rows that are mixed 6, finished samples 5.
//! A product loses its lower half, on average half of its last bit, which is given back.
//! All samples that a block of columns needs for its n-th weights lie next to each other,
//! which is what vector instructions want.

use crate::picture::taps::{BlockTaps, LANES};

/// Rows made at a time.
pub const ROWS: usize = 4;
/// Bits that a sample gets before it is weighed, so that a product keeps 6 behind the point.
pub const SAMPLE_SHIFT: u32 = 7;
/// Columns of a row mixed at a time.
const COLUMNS: usize = 64;
/// Bits behind the point of finished samples.
const RESULT_SHIFT: u32 = 5;

/// Does work, a function that is always inlined, with the widest vectors that the processor has, of those that
/// pay. A function for any work would not do: closures are not always inlined into it.
macro_rules! vectorized {
    ($work:ident($($name:ident: $kind:ty),*)) => {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            #[target_feature(enable = "avx2")]
            fn with_avx2($($name: $kind),*) {
                $work($($name),*);
            }
            #[expect(unsafe_code, reason = "the processor was just found to have the instructions")]
            // SAFETY: the only condition of the call is that the processor has AVX2.
            return unsafe { with_avx2($($name),*) };
        }
        $work($($name),*);
    };
}

/// Adds rows, each with its weight.
pub fn add_rows(sums: &mut [i16], rows: &[(&[i16], i16)]) {
    vectorized!(sum_rows(sums: &mut [i16], rows: &[(&[i16], i16)]));
}

/// The sums of a block of columns stay in registers.
#[inline(always)]
fn sum_rows(sums: &mut [i16], rows: &[(&[i16], i16)]) {
    let lost = lost_by(rows.len());
    let (blocks, rest) = sums.as_chunks_mut::<COLUMNS>();
    for (block, sums) in blocks.iter_mut().enumerate() {
        let mut block_sums = [lost; COLUMNS];
        for (row, weight) in rows {
            if let Some(samples) = row.get(block * COLUMNS..).and_then(|row| row.first_chunk::<COLUMNS>()) {
                for column in 0..COLUMNS {
                    block_sums[column] += weighed(samples[column], *weight);
                }
            }
        }
        *sums = block_sums;
    }
    let done = blocks.len() * COLUMNS;
    for (column, sum) in rest.iter_mut().enumerate() {
        let products = rows.iter().map(|(row, weight)| weighed(row[done + column], *weight));
        *sum = lost + products.sum::<i16>();
    }
}

/// The upper half of the product.
#[inline(always)]
fn weighed(sample: i16, weight: i16) -> i16 {
    ((i32::from(sample) * i32::from(weight)) >> 16) as i16
}

/// What as many products lose on average, in their last bits.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "as many as a filter has taps")]
const fn lost_by(products: usize) -> i16 {
    (products / 2) as i16
}

/// Four finished rows, half a sample's value more than they are.
pub fn mix_columns(across: &BlockTaps, rows: &[Vec<i16>; ROWS], mixed: &mut [Vec<i16>; ROWS]) {
    vectorized!(sum_columns(across: &BlockTaps, rows: &[Vec<i16>; ROWS], mixed: &mut [Vec<i16>; ROWS]));
}

/// The sums of a block's four rows stay in registers, which is why each has a name.
#[inline(always)]
fn sum_columns(across: &BlockTaps, rows: &[Vec<i16>; ROWS], mixed: &mut [Vec<i16>; ROWS]) {
    const HALF: i16 = 1 << (RESULT_SHIFT - 1);
    let [row_0, row_1, row_2, row_3] = rows;
    let [mixed_0, mixed_1, mixed_2, mixed_3] = mixed;
    for block in 0..across.blocks() {
        let (weights, start) = across.block(block);
        let first = [HALF + lost_by(across.taps_of_a_sample); LANES];
        let (mut sum_0, mut sum_1, mut sum_2, mut sum_3) = (first, first, first, first);
        for (tap, weights) in weights.iter().enumerate() {
            add_lanes(&mut sum_0, weights, row_0, start + tap);
            add_lanes(&mut sum_1, weights, row_1, start + tap);
            add_lanes(&mut sum_2, weights, row_2, start + tap);
            add_lanes(&mut sum_3, weights, row_3, start + tap);
        }
        let columns = block * LANES..(block + 1) * LANES;
        mixed_0[columns.clone()].copy_from_slice(&sum_0);
        mixed_1[columns.clone()].copy_from_slice(&sum_1);
        mixed_2[columns.clone()].copy_from_slice(&sum_2);
        mixed_3[columns].copy_from_slice(&sum_3);
    }
}

#[inline(always)]
fn add_lanes(sums: &mut [i16; LANES], weights: &[i16; LANES], row: &[i16], at: usize) {
    if let Some(samples) = row.get(at..).and_then(|row| row.first_chunk::<LANES>()) {
        for lane in 0..LANES {
            sums[lane] += weighed(samples[lane], weights[lane]);
        }
    }
}

/// Cuts off what lies beyond a byte and behind the point.
pub fn to_bytes(line: &mut [u8], mixed: &[i16]) {
    vectorized!(cut(line: &mut [u8], mixed: &[i16]));
}

#[inline(always)]
fn cut(line: &mut [u8], mixed: &[i16]) {
    for (byte, sum) in line.iter_mut().zip(mixed) {
        *byte = (sum >> RESULT_SHIFT).clamp(0, 255) as u8;
    }
}
