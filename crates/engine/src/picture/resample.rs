//! A part of a picture, brought to another size. Its edges may lie between pixels.
//!
//! The filter is Catmull and Rom's cubic, widened where pixels get fewer: sharp, and
//! even in how sharp it is, wherever between the pixels it falls. Rows are mixed
//! first, four at a time, then columns in blocks of sixteen: all samples that a
//! block needs for its n-th weights then lie next to each other, which is what
//! vector instructions want. All sums are of whole numbers: every machine has the same.
//!
//! Weights have 15 bits behind the point, rows that are mixed 6, finished samples 5.
//! A product loses its lower half, on average half of its last bit, which is given back.

use std::ops::Range;

use super::Picture;
use super::taps::{BlockTaps, LANES, Taps};
use crate::camera::Crop;

/// Rows made at a time.
const ROWS: usize = 4;
/// Columns of a row mixed at a time.
const COLUMNS: usize = 64;
/// Bits that a sample gets before it is weighed, so that a product keeps 6 behind the point.
const SAMPLE_SHIFT: u32 = 7;
/// Bits behind the point of finished samples.
const RESULT_SHIFT: u32 = 5;

/// Resamples pictures. Keep it: it reuses its memory.
#[derive(Default)]
pub struct Resampler {
    window: Window,
    /// Rows of the result, still as wide as the source.
    rows: [Vec<i16>; ROWS],
    /// The same rows, as wide as the result.
    mixed: [Vec<i16>; ROWS],
}

/// A plane of samples.
#[derive(Clone, Copy)]
struct Plane<'a> {
    samples: &'a [u8],
    width: usize,
}

/// Which samples of a plane, with which weights, make one of another size.
struct Filter {
    down: Taps,
    across: BlockTaps,
    /// Width and height of what is made.
    size: [usize; 2],
}

impl Filter {
    fn new(crop: &Crop, [width, height]: [usize; 2]) -> Self {
        let down = Taps::new(crop.top, crop.height, height);
        let across = BlockTaps::new(&Taps::new(crop.left, crop.width, width));
        Self { down, across, size: [width, height] }
    }
}

impl Resampler {
    /// Fills `target` with the part `crop` of `source`. What lies beyond the
    /// source's edges looks like the edges.
    pub fn crop_into(&mut self, source: &Picture, crop: &Crop, target: &mut Picture) {
        let size = [target.width(), target.height()];
        let chroma_size = size.map(|side| side / 2);
        #[expect(clippy::cast_precision_loss, reason = "sides of pictures")]
        let scale = crop.width / size[0] as f64;
        // Chroma samples lie on every second luma column and between luma rows (ITU-T H.264, figure 6-1).
        let chroma = Crop {
            left: crop.left / 2.0 + (1.0 - scale) / 4.0,
            top: crop.top / 2.0,
            width: crop.width / 2.0,
            height: crop.height / 2.0,
        };
        let width = source.width();
        let (luma, blue, red) = source.planes();
        let (target_luma, target_blue, target_red) = target.planes_mut();
        self.plane(Plane { samples: luma, width }, &Filter::new(crop, size), target_luma);
        let chroma = Filter::new(&chroma, chroma_size);
        self.plane(Plane { samples: blue, width: width / 2 }, &chroma, target_blue);
        self.plane(Plane { samples: red, width: width / 2 }, &chroma, target_red);
    }

    fn plane(&mut self, source: Plane<'_>, filter: &Filter, target: &mut [u8]) {
        let Filter { down, across, size: [width, height] } = filter;
        for mixed in &mut self.mixed {
            mixed.resize(across.blocks() * LANES, 0);
        }
        let columns = across.inside(source.width);
        // Where these columns lie in a mixed row.
        let start = clamped(columns.start - across.first_column, across.columns);
        for (group, lines) in target.chunks_mut(*width * ROWS).enumerate() {
            let first = group * ROWS;
            let last = (first + ROWS).min(*height) - 1;
            self.window.load(source, down.first(first)..down.end(last), &columns);
            for (row, sums) in self.rows.iter_mut().enumerate() {
                sums.resize(across.columns, 0);
                self.window.mix(down, (first + row).min(last), sums, start);
            }
            mix_columns(across, &self.rows, &mut self.mixed);
            for (line, mixed) in lines.chunks_exact_mut(*width).zip(&self.mixed) {
                to_bytes(line, mixed);
            }
        }
    }
}

/// Rows of the source that a group of rows is made of, ready to be weighed: neighbours
/// share most of them.
#[derive(Default)]
struct Window {
    first_row: isize,
    length: usize,
    samples: Vec<i16>,
}

impl Window {
    /// Takes `rows` from `source`; those beyond its edges look like the edges.
    fn load(&mut self, source: Plane<'_>, rows: Range<isize>, columns: &Range<isize>) {
        let height = source.samples.len() / source.width;
        let (from, to) = (columns.start.unsigned_abs(), columns.end.unsigned_abs());
        (self.first_row, self.length) = (rows.start, to - from);
        self.samples.clear();
        for row in rows {
            let row = &source.samples[clamped(row, height) * source.width..][from..to];
            self.samples.extend(row.iter().map(|sample| i16::from(*sample) << SAMPLE_SHIFT));
        }
    }

    /// The row `line` of the result, still as wide as the source: its samples stand from `start`
    /// on in `sums`, and the outermost around them.
    fn mix(&self, down: &Taps, line: usize, sums: &mut [i16], start: usize) {
        let length = self.length.min(sums.len() - start);
        let target = &mut sums[start..start + length];
        let begin = (down.first(line) - self.first_row).unsigned_abs();
        let rows = self.samples[begin * self.length..].chunks_exact(self.length).map(|row| &row[..length]);
        let rows: Vec<(&[i16], i16)> = rows.zip(down.weights(line).iter().copied()).collect();
        add_rows(target, &rows);
        let (first, last) = (target[0], target[length - 1]);
        sums[..start].fill(first);
        sums[start + length..].fill(last);
    }
}

fn add_rows(sums: &mut [i16], rows: &[(&[i16], i16)]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "the processor was just found to have the instructions")]
        // SAFETY: the only condition of the call is that the processor has AVX2.
        return unsafe { add_rows_avx2(sums, rows) };
    }
    add_rows_anywhere(sums, rows);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn add_rows_avx2(sums: &mut [i16], rows: &[(&[i16], i16)]) {
    add_rows_anywhere(sums, rows);
}

/// The sums of a block of columns stay in registers.
#[inline(always)]
fn add_rows_anywhere(sums: &mut [i16], rows: &[(&[i16], i16)]) {
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
fn mix_columns(across: &BlockTaps, rows: &[Vec<i16>; ROWS], mixed: &mut [Vec<i16>; ROWS]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "the processor was just found to have the instructions")]
        // SAFETY: the only condition of the call is that the processor has AVX2.
        return unsafe { mix_columns_avx2(across, rows, mixed) };
    }
    mix_columns_anywhere(across, rows, mixed);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn mix_columns_avx2(across: &BlockTaps, rows: &[Vec<i16>; ROWS], mixed: &mut [Vec<i16>; ROWS]) {
    mix_columns_anywhere(across, rows, mixed);
}

/// The sums of a block's four rows stay in registers, which is why each has a name.
#[inline(always)]
fn mix_columns_anywhere(across: &BlockTaps, rows: &[Vec<i16>; ROWS], mixed: &mut [Vec<i16>; ROWS]) {
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
fn to_bytes(line: &mut [u8], mixed: &[i16]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "the processor was just found to have the instructions")]
        // SAFETY: the only condition of the call is that the processor has AVX2.
        return unsafe { to_bytes_avx2(line, mixed) };
    }
    to_bytes_anywhere(line, mixed);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn to_bytes_avx2(line: &mut [u8], mixed: &[i16]) {
    to_bytes_anywhere(line, mixed);
}

#[inline(always)]
fn to_bytes_anywhere(line: &mut [u8], mixed: &[i16]) {
    for (byte, sum) in line.iter_mut().zip(mixed) {
        *byte = (sum >> RESULT_SHIFT).clamp(0, 255) as u8;
    }
}

/// A position in a row or column of `length` samples, moved inside.
fn clamped(position: isize, length: usize) -> usize {
    usize::try_from(position).unwrap_or(0).min(length.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A slope of light from the left to the right and from the top down.
    fn slope(width: usize, height: usize) -> Picture {
        let mut picture = Picture::black(width, height);
        let (luma, _, _) = picture.planes_mut();
        for (index, sample) in luma.iter_mut().enumerate() {
            *sample = (40 + index % width + index / width) as u8;
        }
        picture
    }

    #[test]
    fn the_whole_picture_at_its_own_size_is_itself() {
        let source = slope(64, 48);
        let mut target = Picture::black(64, 48);
        let whole = Crop { left: 0.0, top: 0.0, width: 64.0, height: 48.0 };
        Resampler::default().crop_into(&source, &whole, &mut target);
        assert_eq!(target, source);
    }

    proptest! {
        #[test]
        fn a_slope_stays_the_same_slope_wherever_it_is_cut(
            left in 8.0..20.0f64, top in 8.0..14.0f64, zoom in 0.6..1.6f64, width in 4usize..24, height in 4usize..14,
        ) {
            let (width, height) = (width * 2, height * 2);
            let crop = Crop { left, top, width: width as f64 * zoom, height: height as f64 * zoom };
            prop_assume!(left + crop.width < 110.0 && top + crop.height < 60.0);
            let mut target = Picture::black(width, height);
            Resampler::default().crop_into(&slope(120, 70), &crop, &mut target);
            for (index, sample) in target.planes().0.iter().enumerate() {
                let (x, y) = ((index % width) as f64 + 0.5, (index / width) as f64 + 0.5);
                let wanted = 40.0 + (left + x * zoom - 0.5) + (top + y * zoom - 0.5);
                prop_assert!((f64::from(*sample) - wanted).abs() < 1.0, "{} instead of {}", sample, wanted);
            }
        }

        #[test]
        fn any_part_of_any_picture_can_be_taken(
            source in (1usize..40, 1usize..40), target in (1usize..40, 1usize..40),
            left in -3.0..40.0f64, top in -3.0..40.0f64, width in 0.01..90.0f64, height in 0.01..90.0f64,
        ) {
            let mut picture = Picture::black(target.0 * 2, target.1 * 2);
            let source = Picture::black(source.0 * 2, source.1 * 2);
            Resampler::default().crop_into(&source, &Crop { left, top, width, height }, &mut picture);
            prop_assert!(picture == Picture::black(target.0 * 2, target.1 * 2), "black became something else");
        }
    }
}
