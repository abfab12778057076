//! Coloured shapes with transparency: emoji, logos, whole layers of text.

use super::{Mask, Picture, Yuv, blend};

/// A rectangle of colours with coverage, ready to be laid over a picture.
///
/// Its edges lie on even pixels of the frame, so that its chroma samples are the
/// frame's own. It may reach beyond the frame; what lies outside is not drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bitmap {
    left: i32,
    top: i32,
    /// Colours multiplied by their coverage; the offsets of limited range too.
    paint: Picture,
    /// Coverage 0–255: of pixels in the luma plane, of chroma samples in the other two.
    cover: Picture,
}

/// Full coverage in every plane.
const COVERED: Yuv = Yuv { luma: 255, blue: 255, red: 255 };

impl Bitmap {
    /// A bitmap that covers nothing yet and reaches over the given edges.
    #[must_use]
    pub fn empty(left: i32, top: i32, right: i32, bottom: i32) -> Self {
        let (left, top) = (left - left.rem_euclid(2), top - top.rem_euclid(2));
        let even = |from: i32, to: i32| usize::try_from(to - from).unwrap_or(0).next_multiple_of(2);
        let nothing = Picture::zero(even(left, right), even(top, bottom));
        Self { left, top, paint: nothing.clone(), cover: nothing }
    }

    /// A bitmap of `width` × `height` pixels at a place of the frame, from red, green,
    /// blue and alpha a pixel, row by row. `is_premultiplied` says whether the colours
    /// were multiplied by alpha. `opacity` (0–255) thins all of it. `None` when the
    /// number of bytes does not fit.
    #[must_use]
    pub fn from_rgba(
        (left, top): (i32, i32),
        (width, height): (usize, usize),
        rgba: &[u8],
        is_premultiplied: bool,
        opacity: u8,
    ) -> Option<Self> {
        if rgba.len() != width * height * 4 {
            return None;
        }
        let (right, bottom) = (left + i32::try_from(width).ok()?, top + i32::try_from(height).ok()?);
        let mut bitmap = Self::empty(left, top, right, bottom);
        let (across, down) = (offset(bitmap.left, left), offset(bitmap.top, top));
        let opacity = f32::from(opacity) / 255.0;
        let (even_width, even_height) = (bitmap.paint.width(), bitmap.paint.height());
        let mut pixels = vec![[0.0; 4]; even_width * even_height];
        for (row, source) in rgba.chunks_exact((width * 4).max(1)).enumerate() {
            let target = &mut pixels[(row + down) * even_width + across..][..width];
            for (to, from) in target.iter_mut().zip(source.chunks_exact(4)) {
                *to = premultiplied([from[0], from[1], from[2], from[3]], is_premultiplied, opacity);
            }
        }
        bitmap.fill(&pixels);
        Some(bitmap)
    }

    /// Memory it takes.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        2 * self.paint.bytes().len()
    }

    /// First column, even.
    #[must_use]
    pub const fn left(&self) -> i32 {
        self.left
    }

    /// First row, even.
    #[must_use]
    pub const fn top(&self) -> i32 {
        self.top
    }

    /// First column to the right.
    #[must_use]
    pub fn right(&self) -> i32 {
        self.left + signed(self.paint.width())
    }

    /// First row below.
    #[must_use]
    pub fn bottom(&self) -> i32 {
        self.top + signed(self.paint.height())
    }

    /// Lays the bitmap over `picture`.
    pub fn draw(&self, picture: &mut Picture) {
        over(picture, (self.left, self.top), &self.paint, &self.cover);
    }

    /// Lays another bitmap over this one.
    pub fn draw_bitmap(&mut self, above: &Self) {
        let place = (above.left - self.left, above.top - self.top);
        over(&mut self.paint, place, &above.paint, &above.cover);
        over(&mut self.cover, place, &above.cover, &above.cover);
    }

    /// Lays a colour over this bitmap where `mask` covers it, with at most `opacity` (0–255).
    pub fn draw_mask(&mut self, mask: &Mask, color: Yuv, opacity: u8) {
        let place = (self.left, self.top);
        blend(&mut self.paint, place, mask, color, opacity);
        blend(&mut self.cover, place, mask, COVERED, opacity);
    }

    /// The bitmap at another place, `(right, down)` even pixels away.
    #[must_use]
    pub fn moved(&self, (right, down): (i32, i32)) -> Self {
        Self { left: self.left + right, top: self.top + down, ..self.clone() }
    }

    /// The part of the bitmap between the given edges, which are even.
    #[must_use]
    pub fn clipped(&self, left: i32, top: i32, right: i32, bottom: i32) -> Self {
        let (left, top) = (left.max(self.left), top.max(self.top));
        let mut part = Self::empty(left, top, right.min(self.right()).max(left), bottom.min(self.bottom()).max(top));
        part.draw_bitmap(self);
        part
    }

    /// How much of each pixel is covered.
    #[must_use]
    pub fn mask(&self) -> Mask {
        let (width, height) = (self.cover.width(), self.cover.height());
        let coverage = self.cover.bytes()[..width * height].to_vec();
        Mask { left: self.left, top: self.top, width, height, coverage }
    }

    fn fill(&mut self, pixels: &[[f32; 4]]) {
        let width = self.paint.width();
        let (luma, blue, red) = self.paint.planes_mut();
        let (cover, cover_blue, cover_red) = self.cover.planes_mut();
        for (at, pixel) in pixels.iter().enumerate() {
            let paint = Yuv::from_premultiplied(*pixel);
            (luma[at], cover[at]) = (paint.luma, coverage(pixel[3]));
        }
        for at in 0..blue.len() {
            let first = at / (width / 2) * 2 * width + at % (width / 2) * 2;
            let four = [first, first + 1, first + width, first + width + 1].map(|pixel| pixels[pixel]);
            let mean = std::array::from_fn(|channel| four.iter().map(|pixel| pixel[channel]).sum::<f32>() / 4.0);
            let paint = Yuv::from_premultiplied(mean);
            (blue[at], red[at]) = (paint.blue, paint.red);
            (cover_blue[at], cover_red[at]) = (coverage(mean[3]), coverage(mean[3]));
        }
    }
}

/// Channels of 0–1, multiplied by alpha and opacity.
fn premultiplied(pixel: [u8; 4], is_premultiplied: bool, opacity: f32) -> [f32; 4] {
    let [red, green, blue, alpha] = pixel.map(|channel| f32::from(channel) / 255.0);
    let scale = if is_premultiplied { opacity } else { alpha * opacity };
    // A colour brighter than its alpha allows is damage.
    let limit = alpha * opacity;
    [(red * scale).min(limit), (green * scale).min(limit), (blue * scale).min(limit), limit]
}

fn coverage(alpha: f32) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
    let coverage = (alpha * 255.0).round() as u8;
    coverage
}

/// Lays `paint` with its coverage over `picture`, its corner at an even `(left, top)`.
fn over(picture: &mut Picture, (left, top): (i32, i32), paint: &Picture, cover: &Picture) {
    let (width, height) = (picture.width(), picture.height());
    let (paint_width, paint_height) = (paint.width(), paint.height());
    let inside = |edge: i32, limit: usize| usize::try_from(edge).unwrap_or(0).min(limit);
    let columns = inside(left, width)..inside(left + signed(paint_width), width);
    let rows = inside(top, height)..inside(top + signed(paint_height), height);
    if columns.is_empty() || rows.is_empty() {
        return;
    }
    let (skipped, skipped_rows) = (offset(left, signed(columns.start)), offset(top, signed(rows.start)));
    let (luma, blue, red) = picture.planes_mut();
    let (paints, covers) = (paint.planes(), cover.planes());
    for (plane, paint, cover, step) in
        [(luma, paints.0, covers.0, 1), (blue, paints.1, covers.1, 2), (red, paints.2, covers.2, 2)]
    {
        let length = columns.len() / step;
        for row in 0..rows.len() / step {
            let to = (rows.start / step + row) * (width / step) + columns.start / step;
            let from = (skipped_rows / step + row) * (paint_width / step) + skipped / step;
            let parts = paint[from..from + length].iter().zip(&cover[from..from + length]);
            for (pixel, (paint, cover)) in plane[to..to + length].iter_mut().zip(parts) {
                let kept = (u16::from(*pixel) * u16::from(255 - *cover) + 127) / 255;
                *pixel = u8::try_from(kept + u16::from(*paint)).unwrap_or(u8::MAX);
            }
        }
    }
}

/// Distance of a position from an edge before it.
fn offset(edge: i32, position: i32) -> usize {
    usize::try_from(position - edge).unwrap_or(0)
}

fn signed(pixels: usize) -> i32 {
    i32::try_from(pixels).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rushes_core::units::Color;

    use super::*;

    fn block(place: (i32, i32), size: (usize, usize), pixel: [u8; 4]) -> Bitmap {
        Bitmap::from_rgba(place, size, &pixel.repeat(size.0 * size.1), false, 255).unwrap()
    }

    #[test]
    fn what_is_opaque_shows_its_colour_and_what_is_transparent_nothing() {
        let mut picture = Picture::black(8, 8);
        block((2, 2), (4, 4), [255, 0, 0, 255]).draw(&mut picture);
        let red = Yuv::from(Color::rgb(255, 0, 0));
        assert_eq!(picture.bytes()[2 * 8 + 2..][..4], [red.luma; 4]);
        assert_eq!((picture.bytes()[64 + 5], picture.bytes()[80 + 5]), (red.blue, red.red));
        let before = picture.clone();
        block((0, 0), (8, 8), [9, 200, 30, 0]).draw(&mut picture);
        assert_eq!(picture, before);
    }

    #[test]
    fn damaged_input_is_refused() {
        assert_eq!(Bitmap::from_rgba((0, 0), (2, 2), &[0; 15], false, 255), None);
    }

    proptest! {
        #[test]
        fn a_bitmap_anywhere_draws_inside_the_picture_only(
            left in -30i32..40, top in -30i32..40, width in 0usize..30, height in 0usize..30,
        ) {
            let mut picture = Picture::black(16, 12);
            block((left, top), (width, height), [255, 255, 255, 255]).draw(&mut picture);
            for row in 0..12 {
                for column in 0..16 {
                    let inside = column >= left && column < left + width as i32 && row >= top && row < top + height as i32;
                    let expected = if inside { 235 } else { 16 };
                    prop_assert_eq!(picture.bytes()[(row * 16 + column) as usize], expected);
                }
            }
        }

        #[test]
        fn layers_laid_together_look_as_laid_one_by_one(
            below: [u8; 4], above: [u8; 4], color: (u8, u8, u8), opacity: u8, place in (-4i32..12, -4i32..12),
        ) {
            let mask = Mask { left: place.0, top: place.1, width: 5, height: 3, coverage: (0..15).map(|n| n * 17).collect() };
            let color = Yuv::from(Color::rgb(color.0, color.1, color.2));
            let (first, last) = (block((2, 2), (9, 5), below), block((5, 3), (4, 8), above));
            let mut one_by_one = Picture::black(16, 16);
            first.draw(&mut one_by_one);
            blend(&mut one_by_one, (0, 0), &mask, color, opacity);
            last.draw(&mut one_by_one);
            let mut layer = Bitmap::empty(-4, -4, 20, 20);
            layer.draw_bitmap(&first);
            layer.draw_mask(&mask, color, opacity);
            layer.draw_bitmap(&last);
            let mut together = Picture::black(16, 16);
            layer.draw(&mut together);
            for (a, b) in one_by_one.bytes().iter().zip(together.bytes()) {
                prop_assert!(a.abs_diff(*b) <= 3, "{} {}", a, b);
            }
        }
    }
}
