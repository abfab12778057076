//! Lower thirds: a name and what to know about it, low on the left, on a plate with a
//! coloured bar.

use std::sync::Arc;

use rushes_core::spec::{Font, Output};
use rushes_core::units::Color;

use super::block::{Across, Layout, TextBlock};
use super::captions::bottom_captions_top;
use super::fit::{FittedText, Room, fit};
use super::heading::WHITE;
use super::safe_area::{SafeArea, is_wide};
use super::script::line_height;
use super::{Artwork, Ink, Typesetter, pixels, whole};
use crate::picture::Mask;

const PLATE: Color = Color::rgb(12, 14, 20);
const PLATE_OPACITY: u8 = 190;
const SUBTITLE: Color = Color::rgb(205, 210, 220);
/// Height of capitals as a multiple of the letter size.
const CAPITALS: f32 = 0.714;
/// Room between the plate and captions, as a multiple of the title's letter size.
const ABOVE_CAPTIONS: f32 = 0.25;

/// Sets a lower third. It ends above the rows in which usual captions stand.
#[must_use]
pub fn set_lower_third(
    title: &str,
    subtitle: Option<&str>,
    color: Color,
    output: &Output,
    typesetter: &mut Typesetter,
) -> Artwork {
    let area = SafeArea::new(output);
    let short = pixels(output.width).min(pixels(output.height));
    let unit = short * if is_wide(output) { 0.05 } else { 0.058 };
    let (bar, padding) = ((unit * 0.18).round().max(2.0), (unit * 0.5).round());
    let plate_limit = if is_wide(output) { area.width() * 0.6 } else { area.width() };
    let limit = plate_limit - bar - 2.0 * padding;
    let room = |size_px: f32| Room { size_px: size_px.round(), width: limit, lines: 2 };
    let mut texts = vec![Part::new(title, WHITE, room(unit), typesetter)];
    texts.extend(subtitle.map(|text| Part::new(text, SUBTITLE, room(unit * 0.68), typesetter)));
    let gap = unit * 0.42;
    let inner = texts.iter().map(Part::height).sum::<f32>() + gap * pixels(texts.len() - 1);
    let bottom = (bottom_captions_top(output) - unit * ABOVE_CAPTIONS).floor();
    let top = (bottom - inner - 2.0 * padding).floor().max(area.top);
    let left = area.left;
    let mut words = Vec::new();
    let mut row = top + padding;
    for part in &texts {
        words.extend(part.set(left + bar + padding, row, typesetter).artwork(|_| part.color).inks);
        row += part.height() + gap;
    }
    let widest = texts.iter().map(|part| part.width(typesetter)).fold(0.0, f32::max);
    let width = (bar + 2.0 * padding + widest).ceil().min(plate_limit);
    let plate = rectangle((left, top), (width, bottom - top), PLATE, PLATE_OPACITY);
    let bar = rectangle((left, top), (bar, bottom - top), color, 255);
    Artwork { inks: [vec![plate, bar], words].concat() }
}

/// One of the texts.
struct Part {
    text: FittedText,
    line_height: f32,
    color: Color,
}

impl Part {
    fn new(text: &str, color: Color, room: Room, typesetter: &mut Typesetter) -> Self {
        Self { text: fit(text, Font::Sans, room, typesetter), line_height: line_height(text), color }
    }

    /// Pixels from the top of the first line's capitals to the last baseline.
    fn height(&self) -> f32 {
        self.text.size_px * CAPITALS + self.text.further_lines(self.line_height)
    }

    fn width(&self, typesetter: &mut Typesetter) -> f32 {
        let widths = self.text.lines.iter().map(|line| typesetter.width(line, Font::Sans, self.text.size_px));
        widths.fold(0.0, f32::max)
    }

    fn set(&self, left: f32, top: f32, typesetter: &mut Typesetter) -> TextBlock {
        let layout = Layout {
            font: Font::Sans,
            size_px: self.text.size_px,
            line_height: self.line_height,
            baseline: top + self.text.size_px * CAPITALS,
            across: Across::From(left),
        };
        TextBlock::set(&self.text.lines, layout, typesetter)
    }
}

fn rectangle((left, top): (f32, f32), (width, height): (f32, f32), color: Color, opacity: u8) -> Ink {
    let size = |length: f32| usize::try_from(whole(length)).unwrap_or(0);
    let mask = Mask::rounded_rectangle(whole(left), whole(top), size(width), size(height), 0);
    Ink::Flat { mask: Arc::new(mask), color, opacity }
}
