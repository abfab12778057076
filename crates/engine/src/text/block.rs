//! Lines of set words, and the artwork that they become.

use std::sync::Arc;

use rushes_core::spec::{Font, Outline, TextBox};
use rushes_core::units::Color;

use super::line::Line;
use super::safe_area::SafeArea;
use super::typesetter::WordShape;
use super::{Artwork, Ink, Typesetter, pixels, whole};
use crate::picture::{Bitmap, Mask};

/// How far letters reach above and below their baseline, as multiples of their size:
/// capitals with accents, and descenders. Taller shapes are seen in their ink.
pub const ASCENT: f32 = 0.8;
pub const DESCENT: f32 = 0.25;
/// How opaque an outline is.
const OUTLINE_OPACITY: u8 = 200;

/// How lines stand on the frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// The family.
    pub font: Font,
    /// Height of the letters.
    pub size_px: f32,
    /// Multiple of the size from one baseline to the next.
    pub line_height: f32,
    /// The first line's.
    pub baseline: f32,
    /// Where lines begin, or what they are centred on.
    pub across: Across,
}

/// Where lines stand across the frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Across {
    /// Around this column.
    Centered(f32),
    /// To the right of this column.
    From(f32),
}

/// Set words with what lies under them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextBlock {
    words: Vec<WordShape>,
    under: Vec<Ink>,
}

impl TextBlock {
    /// Sets lines, the words in order.
    pub fn set(lines: &[Line], layout: Layout, typesetter: &mut Typesetter) -> Self {
        let mut words = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let left = match layout.across {
                Across::Centered(middle) => middle - typesetter.width(line, layout.font, layout.size_px) / 2.0,
                Across::From(left) => left,
            };
            let baseline = layout.baseline + layout.size_px * layout.line_height * pixels(index);
            words.extend(typesetter.words(line, layout.font, layout.size_px, left.round(), baseline.round()));
        }
        Self { words, under: Vec::new() }
    }

    /// Adds a line around the letters.
    #[must_use]
    pub fn outlined(mut self, outline: &Outline, size_px: f32) -> Self {
        let mask = Mask::union(&self.masks()).grown(outline_radius(outline, size_px));
        let opacity = OUTLINE_OPACITY;
        self.under.push(Ink::Flat { mask: Arc::new(mask), color: outline.color, opacity });
        self
    }

    /// Adds a rectangle behind everything, larger than the letters by `padding` (beside, and
    /// above and below) and at least as high as `rows`.
    #[must_use]
    pub fn boxed(mut self, text_box: &TextBox, padding: (f32, f32), rows: (f32, f32)) -> Self {
        let (left, top, right, bottom) = self.artwork(|_| text_box.color).edges();
        let (top, bottom) = (pixel_min(top, rows.0), -pixel_min(-bottom, -rows.1));
        let (beside, above) = (whole(padding.0), whole(padding.1));
        let span = |from: i32, to: i32| usize::try_from(to - from).unwrap_or(0);
        let (width, height) = (span(left - beside, right + beside), span(top - above, bottom + above));
        let radius = usize::try_from(above).unwrap_or(0) * 3 / 4;
        let mask = Mask::rounded_rectangle(left - beside, top - above, width, height, radius);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
        let opacity = (text_box.opacity.clamp(0.0, 1.0) * 255.0).round() as u8;
        self.under.insert(0, Ink::Flat { mask: Arc::new(mask), color: text_box.color, opacity });
        self
    }

    /// What is drawn when each word has the colour that `color_of` gives it by its index.
    pub fn artwork(&self, color_of: impl Fn(usize) -> Color) -> Artwork {
        let mut inks = self.under.clone();
        for (index, word) in self.words.iter().enumerate() {
            if word.mask.width > 0 {
                inks.push(Ink::Flat { mask: Arc::clone(&word.mask), color: color_of(index), opacity: 255 });
            }
            inks.extend(word.bitmaps.iter().map(|bitmap| Ink::Bitmap(Arc::clone(bitmap))));
        }
        Artwork { inks }
    }

    /// Moves everything by whole pixels where it sticks out of the safe area, and cuts
    /// what is larger than that.
    #[must_use]
    pub fn kept_inside(self, area: &SafeArea) -> Self {
        let (left, top, right, bottom) = self.artwork(|_| Color::rgb(0, 0, 0)).edges();
        let (area_left, area_top, area_right, area_bottom) = area.edges();
        if left >= area_left && top >= area_top && right <= area_right && bottom <= area_bottom {
            return self;
        }
        // Even steps, so that chroma samples of bitmaps stay where the frame has its own.
        let step = |low: i32, high: i32, from: i32, to: i32| {
            let step = if from < low { low - from } else { (high - to).min(0).max(low - from) };
            step + step.rem_euclid(2) * step.signum()
        };
        let moved = (step(area_left, area_right, left, right), step(area_top, area_bottom, top, bottom));
        self.moved(moved).clipped(area.edges())
    }

    /// The same so many pixels further to the right and down.
    #[must_use]
    pub fn moved(self, by: (i32, i32)) -> Self {
        if by == (0, 0) { self } else { self.changed(|mask| mask.moved(by), |ink| ink.moved(by)) }
    }

    fn clipped(self, edges: (i32, i32, i32, i32)) -> Self {
        let (left, top, right, bottom) = edges;
        self.changed(|mask| mask.clipped(left, top, right, bottom), |ink| ink.clipped(edges))
    }

    fn changed(self, mask: impl Fn(&Mask) -> Mask, ink: impl Fn(&Ink) -> Ink) -> Self {
        let bitmap = |bitmap: &Arc<Bitmap>| match ink(&Ink::Bitmap(Arc::clone(bitmap))) {
            Ink::Bitmap(bitmap) => Some(bitmap),
            Ink::Flat { .. } => None,
        };
        let word = |word: &WordShape| WordShape {
            mask: Arc::new(mask(&word.mask)),
            bitmaps: word.bitmaps.iter().filter_map(bitmap).collect(),
        };
        Self { words: self.words.iter().map(word).collect(), under: self.under.iter().map(&ink).collect() }
    }

    fn masks(&self) -> Vec<Mask> {
        let bitmaps = self.words.iter().flat_map(|word| &word.bitmaps).map(|bitmap| bitmap.mask());
        self.words.iter().map(|word| Mask::clone(&word.mask)).chain(bitmaps).collect()
    }
}

/// Width of an outline around letters of that size, in whole pixels.
pub fn outline_radius(outline: &Outline, size_px: f32) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "tens of pixels")]
    let radius = (f64::from(size_px) / 16.0 * outline.width_scale).round().max(1.0) as usize;
    radius
}

fn pixel_min(edge: i32, other: f32) -> i32 {
    edge.min(whole(other))
}
