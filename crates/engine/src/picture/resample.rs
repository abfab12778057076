//! A part of a picture, brought to another size. Its edges may lie between pixels.
//!
//! The filter is Catmull and Rom's cubic, widened where pixels get fewer: sharp, and
//! even in how sharp it is, wherever between the pixels it falls. Rows are mixed
//! first, four at a time, then columns in blocks of sixteen: all samples that a
//! block needs for its n-th weights then lie next to each other, which is what
//! vector instructions want. Every machine does the same sums in the same order.

use super::Picture;
use super::taps::{BlockTaps, LANES, Taps};
use crate::camera::Crop;

/// Rows made at a time.
const ROWS: usize = 4;

/// Resamples pictures. Keep it: it reuses its memory.
#[derive(Default)]
pub struct Resampler {
    /// Rows of the result, still as wide as the source.
    rows: [Vec<f32>; ROWS],
    /// The same rows, as wide as the result.
    mixed: [Vec<f32>; ROWS],
}

/// A plane of samples.
#[derive(Clone, Copy)]
struct Plane<'a> {
    samples: &'a [u8],
    width: usize,
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
        self.plane(Plane { samples: luma, width }, crop, target_luma, size);
        self.plane(Plane { samples: blue, width: width / 2 }, &chroma, target_blue, chroma_size);
        self.plane(Plane { samples: red, width: width / 2 }, &chroma, target_red, chroma_size);
    }

    fn plane(&mut self, source: Plane<'_>, crop: &Crop, target: &mut [u8], [width, height]: [usize; 2]) {
        let down = Taps::new(crop.top, crop.height, height);
        let across = BlockTaps::new(&Taps::new(crop.left, crop.width, width));
        for mixed in &mut self.mixed {
            mixed.resize(across.blocks() * LANES, 0.0);
        }
        for (group, lines) in target.chunks_mut(width * ROWS).enumerate() {
            let first = group * ROWS;
            for (row, sums) in self.rows.iter_mut().enumerate() {
                sums.clear();
                sums.resize(across.columns, 0.0);
                mix_rows(source, &down, (first + row).min(height - 1), &across, sums);
            }
            mix_columns(&across, &self.rows, &mut self.mixed);
            for (line, mixed) in lines.chunks_exact_mut(width).zip(&self.mixed) {
                to_bytes(line, mixed);
            }
        }
    }
}

/// The row `line` of the result, still as wide as the source, from `across.first_column` on.
fn mix_rows(source: Plane<'_>, down: &Taps, line: usize, across: &BlockTaps, sums: &mut [f32]) {
    let height = source.samples.len() / source.width;
    let inside = across.inside(source.width);
    let (from, to) = (inside.start.unsigned_abs(), inside.end.unsigned_abs());
    let start = clamped(inside.start - across.first_column, sums.len());
    let length = (to - from).min(sums.len() - start);
    let target = &mut sums[start..start + length];
    for (tap, weight) in down.weights(line).iter().enumerate() {
        let row = clamped(down.first(line) + signed(tap), height);
        add_row(target, &source.samples[row * source.width + from..][..length], *weight);
    }
    let (first, last) = (target[0], target[length - 1]);
    sums[..start].fill(first);
    sums[start + length..].fill(last);
}

fn add_row(sums: &mut [f32], samples: &[u8], weight: f32) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "the processor was just found to have the instructions")]
        // SAFETY: the only condition of the call is that the processor has AVX2.
        return unsafe { add_row_avx2(sums, samples, weight) };
    }
    add_row_anywhere(sums, samples, weight);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn add_row_avx2(sums: &mut [f32], samples: &[u8], weight: f32) {
    add_row_anywhere(sums, samples, weight);
}

#[inline(always)]
fn add_row_anywhere(sums: &mut [f32], samples: &[u8], weight: f32) {
    for (sum, sample) in sums.iter_mut().zip(samples) {
        *sum += weight * f32::from(*sample);
    }
}

/// Four finished rows, a half more than each sample.
fn mix_columns(across: &BlockTaps, rows: &[Vec<f32>; ROWS], mixed: &mut [Vec<f32>; ROWS]) {
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
fn mix_columns_avx2(across: &BlockTaps, rows: &[Vec<f32>; ROWS], mixed: &mut [Vec<f32>; ROWS]) {
    mix_columns_anywhere(across, rows, mixed);
}

/// The sums of a block's four rows stay in registers, which is why each has a name.
#[inline(always)]
fn mix_columns_anywhere(across: &BlockTaps, rows: &[Vec<f32>; ROWS], mixed: &mut [Vec<f32>; ROWS]) {
    const HALF: [f32; LANES] = [0.5; LANES];
    let [row_0, row_1, row_2, row_3] = rows;
    let [mixed_0, mixed_1, mixed_2, mixed_3] = mixed;
    for block in 0..across.blocks() {
        let (weights, start) = across.block(block);
        let (mut sum_0, mut sum_1, mut sum_2, mut sum_3) = (HALF, HALF, HALF, HALF);
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
fn add_lanes(sums: &mut [f32; LANES], weights: &[f32; LANES], row: &[f32], at: usize) {
    if let Some(samples) = row.get(at..).and_then(|row| row.first_chunk::<LANES>()) {
        for lane in 0..LANES {
            sums[lane] += weights[lane] * samples[lane];
        }
    }
}

/// Cuts off what lies beyond a byte and behind the point.
fn to_bytes(line: &mut [u8], mixed: &[f32]) {
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
fn to_bytes_avx2(line: &mut [u8], mixed: &[f32]) {
    to_bytes_anywhere(line, mixed);
}

#[inline(always)]
fn to_bytes_anywhere(line: &mut [u8], mixed: &[f32]) {
    for (byte, sum) in line.iter_mut().zip(mixed) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
        let value = sum.clamp(0.0, 255.0) as i32 as u8;
        *byte = value;
    }
}

/// A position in a row or column of `length` samples, moved inside.
fn clamped(position: isize, length: usize) -> usize {
    usize::try_from(position).unwrap_or(0).min(length.saturating_sub(1))
}

fn signed(count: usize) -> isize {
    isize::try_from(count).unwrap_or(isize::MAX)
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
