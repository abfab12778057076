//! Drawing a colour through a mask.

use super::{Mask, Picture, Yuv};

/// Draws `color` over `picture` where `mask` covers it, with at most `opacity` (0–255).
/// A chroma sample takes the mean coverage of its four pixels.
pub fn blend(picture: &mut Picture, mask: &Mask, color: Yuv, opacity: u8) {
    let Some(clip) = Clip::new(mask, picture.width(), picture.height()) else { return };
    let width = picture.width();
    let (luma, blue, red) = picture.planes_mut();
    for row in clip.top..clip.bottom {
        let coverage = clip.row(mask, row);
        let pixels = &mut luma[row * width + clip.left..row * width + clip.right];
        for (pixel, coverage) in pixels.iter_mut().zip(coverage) {
            *pixel = mix(*pixel, color.luma, scale(*coverage, opacity));
        }
    }
    for row in clip.top / 2..clip.bottom.div_ceil(2) {
        for column in clip.left / 2..clip.right.div_ceil(2) {
            let sum: u32 = clip.quad(mask, column * 2, row * 2).into_iter().map(u32::from).sum();
            #[expect(clippy::cast_possible_truncation, reason = "the mean of four bytes")]
            let coverage = scale(((sum + 2) / 4) as u8, opacity);
            if coverage > 0 {
                let at = row * (width / 2) + column;
                blue[at] = mix(blue[at], color.blue, coverage);
                red[at] = mix(red[at], color.red, coverage);
            }
        }
    }
}

/// The part of a mask that lies inside the picture, in frame pixels.
struct Clip {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

impl Clip {
    fn new(mask: &Mask, width: usize, height: usize) -> Option<Self> {
        let within = |value: i32, limit: usize| usize::try_from(value).unwrap_or(0).min(limit);
        let clip = Self {
            left: within(mask.left, width),
            top: within(mask.top, height),
            right: within(mask.right(), width),
            bottom: within(mask.bottom(), height),
        };
        (clip.left < clip.right && clip.top < clip.bottom).then_some(clip)
    }

    /// Coverage of the clipped columns of a frame row.
    fn row<'a>(&self, mask: &'a Mask, row: usize) -> &'a [u8] {
        let start = offset(row, mask.top) * mask.width;
        &mask.coverage[start + offset(self.left, mask.left)..start + offset(self.right, mask.left)]
    }

    /// Coverage of the four pixels right of and below a frame position.
    fn quad(&self, mask: &Mask, column: usize, row: usize) -> [u8; 4] {
        let at = |column: usize, row: usize| {
            let inside = (self.left..self.right).contains(&column) && (self.top..self.bottom).contains(&row);
            if inside { mask.coverage[offset(row, mask.top) * mask.width + offset(column, mask.left)] } else { 0 }
        };
        [at(column, row), at(column + 1, row), at(column, row + 1), at(column + 1, row + 1)]
    }
}

/// Distance of a frame position inside the mask from the mask's edge.
fn offset(position: usize, edge: i32) -> usize {
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    usize::try_from(position - i64::from(edge)).unwrap_or(0)
}

/// `coverage` × `opacity` / 255, rounded.
fn scale(coverage: u8, opacity: u8) -> u8 {
    mix(0, coverage, opacity)
}

/// From `below` to `above` by `coverage` / 255, rounded.
fn mix(below: u8, above: u8, coverage: u8) -> u8 {
    let (below, above, coverage) = (u32::from(below), u32::from(above), u32::from(coverage));
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
        blend(&mut picture, &mask, WHITE, 255);
        assert_eq!(picture.bytes(), [&[235; 16][..], &[90; 4], &[200; 4]].concat());
    }

    proptest! {
        #[test]
        fn a_mask_anywhere_draws_inside_the_picture_only(
            left in -20i32..40, top in -20i32..40, width in 0usize..30, height in 0usize..30, opacity in 2u8..,
        ) {
            let mut picture = Picture::black(16, 12);
            let mask = Mask { left, top, width, height, coverage: vec![255; width * height] };
            blend(&mut picture, &mask, WHITE, opacity);
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
