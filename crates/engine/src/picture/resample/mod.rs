//! A part of a picture, brought to another size. Its edges may lie between pixels.
//!
//! The filter is Catmull and Rom's cubic, widened where pixels get fewer: sharp, and
//! even in how sharp it is, wherever between the pixels it falls. Rows are mixed
//! first, then columns in blocks of sixteen.

mod sums;
mod window;

use super::Picture;
use super::taps::{BlockTaps, Taps};
use crate::camera::Crop;
use sums::{mix_columns, mix_rows};
use window::{Plane, Window};

/// Resamples pictures. Keep it: it reuses its memory.
#[derive(Default)]
pub struct Resampler {
    window: Window,
    /// A row of the result, still as wide as the source.
    row: Vec<i16>,
}

/// Which samples of a plane, with which weights, make one of another size.
struct Filter {
    down: Taps,
    across: BlockTaps,
    /// Samples in a row of what is made.
    width: usize,
}

impl Filter {
    fn new(crop: &Crop, [width, height]: [usize; 2]) -> Self {
        let down = Taps::new(crop.top, crop.height, height);
        let across = BlockTaps::new(&Taps::new(crop.left, crop.width, width));
        Self { down, across, width }
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
        let Filter { down, across, width } = filter;
        let columns = across.inside(source.width);
        // The row's samples stand from `start` to `end`, and the outermost around them.
        let start = (columns.start.cast_signed() - across.first_column).unsigned_abs().min(across.columns - 1);
        let end = (start + columns.len()).min(across.columns);
        self.window.open(columns, down.count(), down.first(0));
        self.row.resize(across.columns, 0);
        for (line, samples) in target.chunks_exact_mut(*width).enumerate() {
            self.window.advance(source, down.first(line)..down.end(line));
            mix_rows(&self.window, down.first(line), down.weights(line), &mut self.row[start..end]);
            let (first, last) = (self.row[start], self.row[end - 1]);
            self.row[..start].fill(first);
            self.row[end..].fill(last);
            mix_columns(across, &self.row, samples);
        }
    }
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
