//! What set text draws.

use std::sync::Arc;

use rushes_core::units::Color;

use crate::picture::{Bitmap, Mask, Picture, Yuv, blend};

/// One thing to draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ink {
    /// A shape in one colour.
    Flat {
        /// The shape.
        mask: Arc<Mask>,
        /// Its colour.
        color: Color,
        /// At most 0–255.
        opacity: u8,
    },
    /// A shape in colours of its own, such as an emoji.
    Bitmap(Arc<Bitmap>),
}

/// Everything that set text draws, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Artwork {
    /// The lowest first.
    pub inks: Vec<Ink>,
}

impl Artwork {
    /// Draws it over `picture`.
    pub fn draw(&self, picture: &mut Picture) {
        for ink in &self.inks {
            match ink {
                Ink::Flat { mask, color, opacity } => blend(picture, (0, 0), mask, Yuv::from(*color), *opacity),
                Ink::Bitmap(bitmap) => bitmap.draw(picture),
            }
        }
    }

    /// All of it, so many pixels further to the right and down; even numbers keep colours on the frame's grid.
    #[must_use]
    pub fn moved(self, by: (i32, i32)) -> Self {
        if by == (0, 0) { self } else { Self { inks: self.inks.iter().map(|ink| ink.moved(by)).collect() } }
    }

    /// All of it in one layer. Drawing that costs less than drawing each part, so it
    /// pays when the same words are drawn over many pictures. The colours differ
    /// from those of [`Self::draw`] by roundings.
    #[must_use]
    pub fn flattened(&self) -> Self {
        if self.inks.len() < 2 {
            return self.clone();
        }
        let (left, top, right, bottom) = self.edges();
        let mut layer = Bitmap::empty(left, top, right, bottom);
        for ink in &self.inks {
            match ink {
                Ink::Flat { mask, color, opacity } => layer.draw_mask(mask, Yuv::from(*color), *opacity),
                Ink::Bitmap(bitmap) => layer.draw_bitmap(bitmap),
            }
        }
        Self { inks: vec![Ink::Bitmap(Arc::new(layer))] }
    }

    /// Left, top, right and bottom edge of everything; all zero where there is nothing.
    pub(crate) fn edges(&self) -> (i32, i32, i32, i32) {
        let edges = self.inks.iter().map(Ink::edges).filter(|(left, top, right, bottom)| left < right && top < bottom);
        edges.reduce(|a, b| (a.0.min(b.0), a.1.min(b.1), a.2.max(b.2), a.3.max(b.3))).unwrap_or_default()
    }
}

impl Ink {
    /// The same so many pixels further to the right and down.
    pub(super) fn moved(&self, by: (i32, i32)) -> Self {
        match self {
            Self::Flat { mask, color, opacity } => {
                Self::Flat { mask: Arc::new(mask.moved(by)), color: *color, opacity: *opacity }
            }
            Self::Bitmap(bitmap) => Self::Bitmap(Arc::new(bitmap.moved(by))),
        }
    }

    /// What of it lies in a rectangle.
    pub(super) fn clipped(&self, (left, top, right, bottom): (i32, i32, i32, i32)) -> Self {
        match self {
            Self::Flat { mask, color, opacity } => {
                let mask = mask.clipped(left, top, right, bottom);
                Self::Flat { mask: Arc::new(mask), color: *color, opacity: *opacity }
            }
            Self::Bitmap(bitmap) => Self::Bitmap(Arc::new(bitmap.clipped(left, top, right, bottom))),
        }
    }

    fn edges(&self) -> (i32, i32, i32, i32) {
        match self {
            Self::Flat { mask, .. } => (mask.left, mask.top, mask.right(), mask.bottom()),
            Self::Bitmap(bitmap) => (bitmap.left(), bitmap.top(), bitmap.right(), bitmap.bottom()),
        }
    }
}
