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
use super::marks::MarkedText;
use super::script::Writing;
use crate::picture::{Bitmap, Mask};

/// Sets lines of text. Making one reads the fonts; keep it.
pub struct Typesetter {
    fonts: FontSystem,
    images: SwashCache,
    widths: HashMap<WidthKey, f32>,
    /// Whether the fonts have what a reader sees as a character.
    letters: HashMap<String, bool>,
}

/// The size at which letters are looked for; any would do.
const PROBE_PX: f32 = 16.0;

/// Word, font, size (its bits), writing.
type WidthKey = (String, Font, u32, bool);

/// A shaped line, its baseline's left end at the origin.
#[derive(Clone, Debug)]
struct ShapedLine {
    glyphs: Vec<LayoutGlyph>,
    /// Pixels across.
    width: f32,
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
        Self { fonts, images: SwashCache::new(), widths: HashMap::new(), letters: HashMap::new() }
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

    /// Whether the fonts have a character, as a reader sees it, in whatever writing.
    pub fn has_letter(&mut self, character: &str, font: Font) -> bool {
        if character.chars().all(|character| character.is_ascii() || character.is_control()) {
            return true;
        }
        if let Some(known) = self.letters.get(character) {
            return *known;
        }
        let alone = Line::new(&[Word { text: character.to_owned(), is_joined: false }], Writing::of(character));
        let has = self.shape(&alone, font, PROBE_PX).glyphs.iter().all(|glyph| glyph.glyph_id != 0);
        self.letters.insert(character.to_owned(), has);
        has
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
        let marked = MarkedText::new(line, font);
        let plain = attributes(fonts::family(font));
        let spans = marked.parts.iter().map(|(range, family)| (&marked.text[range.clone()], attributes(family)));
        let mut buffer = Buffer::new(&mut self.fonts, Metrics::new(size_px, size_px));
        buffer.set_wrap(Wrap::None);
        buffer.set_size(None, None);
        buffer.set_rich_text(spans, &plain, Shaping::Advanced, None);
        buffer.shape_until_scroll(&mut self.fonts, false);
        let runs: Vec<_> = buffer.layout_runs().collect();
        let glyphs = runs.iter().flat_map(|run| run.glyphs.iter()).filter_map(|glyph| marked.unmarked(glyph));
        ShapedLine { glyphs: glyphs.collect(), width: runs.iter().map(|run| run.line_w).fold(0.0, f32::max) }
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

#[cfg(test)]
mod tests;
