//! Cards: large words in the middle of the frame.

use rushes_core::spec::{Card, Font, Outline, Output};
use rushes_core::units::Color;

use super::block::{Across, Layout, TextBlock, outline_radius};
use super::fit::{FittedText, Room, fit};
use super::heading::WHITE;
use super::placement::{Placement, TextFacts, rough_rows};
use super::safe_area::{SafeArea, is_wide};
use super::script::line_height;
use super::{Artwork, Typesetter, pixels};

const SUBTITLE: Color = Color::rgb(224, 228, 235);
/// Large letters need a thinner line around them than small ones.
const OUTLINE_SCALE: f64 = 0.6;
/// Large lines stand closer together than small ones, except in scripts that pile letters up.
const CLOSE_LINES: f32 = 1.3;
const PILED_LINES: f32 = 1.5;

/// Sets a title of up to three lines with a subtitle of up to two under it.
#[must_use]
pub fn set_card(card: &Card, placement: &Placement, output: &Output, typesetter: &mut Typesetter) -> Artwork {
    let area = SafeArea::new(output);
    let mut inks = Vec::new();
    for Part { text, layout, color } in parts(card, placement, output, typesetter) {
        let block = TextBlock::set(&text.lines, layout, typesetter).outlined(&outline(), text.size_px);
        inks.extend(block.kept_inside(&area).moved((0, placement.down_px)).artwork(|_| color).inks);
    }
    Artwork { inks }
}

/// What is known of a card before it is drawn.
pub fn card_facts(card: &Card, placement: &Placement, output: &Output, typesetter: &mut Typesetter) -> TextFacts {
    let area = SafeArea::new(output);
    let parts = parts(card, placement, output, typesetter);
    let rows = parts.iter().map(|Part { text, layout, .. }| {
        rough_rows(layout, text.lines.len(), pixels(outline_radius(&outline(), text.size_px)), &area)
    });
    TextFacts {
        rows: rows.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or_default(),
        is_cut: parts.iter().any(|part| part.text.is_cut),
    }
}

/// The title or the subtitle.
struct Part {
    text: FittedText,
    layout: Layout,
    color: Color,
}

fn parts(card: &Card, placement: &Placement, output: &Output, typesetter: &mut Typesetter) -> Vec<Part> {
    let width = pixels(output.width);
    let short = width.min(pixels(output.height));
    let shape_scale = if is_wide(output) { 1.0 } else { 0.92 };
    let room = |size: f32, share: f32, lines| Room {
        size_px: (short * size * shape_scale).round(),
        scale: placement.scale,
        width: width * share,
        lines: placement.most_lines.min(lines),
    };
    let title = fit(&card.title, Font::Sans, room(0.125, 0.82, 3), typesetter);
    let subtitle = card.subtitle.as_ref().map(|text| (text, fit(text, Font::Sans, room(0.052, 0.74, 2), typesetter)));
    let title_height = match line_height(&card.title) {
        piled if piled > PILED_LINES => piled,
        usual => usual.min(CLOSE_LINES),
    };
    // Clear of the title's descenders.
    let gap = short * 0.04 * placement.scale + title.size_px * 0.3;
    let below = subtitle.as_ref().map_or(0.0, |(text, fitted)| gap + block_height(fitted, line_height(text)));
    let all = block_height(&title, title_height) + below;
    let top = (pixels(output.height) - all) / 2.0;
    let mut parts = vec![Part { layout: layout(&title, title_height, top, output), text: title, color: WHITE }];
    parts.extend(subtitle.map(|(text, fitted)| Part {
        layout: layout(&fitted, line_height(text), top + all - below + gap, output),
        text: fitted,
        color: SUBTITLE,
    }));
    parts
}

fn outline() -> Outline {
    Outline { width_scale: OUTLINE_SCALE, ..Outline::default() }
}

/// Pixels from the top of the first line's capitals to the last baseline.
fn block_height(text: &FittedText, line_height: f32) -> f32 {
    text.size_px * 0.714 + text.further_lines(line_height)
}

fn layout(text: &FittedText, line_height: f32, top: f32, output: &Output) -> Layout {
    Layout {
        font: Font::Sans,
        size_px: text.size_px,
        line_height,
        baseline: top + text.size_px * 0.714,
        across: Across::Centered(pixels(output.width) / 2.0),
    }
}
