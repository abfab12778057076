//! Drawing a colour through a mask.

use super::{Mask, Picture, Yuv};

/// Draws `color` over `picture` where `mask` covers it, with at most `opacity` (0–255).
/// The picture's corner lies at the even position `(left, top)` of the frame that the
/// mask is placed on. A chroma sample takes the mean coverage of its four pixels.
pub fn blend(picture: &mut Picture, (left, top): (i32, i32), mask: &Mask, color: Yuv, opacity: u8) {
    let (edge_left, edge_top) = (mask.left - left, mask.top - top);
    let Some(clip) = Clip::new(mask, (edge_left, edge_top), picture) else { return };
    let width = picture.width();
    let (luma, blue, red) = picture.planes_mut();
    for row in clip.top..clip.bottom {
        let pixels = &mut luma[row * width + clip.left..row * width + clip.right];
        for (pixel, coverage) in pixels.iter_mut().zip(clip.row(mask, row)) {
            *pixel = mix(*pixel, color.luma, mix(0, *coverage, opacity));
        }
    }
    let mut sums = vec![0; clip.right.div_ceil(2) - clip.left / 2];
    for row in clip.top / 2..clip.bottom.div_ceil(2) {
        clip.sums(mask, row, &mut sums);
        let start = row * (width / 2) + clip.left / 2;
        let samples = blue[start..].iter_mut().zip(&mut red[start..]);
        for (sum, (blue, red)) in sums.iter().zip(samples) {
            #[expect(clippy::cast_possible_truncation, reason = "the mean of four bytes")]
            let coverage = mix(0, ((sum + 2) / 4) as u8, opacity);
            *blue = mix(*blue, color.blue, coverage);
            *red = mix(*red, color.red, coverage);
        }
    }
}

/// The part of a mask that lies inside the picture, in the picture's pixels.
struct Clip {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
    /// Columns and rows of the mask that lie before.
    skipped: (usize, usize),
}

impl Clip {
    fn new(mask: &Mask, (left, top): (i32, i32), picture: &Picture) -> Option<Self> {
        let within = |value: i32, limit: usize| usize::try_from(value).unwrap_or(0).min(limit);
        let size = |pixels: usize| i32::try_from(pixels).unwrap_or(i32::MAX);
        let before = |edge: i32| usize::try_from(-edge).unwrap_or(0);
        let clip = Self {
            left: within(left, picture.width()),
            top: within(top, picture.height()),
            right: within(left.saturating_add(size(mask.width)), picture.width()),
            bottom: within(top.saturating_add(size(mask.height)), picture.height()),
            skipped: (before(left), before(top)),
        };
        (clip.left < clip.right && clip.top < clip.bottom).then_some(clip)
    }

    /// Coverage of the clipped columns of a row of the picture.
    fn row<'a>(&self, mask: &'a Mask, row: usize) -> &'a [u8] {
        let start = (row - self.top + self.skipped.1) * mask.width + self.skipped.0;
        &mask.coverage[start..start + self.right - self.left]
    }

    /// The sum of the coverage of each chroma sample's four pixels, in a row of samples.
    fn sums(&self, mask: &Mask, row: usize, sums: &mut [u16]) {
        sums.fill(0);
        let odd = self.left % 2;
        for row in (row * 2).max(self.top)..(row * 2 + 2).min(self.bottom) {
            let coverage = self.row(mask, row);
            let (first, pairs) = coverage.split_at(odd);
            for value in first {
                sums[0] += u16::from(*value);
            }
            for (sum, pair) in sums[odd..].iter_mut().zip(pairs.chunks(2)) {
                *sum += pair.iter().copied().map(u16::from).sum::<u16>();
            }
        }
    }
}

/// From `below` to `above` by `coverage` / 255, rounded.
const fn mix(below: u8, above: u8, coverage: u8) -> u8 {
    let (below, above, coverage) = (below as u16, above as u16, coverage as u16);
    #[expect(clippy::cast_possible_truncation, reason = "a mean of two bytes")]
    let mixed = ((below * (255 - coverage) + above * coverage + 127) / 255) as u8;
    mixed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WHITE: Yuv = Yuv { luma: 235, blue: 90, red: 200 };

    #[test]
    fn full_coverage_is_the_colour_itself() {
        let mut picture = Picture::black(4, 4);
        let mask = Mask { left: 0, top: 0, width: 4, height: 4, coverage: vec![255; 16] };
        blend(&mut picture, (0, 0), &mask, WHITE, 255);
        assert_eq!(picture.bytes(), [&[235; 16][..], &[90; 4], &[200; 4]].concat());
    }

    #[test]
    fn a_chroma_sample_takes_the_mean_of_its_pixels() {
        let mut picture = Picture::black(6, 4);
        let mask = Mask { left: 1, top: 1, width: 3, height: 2, coverage: vec![255; 6] };
        blend(&mut picture, (0, 0), &mask, Yuv { luma: 16, blue: 228, red: 128 }, 255);
        assert_eq!(picture.bytes()[24..30], [153, 178, 128, 153, 178, 128]);
    }

    proptest! {
        #[test]
        fn a_mask_anywhere_draws_inside_the_picture_only(
            left in -20i32..40, top in -20i32..40, width in 0usize..30, height in 0usize..30, opacity in 2u8..,
        ) {
            let mut picture = Picture::black(16, 12);
            let mask = Mask { left, top, width, height, coverage: vec![255; width * height] };
            blend(&mut picture, (0, 0), &mask, WHITE, opacity);
            for row in 0..12i32 {
                for column in 0..16i32 {
                    let inside = column >= left && column < mask.right() && row >= top && row < mask.bottom();
                    let changed = picture.bytes()[(row * 16 + column) as usize] != 16;
                    prop_assert_eq!(changed, inside, "{} {}", column, row);
                }
            }
        }
    }
}
