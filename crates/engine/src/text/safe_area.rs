//! The part of a frame that is seen on every screen.

use rushes_core::spec::Output;

use super::{pixels, whole};

/// Distances from the edges as shares of the frame: sides, top, bottom.
///
/// Wide pictures keep to the title-safe area of SMPTE ST 2046-1 (90 % each way); at the
/// bottom players lay their controls. Upright ones are watched on phones, whose apps
/// write names above and buttons below.
const WIDE: (f32, f32, f32) = (0.05, 0.05, 0.06);
const UPRIGHT: (f32, f32, f32) = (0.05, 0.11, 0.19);

/// A rectangle of the frame that words never leave; its edges are even pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SafeArea {
    /// First column.
    pub left: f32,
    /// First row.
    pub top: f32,
    /// First column to the right.
    pub right: f32,
    /// First row below.
    pub bottom: f32,
}

impl SafeArea {
    /// The safe area of frames of that shape.
    #[must_use]
    pub fn new(output: &Output) -> Self {
        let (width, height) = (pixels(output.width), pixels(output.height));
        let (side, top, bottom) = if is_wide(output) { WIDE } else { UPRIGHT };
        let inwards = |edge: f32| (edge / 2.0).ceil() * 2.0;
        Self {
            left: inwards(width * side),
            top: inwards(height * top),
            right: width - inwards(width * side),
            bottom: height - inwards(height * bottom),
        }
    }

    /// Pixels across.
    #[must_use]
    pub fn width(&self) -> f32 {
        self.right - self.left
    }

    /// Left, top, right and bottom in whole pixels.
    #[must_use]
    pub fn edges(&self) -> (i32, i32, i32, i32) {
        (whole(self.left), whole(self.top), whole(self.right), whole(self.bottom))
    }
}

/// Whether frames are at least as wide as high.
pub fn is_wide(output: &Output) -> bool {
    output.width >= output.height
}
