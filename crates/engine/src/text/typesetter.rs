//! One line of text: shaped, measured, turned into shapes.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use cosmic_text::{
    Attrs, Buffer, Family, FontSystem, LayoutGlyph, Metrics, Shaping, SwashCache, SwashContent, Weight, Wrap,
};
use rushes_core::spec::Font;

use super::fonts;
use super::line::{Line, Word};
use super::script::{Writing, families};
use crate::picture::{Bitmap, Mask};

/// Invisible characters that set the direction of what follows (Unicode Standard Annex 9, §2.6).
const RIGHT_TO_LEFT_MARK: char = '\u{200f}';
const LEFT_TO_RIGHT_MARK: char = '\u{200e}';

/// Sets lines of text. Making one reads the fonts; keep it.
pub struct Typesetter {
    fonts: FontSystem,
    images: SwashCache,
    widths: HashMap<WidthKey, f32>,
}

/// Word, font, size (its bits), writing.
type WidthKey = (String, Font, u32, bool);

/// A shaped line, its baseline's left end at the origin.
#[derive(Clone, Debug)]
struct ShapedLine {
    glyphs: Vec<LayoutGlyph>,
    /// Pixels across.
    width: f32,
    /// Bytes before the line's own text.
    prefix: usize,
}

/// What a word looks like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WordShape {
    /// The part that takes the text's colour.
    pub mask: Arc<Mask>,
    /// The parts with colours of their own.
    pub bitmaps: Vec<Arc<Bitmap>>,
}

impl Default for Typesetter {
    fn default() -> Self {
        Self::new()
    }
}

impl Typesetter {
    /// Reads the shipped fonts.
    #[must_use]
    pub fn new() -> Self {
        let fonts =
            FontSystem::new_with_locale_and_db_and_fallback("en-US".to_owned(), fonts::database(), fonts::ShippedFonts);
        Self { fonts, images: SwashCache::new(), widths: HashMap::new() }
    }

    /// Pixels that a line takes with letters of `size_px`.
    pub fn width(&mut self, line: &Line, font: Font, size_px: f32) -> f32 {
        self.shape(line, font, size_px).width
    }

    /// Pixels that a word takes on its own.
    pub fn word_width(&mut self, word: &str, font: Font, size_px: f32, writing: Writing) -> f32 {
        let key = (word.to_owned(), font, size_px.to_bits(), writing.is_right_to_left);
        if let Some(width) = self.widths.get(&key) {
            return *width;
        }
        let alone = Line::new(&[Word { text: word.to_owned(), is_joined: false }], writing);
        let width = self.width(&alone, font, size_px);
        self.widths.insert(key, width);
        width
    }

    /// Pixels between two words.
    pub fn space(&mut self, font: Font, size_px: f32) -> f32 {
        let mut width = |text| self.word_width(text, font, size_px, Writing::default());
        width("n n") - width("nn")
    }

    /// The shapes of a line's words, with the left end of the baseline at `(left, baseline)`.
    pub fn words(&mut self, line: &Line, font: Font, size_px: f32, left: f32, baseline: f32) -> Vec<WordShape> {
        let shaped = self.shape(line, font, size_px);
        line.words.iter().map(|word| self.word(&shaped, word, left, baseline)).collect()
    }

    fn word(&mut self, line: &ShapedLine, word: &Range<usize>, left: f32, baseline: f32) -> WordShape {
        let mut masks = Vec::new();
        let mut bitmaps = Vec::new();
        let word = word.start + line.prefix..word.end + line.prefix;
        for glyph in line.glyphs.iter().filter(|glyph| word.contains(&glyph.start)) {
            match self.glyph(glyph, left, baseline) {
                Some(GlyphShape::Mask(mask)) => masks.push(mask),
                Some(GlyphShape::Bitmap(bitmap)) => bitmaps.push(Arc::new(bitmap)),
                None => {}
            }
        }
        WordShape { mask: Arc::new(Mask::union(&masks)), bitmaps }
    }

    fn shape(&mut self, line: &Line, font: Font, size_px: f32) -> ShapedLine {
        let mut text = String::with_capacity(line.text.len() + 3);
        text.extend(direction_mark(line));
        let prefix = text.len();
        text.push_str(&line.text);
        let parts = families(&text, font, line.writing);
        let plain = attributes(fonts::family(font));
        let spans = parts.iter().map(|(range, family)| (&text[range.clone()], attributes(family)));
        let mut buffer = Buffer::new(&mut self.fonts, Metrics::new(size_px, size_px));
        buffer.set_wrap(Wrap::None);
        buffer.set_size(None, None);
        buffer.set_rich_text(spans, &plain, Shaping::Advanced, None);
        buffer.shape_until_scroll(&mut self.fonts, false);
        let runs: Vec<_> = buffer.layout_runs().collect();
        ShapedLine {
            glyphs: runs.iter().flat_map(|run| run.glyphs.iter().cloned()).collect(),
            width: runs.iter().map(|run| run.line_w).fold(0.0, f32::max),
            prefix,
        }
    }

    fn glyph(&mut self, glyph: &LayoutGlyph, left: f32, baseline: f32) -> Option<GlyphShape> {
        let physical = glyph.physical((left, baseline), 1.0);
        let image = self.images.get_image(&mut self.fonts, physical.cache_key).as_ref()?;
        let (left, top) = (physical.x + image.placement.left, physical.y - image.placement.top);
        let (width, height) = (image.placement.width as usize, image.placement.height as usize);
        match image.content {
            SwashContent::Mask => {
                Some(GlyphShape::Mask(Mask { left, top, width, height, coverage: image.data.clone() }))
            }
            SwashContent::Color | SwashContent::SubpixelMask => {
                Bitmap::from_rgba((left, top), (width, height), &image.data, false, 255).map(GlyphShape::Bitmap)
            }
        }
    }
}

enum GlyphShape {
    Mask(Mask),
    Bitmap(Bitmap),
}

fn attributes(family: &str) -> Attrs<'_> {
    // The emoji come in one weight; the rest ships in bold.
    let weight = if family == fonts::EMOJI { Weight::NORMAL } else { Weight::BOLD };
    Attrs::new().family(Family::Name(family)).weight(weight)
}

/// What makes a line run in the direction of the text around it. Lines that run from left
/// to right throughout need nothing.
fn direction_mark(line: &Line) -> Option<char> {
    if line.writing.is_right_to_left {
        Some(RIGHT_TO_LEFT_MARK)
    } else if Writing::has_right_to_left(&line.text) {
        Some(LEFT_TO_RIGHT_MARK)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn line(text: &str) -> Line {
        Line::new(&Word::all(text), Writing::of(text))
    }

    #[test]
    fn every_script_that_ships_has_its_letters() {
        let mut typesetter = Typesetter::new();
        let words = [
            "Grüße",
            "Привет",
            "Γειά",
            "مرحبا",
            "שלום",
            "नमस्ते",
            "你好",
            "歡迎",
            "こんにちは",
            "カタカナ",
            "안녕하세요",
            "👩‍👩‍👧",
        ];
        for font in [Font::Sans, Font::Serif, Font::Mono] {
            for text in words {
                let line = line(text);
                let shaped = typesetter.shape(&line, font, 50.0);
                assert!(shaped.glyphs.iter().all(|glyph| glyph.glyph_id != 0), "{text} has a missing letter");
                let shapes = typesetter.words(&line, font, 50.0, 0.0, 50.0);
                let is_drawn = shapes.iter().all(|shape| {
                    !shape.bitmaps.is_empty() || shape.mask.coverage.iter().any(|coverage| *coverage > 200)
                });
                assert!(is_drawn, "{text} is not drawn");
            }
        }
    }

    #[test]
    fn arabic_letters_take_the_form_of_their_place() {
        let mut typesetter = Typesetter::new();
        let shaped = typesetter.shape(&line("ععع"), Font::Sans, 50.0);
        let forms: HashSet<u16> =
            shaped.glyphs.iter().filter(|glyph| glyph.start >= shaped.prefix).map(|glyph| glyph.glyph_id).collect();
        assert_eq!(forms.len(), 3, "first, middle and last differ");
    }

    #[test]
    fn words_from_the_right_stand_in_their_order() {
        let mut typesetter = Typesetter::new();
        let lefts = |text: &str, typesetter: &mut Typesetter| -> Vec<i32> {
            typesetter.words(&line(text), Font::Sans, 50.0, 0.0, 50.0).iter().map(|word| word.mask.left).collect()
        };
        let hebrew = lefts("שלום לכל העולם", &mut typesetter);
        assert!(hebrew.is_sorted_by(|a, b| a > b), "{hebrew:?}");
        // A foreign name keeps its own order inside, and its place in the sentence.
        let mixed = lefts("אני אוהב New York מאוד", &mut typesetter);
        assert!(mixed[0] > mixed[1] && mixed[1] > mixed[3] && mixed[3] > mixed[2] && mixed[2] > mixed[4], "{mixed:?}");
    }

    #[test]
    fn what_ends_a_sentence_from_the_right_stands_at_its_left() {
        let mut typesetter = Typesetter::new();
        for text in ["שלום מאוד.", "شكرا جزيلا!", "(שלום)", "אמר: „שלום”."] {
            let shaped = typesetter.shape(&line(text), Font::Sans, 50.0);
            let leftmost = shaped.glyphs.iter().min_by(|a, b| a.x.total_cmp(&b.x)).unwrap();
            let last = text.char_indices().next_back().unwrap().0;
            assert_eq!(leftmost.start - shaped.prefix, last, "{text}");
            assert!(shaped.glyphs.iter().all(|glyph| glyph.glyph_id != 0), "{text}");
        }
    }

    #[test]
    fn an_emoji_of_several_people_flags_and_skin_tones_are_one_picture_each() {
        let mut typesetter = Typesetter::new();
        for text in ["👩‍👩‍👧", "👩🏽‍🚀", "🇩🇪", "👍🏽", "🏳️‍🌈", "1️⃣", "❤️"]
        {
            let shapes = typesetter.words(&line(text), Font::Sans, 60.0, 0.0, 60.0);
            assert_eq!(shapes[0].bitmaps.len(), 1, "{text}");
        }
    }

    #[test]
    fn the_same_character_takes_each_country_s_form() {
        let mut typesetter = Typesetter::new();
        let forms: HashSet<u16> = ["直很", "直這", "直の", "直은"]
            .map(|text| typesetter.shape(&line(text), Font::Sans, 50.0).glyphs[0].glyph_id)
            .into();
        assert!(forms.len() >= 2, "{forms:?}");
    }
}
