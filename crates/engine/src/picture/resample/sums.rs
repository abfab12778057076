//! Sums of weighed samples. All are of whole numbers: every machine has the same.
//!
//! Weights have 15 bits behind the point, rows that are mixed 6, finished samples 5.
//! A product of few loses its lower half, on average half of its last bit, which is given back.
//! All samples that a block of columns needs for its n-th weights lie next to each other,
//! which is what vector instructions want.
//!
//! Sums of few products are written out for each number of them: only then does the compiler keep
//! a sum in a register from its first product to its last. This halves the time.

use super::window::Window;
use crate::picture::taps::{BlockTaps, LANES};

/// Bits that a sample gets before it is weighed, so that a product keeps 6 behind the point.
const SAMPLE_SHIFT: u32 = 7;
/// Bits behind the point of finished samples.
const RESULT_SHIFT: u32 = 5;
/// Half of a finished sample's last bit, so that cutting rounds.
const HALF: i16 = 1 << (RESULT_SHIFT - 1);
/// Columns of a row mixed at a time.
const COLUMNS: usize = 256;

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

/// Makes samples ready to be weighed.
pub fn widen(samples: &[u8], wide: &mut [i16]) {
    vectorized!(shift_up(samples: &[u8], wide: &mut [i16]));
}

#[inline(always)]
fn shift_up(samples: &[u8], wide: &mut [i16]) {
    for (wide, sample) in wide.iter_mut().zip(samples) {
        *wide = i16::from(*sample) << SAMPLE_SHIFT;
    }
}

/// Adds the rows from `first` on, each with its weight.
pub fn mix_rows(window: &Window, first: isize, weights: &[i16], sums: &mut [i16]) {
    vectorized!(sum_rows(window: &Window, first: isize, weights: &[i16], sums: &mut [i16]));
}

#[inline(always)]
fn sum_rows(window: &Window, first: isize, weights: &[i16], sums: &mut [i16]) {
    match weights.len() {
        4 => sum_known_rows::<4>(window, first, weights, sums),
        5 => sum_known_rows::<5>(window, first, weights, sums),
        6 => sum_known_rows::<6>(window, first, weights, sums),
        7 => sum_known_rows::<7>(window, first, weights, sums),
        8 => sum_known_rows::<8>(window, first, weights, sums),
        _ => sum_many_rows(window, first, weights, sums),
    }
}

#[inline(always)]
fn sum_known_rows<const TAPS: usize>(window: &Window, first: isize, weights: &[i16], sums: &mut [i16]) {
    let Some(weights) = weights.first_chunk::<TAPS>() else { return };
    let length = sums.len();
    let rows: [&[i16]; TAPS] = std::array::from_fn(|tap| &window.row(first + tap.cast_signed())[..length]);
    let mut done = 0;
    while let Some(block) = sums.get_mut(done..).and_then(|sums| sums.first_chunk_mut::<COLUMNS>()) {
        let rows: [&[i16; COLUMNS]; TAPS] =
            std::array::from_fn(|tap| rows[tap][done..].first_chunk().unwrap_or(&[0; COLUMNS]));
        // In a place of its own, which cannot be one of the rows.
        let mut block_sums = [0; COLUMNS];
        for column in 0..COLUMNS {
            block_sums[column] = sum_of(std::array::from_fn(|tap| rows[tap][column]), weights);
        }
        *block = block_sums;
        done += COLUMNS;
    }
    for (column, sum) in sums.iter_mut().enumerate().skip(done) {
        *sum = sum_of(std::array::from_fn(|tap| rows[tap][column]), weights);
    }
}

#[inline(always)]
fn sum_many_rows(window: &Window, first: isize, weights: &[i16], sums: &mut [i16]) {
    for (block, sums) in sums.chunks_mut(COLUMNS).enumerate() {
        let mut whole_sums = [0; COLUMNS];
        for (row, weight) in (first..).zip(weights) {
            for (sum, sample) in whole_sums.iter_mut().zip(&window.row(row)[block * COLUMNS..]) {
                *sum += whole(*sample, *weight);
            }
        }
        for (sum, whole_sum) in sums.iter_mut().zip(whole_sums) {
            *sum = upper_half(whole_sum);
        }
    }
}

#[inline(always)]
fn sum_of<const TAPS: usize>(samples: [i16; TAPS], weights: &[i16; TAPS]) -> i16 {
    let mut sum = lost_by(TAPS);
    for tap in 0..TAPS {
        sum += weighed(samples[tap], weights[tap]);
    }
    sum
}

/// The upper half of the product.
#[inline(always)]
fn weighed(sample: i16, weight: i16) -> i16 {
    (whole(sample, weight) >> 16) as i16
}

/// A product of which nothing is lost: of many products, what each loses would be seen.
#[inline(always)]
fn whole(sample: i16, weight: i16) -> i32 {
    i32::from(sample) * i32::from(weight)
}

/// The upper half of a sum of whole products, rounded.
#[inline(always)]
fn upper_half(sum: i32) -> i16 {
    ((sum + (1 << 15)) >> 16) as i16
}

/// What as many products lose on average, in their last bits.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "as many as a filter has taps")]
const fn lost_by(products: usize) -> i16 {
    (products / 2) as i16
}

/// A finished row, from one that is still as wide as the source.
pub fn mix_columns(across: &BlockTaps, row: &[i16], line: &mut [u8]) {
    vectorized!(sum_columns(across: &BlockTaps, row: &[i16], line: &mut [u8]));
}

#[inline(always)]
fn sum_columns(across: &BlockTaps, row: &[i16], line: &mut [u8]) {
    match across.taps {
        4 => sum_known_columns::<4>(across, row, line),
        5 => sum_known_columns::<5>(across, row, line),
        6 => sum_known_columns::<6>(across, row, line),
        7 => sum_known_columns::<7>(across, row, line),
        8 => sum_known_columns::<8>(across, row, line),
        9 => sum_known_columns::<9>(across, row, line),
        10 => sum_known_columns::<10>(across, row, line),
        _ => sum_many_columns(across, row, line),
    }
}

#[inline(always)]
fn sum_known_columns<const TAPS: usize>(across: &BlockTaps, row: &[i16], line: &mut [u8]) {
    let (blocks, rest) = line.as_chunks_mut::<LANES>();
    for (block, samples) in blocks.iter_mut().enumerate() {
        *samples = known_block::<TAPS>(across, row, block);
    }
    let last = if rest.is_empty() { [0; LANES] } else { known_block::<TAPS>(across, row, blocks.len()) };
    rest.copy_from_slice(&last[..rest.len()]);
}

#[inline(always)]
fn known_block<const TAPS: usize>(across: &BlockTaps, row: &[i16], block: usize) -> [u8; LANES] {
    let (weights, start) = across.block(block);
    let mut samples = [0; LANES];
    if let (Some(weights), Some(row)) = (weights.first_chunk::<TAPS>(), row.get(start..start + TAPS + LANES - 1)) {
        for lane in 0..LANES {
            let mut sum = HALF + lost_by(across.taps_of_a_sample);
            for tap in 0..TAPS {
                sum += weighed(row[tap + lane], weights[tap][lane]);
            }
            samples[lane] = cut(sum);
        }
    }
    samples
}

#[inline(always)]
fn sum_many_columns(across: &BlockTaps, row: &[i16], line: &mut [u8]) {
    for (block, samples) in line.chunks_mut(LANES).enumerate() {
        let (weights, start) = across.block(block);
        let mut sums = [0; LANES];
        for (weights, row) in weights.iter().zip(row[start..].windows(LANES)) {
            for lane in 0..LANES {
                sums[lane] += whole(row[lane], weights[lane]);
            }
        }
        for (sample, sum) in samples.iter_mut().zip(sums) {
            *sample = cut(HALF + upper_half(sum));
        }
    }
}

/// Cuts off what lies beyond a byte and behind the point.
#[inline(always)]
fn cut(sum: i16) -> u8 {
    (sum >> RESULT_SHIFT).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::window::Plane;
    use super::*;
    use crate::picture::taps::Taps;

    const WIDTH: usize = 600;

    /// The sum of all products, with what is behind the point.
    fn exact<'a>(products: impl Iterator<Item = (&'a i16, &'a i16)>) -> f64 {
        products.map(|(sample, weight)| f64::from(*sample) * f64::from(*weight)).sum::<f64>() / 65536.0
    }

    proptest! {
        #[test]
        fn a_sum_is_off_by_half_a_step_a_product_and_another_half_at_most(
            samples in proptest::collection::vec(any::<u8>(), WIDTH * 12), start in 0.0..4.0f64, scale in 0.5..40.0f64,
            outputs in 1usize..60,
        ) {
            let taps = Taps::new(start, scale * 4.0, 4);
            let (first, weights) = (taps.first(0), taps.weights(0));
            let mut window = Window::default();
            window.open(0..WIDTH, taps.count(), first);
            window.advance(Plane { samples: &samples, width: WIDTH }, first..taps.end(0));
            let mut sums = vec![0; WIDTH];
            mix_rows(&window, first, weights, &mut sums);
            for (column, sum) in sums.iter().enumerate() {
                let column: Vec<i16> = (first..taps.end(0)).map(|row| window.row(row)[column]).collect();
                let difference = f64::from(*sum) - exact(column.iter().zip(weights));
                prop_assert!(difference.abs() <= 0.5 * (weights.len().min(8) + 1) as f64, "{difference}");
            }

            let across = BlockTaps::new(&Taps::new(start, scale * outputs as f64, outputs));
            sums.resize(across.columns.max(WIDTH), 0);
            let mut line = vec![0; outputs];
            mix_columns(&across, &sums, &mut line);
            for (column, sample) in line.iter().enumerate() {
                let (weights, start) = across.block(column / LANES);
                let weights: Vec<i16> = weights.iter().map(|weights| weights[column % LANES]).collect();
                let wanted = exact(sums[start + column % LANES..].iter().zip(&weights)) / 32.0;
                let difference = f64::from(*sample) - wanted.clamp(0.0, 255.0);
                prop_assert!(difference.abs() <= 0.5 + 6.0 / 32.0, "{difference}");
            }
        }
    }
}
