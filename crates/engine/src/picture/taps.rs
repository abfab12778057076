//! Which samples of a row or column a resampled one is made of, and with which weights.

use std::ops::Range;

/// Samples made at a time.
pub const LANES: usize = 16;
/// What weights are parts of: they have 15 bits behind the point.
const WHOLE_WEIGHT: f64 = 32768.0;

/// The weights of every sample along one axis.
pub struct Taps {
    count: usize,
    firsts: Vec<isize>,
    weights: Vec<i16>,
}

impl Taps {
    /// For `outputs` samples that show the stretch from `start`, `length` samples long.
    pub fn new(start: f64, length: f64, outputs: usize) -> Self {
        let scale = length / position(signed(outputs));
        let widening = scale.max(1.0);
        // Catmull and Rom's cubic reaches two samples to each side.
        let reach = 2.0 * widening;
        let count = whole((2.0 * reach).ceil()).unsigned_abs();
        let mut taps =
            Self { count, firsts: Vec::with_capacity(outputs), weights: Vec::with_capacity(outputs * count) };
        // Multiplied by: dividing takes five times as long.
        let narrowing = widening.recip();
        let mut exact = Vec::with_capacity(count);
        for output in 0..outputs {
            // Samples lie in the middle of their pixels.
            let center = start + (position(signed(output)) + 0.5) * scale - 0.5;
            let first = next_whole(center - reach);
            taps.firsts.push(first);
            exact.clear();
            exact.extend((0..signed(count)).map(|tap| cubic((position(first + tap) - center) * narrowing)));
            taps.push_weights(&exact);
        }
        taps
    }

    /// The weights are rounded so that together they stay the whole: flat ground stays flat.
    fn push_weights(&mut self, exact: &[f64]) {
        let scale = WHOLE_WEIGHT / exact.iter().sum::<f64>();
        let (mut given, mut carried) = (0, 0.0);
        for weight in exact {
            // What rounding took so far goes on to the next weight.
            carried += weight * scale;
            let so_far = nearest(carried);
            // A whole weight is one less than it should be.
            self.weights.push(i16::try_from(so_far - given).unwrap_or(i16::MAX));
            given = so_far;
        }
    }

    /// How many samples an output is made of.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Position of the first sample that an output is made of.
    pub fn first(&self, output: usize) -> isize {
        self.firsts[output]
    }

    /// Position after the last sample that an output is made of.
    pub fn end(&self, output: usize) -> isize {
        self.firsts[output] + signed(self.count)
    }

    /// The weights of the first sample and the ones after it.
    pub fn weights(&self, output: usize) -> &[i16] {
        &self.weights[output * self.count..][..self.count]
    }
}

/// Taps of [`LANES`] outputs at a time: the n-th weights of a block belong to samples
/// that follow each other.
pub struct BlockTaps {
    /// The first sample that any block needs; may lie before the row.
    pub first_column: isize,
    /// How many samples from there on.
    pub columns: usize,
    /// How many samples an output is made of.
    pub taps_of_a_sample: usize,
    /// How many weights a lane has, with those of none for samples of its neighbours.
    pub taps: usize,
    starts: Vec<usize>,
    weights: Vec<[i16; LANES]>,
}

impl BlockTaps {
    pub fn new(taps: &Taps) -> Self {
        let blocks: Vec<Range<usize>> = (0..taps.firsts.len().div_ceil(LANES))
            .map(|block| block * LANES..((block + 1) * LANES).min(taps.firsts.len()))
            .collect();
        // Where an output's samples begin, against those of the first output of its block.
        let lead = |block: &Range<usize>, output: usize| taps.firsts[output] - signed(output - block.start);
        let base = |block: &Range<usize>| block.clone().map(|output| lead(block, output)).min().unwrap_or(0);
        let bases: Vec<isize> = blocks.iter().map(base).collect();
        let drift = |(block, base): (&Range<usize>, &isize)| {
            block.clone().map(|output| lead(block, output) - base).max().unwrap_or(0)
        };
        let count = taps.count + blocks.iter().zip(&bases).map(drift).max().unwrap_or(0).unsigned_abs();
        let first_column = bases.iter().copied().min().unwrap_or(0);
        let starts: Vec<usize> = bases.iter().map(|base| (base - first_column).unsigned_abs()).collect();
        let mut weights = vec![[0; LANES]; blocks.len() * count];
        for ((index, block), base) in blocks.iter().enumerate().zip(&bases) {
            for output in block.clone() {
                let skipped = (lead(block, output) - base).unsigned_abs();
                for (tap, weight) in taps.weights(output).iter().enumerate() {
                    weights[index * count + skipped + tap][output - block.start] = *weight;
                }
            }
        }
        let columns = starts.iter().copied().max().unwrap_or(0) + count + LANES;
        Self { first_column, columns, taps_of_a_sample: taps.count, taps: count, starts, weights }
    }

    /// The weights of a block, and where its samples begin after [`Self::first_column`].
    #[inline]
    pub fn block(&self, block: usize) -> (&[[i16; LANES]], usize) {
        (&self.weights[block * self.taps..][..self.taps], self.starts[block])
    }

    /// The columns needed that lie inside a row of `width` samples; at least one.
    pub fn inside(&self, width: usize) -> Range<usize> {
        let start = self.first_column.clamp(0, signed(width) - 1);
        let end = (self.first_column + signed(self.columns)).clamp(start + 1, signed(width));
        start.unsigned_abs()..end.unsigned_abs()
    }
}

/// Catmull and Rom's cubic: Keys's convolution with a = −1/2.
fn cubic(distance: f64) -> f64 {
    let distance = distance.abs();
    if distance < 1.0 {
        (1.5 * distance - 2.5) * distance * distance + 1.0
    } else if distance < 2.0 {
        ((-0.5 * distance + 2.5) * distance - 4.0) * distance + 2.0
    } else {
        0.0
    }
}

/// The nearest whole number. A cast cuts off towards zero, which is down from any number above it;
/// `f64::round` is a call on most processors.
fn nearest(weight: f64) -> i32 {
    const ABOVE_ZERO: i32 = 1 << 20;
    #[expect(clippy::cast_possible_truncation, reason = "sums of weights stay near their whole")]
    let cut = (weight + f64::from(ABOVE_ZERO) + 0.5) as i32;
    cut - ABOVE_ZERO
}

/// The least whole number above. `f64::floor` is a call on most processors, too.
fn next_whole(position: f64) -> isize {
    let cut = whole(position);
    // Towards zero is up from any number below it.
    cut + isize::from(self::position(cut) <= position)
}

fn position(sample: isize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a position in a picture")]
    let position = sample as f64;
    position
}

fn whole(position: f64) -> isize {
    #[expect(clippy::cast_possible_truncation, reason = "a position in a picture")]
    let whole = position as isize;
    whole
}

fn signed(count: usize) -> isize {
    isize::try_from(count).unwrap_or(isize::MAX)
}
