//! Lower thirds: a name and what to know about it, low on the left, on a plate with a
//! coloured bar.

use std::sync::Arc;

use rushes_core::spec::{Font, Output};
use rushes_core::units::Color;

use super::block::{Across, Layout, TextBlock};
use super::captions::bottom_captions_top;
use super::fit::{FittedText, Room, fit};
use super::heading::WHITE;
use super::placement::{Placement, TextFacts};
use super::safe_area::{SafeArea, is_wide};
use super::script::line_height;
use super::{Artwork, Ink, Typesetter, pixels, whole};
use crate::picture::Mask;

const PLATE: Color = Color::rgb(12, 14, 20);
const PLATE_OPACITY: u8 = 190;
const SUBTITLE: Color = Color::rgb(205, 210, 220);
/// Height of capitals as a multiple of the letter size.
const CAPITALS: f32 = 0.714;
/// The share of its usual size that the subtitle, which is small, keeps.
const LEAST_SUBTITLE_SCALE: f32 = 0.7;
/// Room between the plate and captions, as a multiple of the title's letter size.
const ABOVE_CAPTIONS: f32 = 0.25;

/// The words and the colour of a lower third.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePlate {
    /// The name.
    pub title: String,
    /// The smaller line under it.
    pub subtitle: Option<String>,
    /// Colour of its bar.
    pub color: Color,
}

/// Sets a lower third. It ends above the rows in which usual captions stand.
#[must_use]
pub fn set_lower_third(
    name_plate: &NamePlate,
    placement: &Placement,
    output: &Output,
    typesetter: &mut Typesetter,
) -> Artwork {
    let measures = Measures::new(placement, output);
    let parts = parts(name_plate, &measures, placement, typesetter);
    let Measures { area, bar, padding, plate_limit, .. } = measures;
    let (top, bottom) = measures.rows(&parts);
    let left = area.left;
    let mut words = Vec::new();
    let mut row = top + padding;
    for part in &parts {
        words.extend(part.set(left + bar + padding, row, typesetter).artwork(|_| part.color).inks);
        row += part.height() + measures.gap();
    }
    let widest = parts.iter().map(|part| part.width(typesetter)).fold(0.0, f32::max);
    let width = (bar + 2.0 * padding + widest).ceil().min(plate_limit);
    let plate = rectangle((left, top), (width, bottom - top), PLATE, PLATE_OPACITY);
    let bar = rectangle((left, top), (bar, bottom - top), name_plate.color, 255);
    Artwork { inks: [vec![plate, bar], words].concat() }.moved((0, placement.down_px))
}

/// What is known of a lower third before it is drawn.
pub fn lower_third_facts(
    name_plate: &NamePlate,
    placement: &Placement,
    output: &Output,
    typesetter: &mut Typesetter,
) -> TextFacts {
    let measures = Measures::new(placement, output);
    let parts = parts(name_plate, &measures, placement, typesetter);
    let (top, bottom) = measures.rows(&parts);
    // Letters that reach further than Latin ones do may leave the plate.
    let further = measures.unit / 2.0;
    TextFacts {
        rows: (whole(top - further), whole(bottom + further)),
        is_cut: parts.iter().any(|part| part.text.is_cut),
    }
}

/// Sizes on a frame, in pixels.
struct Measures {
    area: SafeArea,
    /// The usual height of the title's letters.
    usual_unit: f32,
    /// Its height where it is made smaller.
    unit: f32,
    /// The coloured bar's width.
    bar: f32,
    /// From the edges of the plate to the words.
    padding: f32,
    /// The widest that the plate may be.
    plate_limit: f32,
    /// The first row below the plate.
    bottom: f32,
}

impl Measures {
    fn new(placement: &Placement, output: &Output) -> Self {
        let area = SafeArea::new(output);
        let short = pixels(output.width).min(pixels(output.height));
        let usual_unit = short * if is_wide(output) { 0.05 } else { 0.058 };
        let unit = usual_unit * placement.scale;
        let bottom = (bottom_captions_top(output) - usual_unit * ABOVE_CAPTIONS).floor();
        let (bar, padding) = ((unit * 0.18).round().max(2.0), (unit * 0.5).round());
        let plate_limit = if is_wide(output) { area.width() * 0.6 } else { area.width() };
        Self { area, usual_unit, unit, bar, padding, plate_limit, bottom }
    }

    /// Between the title and the subtitle.
    fn gap(&self) -> f32 {
        self.unit * 0.42
    }

    /// The first row of the plate, and the first below it.
    fn rows(&self, parts: &[Part]) -> (f32, f32) {
        let inner = parts.iter().map(Part::height).sum::<f32>() + self.gap() * pixels(parts.len() - 1);
        ((self.bottom - inner - 2.0 * self.padding).floor().max(self.area.top), self.bottom)
    }
}

fn parts(plate: &NamePlate, measures: &Measures, placement: &Placement, typesetter: &mut Typesetter) -> Vec<Part> {
    let room = |size_px: f32, least_scale: f32| Room {
        size_px: size_px.round(),
        scale: placement.scale.max(least_scale),
        width: measures.plate_limit - measures.bar - 2.0 * measures.padding,
        lines: placement.most_lines.min(2),
    };
    let mut parts = vec![Part::new(&plate.title, WHITE, room(measures.usual_unit, 0.0), typesetter)];
    let subtitle = plate.subtitle.as_ref();
    parts.extend(
        subtitle
            .map(|text| Part::new(text, SUBTITLE, room(measures.usual_unit * 0.68, LEAST_SUBTITLE_SCALE), typesetter)),
    );
    parts
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
