//! Headings: up to three centred lines near the top of the frame.

use rushes_core::spec::{Font, Outline, Output};
use rushes_core::units::Color;

use super::block::{Across, Layout, TextBlock};
use super::fit::{Room, fit};
use super::safe_area::{SafeArea, is_wide};
use super::script::line_height;
use super::{Artwork, Typesetter, pixels};

/// The colour of words that no style colours.
pub const WHITE: Color = Color::rgb(255, 255, 255);

/// Sets a heading. A long one is made smaller until it fits three lines, and cut
/// with an ellipsis where even half the size is too large.
#[must_use]
pub fn set_heading(text: &str, output: &Output, typesetter: &mut Typesetter) -> Artwork {
    let (width, height) = (pixels(output.width), pixels(output.height));
    let room = Room { size_px: (width.min(height) * 0.075).round(), width: width * 0.86, lines: 3 };
    let fitted = fit(text, Font::Sans, room, typesetter);
    let top = height * if is_wide(output) { 0.09 } else { 0.15 };
    let layout = Layout {
        font: Font::Sans,
        size_px: fitted.size_px,
        line_height: line_height(text),
        baseline: top + fitted.size_px,
        across: Across::Centered(width / 2.0),
    };
    let block = TextBlock::set(&fitted.lines, layout, typesetter).outlined(&Outline::default(), fitted.size_px);
    block.kept_inside(&SafeArea::new(output)).artwork(|_| WHITE)
}
