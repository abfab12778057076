//! Cards: large words in the middle of the frame.

use rushes_core::spec::{Card, Font, Outline, Output};
use rushes_core::units::Color;

use super::block::{Across, Layout, TextBlock};
use super::fit::{FittedText, Room, fit};
use super::heading::WHITE;
use super::safe_area::{SafeArea, is_wide};
use super::script::line_height;
use super::{Artwork, Typesetter, pixels};

const SUBTITLE: Color = Color::rgb(224, 228, 235);
/// Large letters need a thinner line around them than small ones.
const OUTLINE_SCALE: f64 = 0.6;

/// Sets a title of up to three lines with a subtitle of up to two under it.
#[must_use]
pub fn set_card(card: &Card, output: &Output, typesetter: &mut Typesetter) -> Artwork {
    let width = pixels(output.width);
    let short = width.min(pixels(output.height));
    let scale = if is_wide(output) { 1.0 } else { 0.92 };
    let room =
        |size: f32, share: f32, lines| Room { size_px: (short * size * scale).round(), width: width * share, lines };
    let title = fit(&card.title, Font::Sans, room(0.125, 0.82, 3), typesetter);
    let subtitle = card.subtitle.as_ref().map(|text| (text, fit(text, Font::Sans, room(0.052, 0.74, 2), typesetter)));
    let title_height = line_height(&card.title).min(1.3);
    // Clear of the title's descenders.
    let gap = short * 0.04 + title.size_px * 0.3;
    let below = subtitle.as_ref().map_or(0.0, |(text, fitted)| gap + block_height(fitted, line_height(text)));
    let all = block_height(&title, title_height) + below;
    let top = (pixels(output.height) - all) / 2.0;
    let first = set(&title, title_height, top, output, typesetter);
    let mut inks = first.artwork(|_| WHITE).inks;
    if let Some((text, fitted)) = &subtitle {
        let second = set(fitted, line_height(text), top + all - below + gap, output, typesetter);
        inks.extend(second.artwork(|_| SUBTITLE).inks);
    }
    Artwork { inks }
}

/// Pixels from the top of the first line's capitals to the last baseline.
fn block_height(text: &FittedText, line_height: f32) -> f32 {
    text.size_px * 0.714 + text.further_lines(line_height)
}

fn set(text: &FittedText, line_height: f32, top: f32, output: &Output, typesetter: &mut Typesetter) -> TextBlock {
    let layout = Layout {
        font: Font::Sans,
        size_px: text.size_px,
        line_height,
        baseline: top + text.size_px * 0.714,
        across: Across::Centered(pixels(output.width) / 2.0),
    };
    let outline = Outline { width_scale: OUTLINE_SCALE, ..Outline::default() };
    TextBlock::set(&text.lines, layout, typesetter).outlined(&outline, text.size_px).kept_inside(&SafeArea::new(output))
}
