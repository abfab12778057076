//! Headings: up to three centred lines near the top of the frame.

use rushes_core::spec::{Font, Outline, Output};
use rushes_core::units::Color;

use super::block::{Across, Layout, TextBlock, outline_radius};
use super::fit::{FittedText, Room, fit};
use super::placement::{Placement, TextFacts, rough_rows};
use super::safe_area::{SafeArea, is_wide};
use super::script::line_height;
use super::{Artwork, Typesetter, pixels};

/// The colour of words that no style colours.
pub const WHITE: Color = Color::rgb(255, 255, 255);

/// Sets a heading. A long one is made smaller until it fits three lines, and cut
/// with an ellipsis where even half the size is too large.
#[must_use]
pub fn set_heading(text: &str, placement: &Placement, output: &Output, typesetter: &mut Typesetter) -> Artwork {
    let fitted = fitted(text, placement, output, typesetter);
    let layout = layout(text, &fitted, output);
    let block = TextBlock::set(&fitted.lines, layout, typesetter).outlined(&Outline::default(), fitted.size_px);
    block.kept_inside(&SafeArea::new(output)).moved((0, placement.down_px)).artwork(|_| WHITE)
}

/// What is known of a heading before it is drawn.
pub fn heading_facts(text: &str, placement: &Placement, output: &Output, typesetter: &mut Typesetter) -> TextFacts {
    let fitted = fitted(text, placement, output, typesetter);
    let around = pixels(outline_radius(&Outline::default(), fitted.size_px));
    let layout = layout(text, &fitted, output);
    let rows = rough_rows(&layout, fitted.lines.len(), around, &SafeArea::new(output));
    TextFacts { rows, is_cut: fitted.is_cut }
}

fn fitted(text: &str, placement: &Placement, output: &Output, typesetter: &mut Typesetter) -> FittedText {
    let (width, height) = (pixels(output.width), pixels(output.height));
    let room = Room {
        size_px: (width.min(height) * 0.075).round(),
        scale: placement.scale,
        width: width * 0.86,
        lines: placement.most_lines.min(3),
    };
    fit(text, Font::Sans, room, typesetter)
}

fn layout(text: &str, fitted: &FittedText, output: &Output) -> Layout {
    let (width, height) = (pixels(output.width), pixels(output.height));
    let top = height * if is_wide(output) { 0.09 } else { 0.15 };
    Layout {
        font: Font::Sans,
        size_px: fitted.size_px,
        line_height: line_height(text),
        baseline: top + fitted.size_px,
        across: Across::Centered(width / 2.0),
    }
}
