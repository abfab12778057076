//! A part of a picture, brought to another size. Its edges may lie between pixels.
//!
//! The filter is Catmull and Rom's cubic, widened where pixels get fewer: sharp, and
//! even in how sharp it is, wherever between the pixels it falls. Rows are mixed
//! first, four at a time, then columns in blocks of sixteen.

mod sums;

use std::ops::Range;

use super::Picture;
use super::taps::{BlockTaps, LANES, Taps};
use crate::camera::Crop;
use sums::{ROWS, SAMPLE_SHIFT, add_rows, mix_columns, to_bytes};

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
