//! One line of text: shaped, measured, turned into masks.

use std::collections::HashMap;
use std::ops::Range;

use cosmic_text::{
    Attrs, Buffer, Family, FontSystem, LayoutGlyph, Metrics, Shaping, SwashCache, SwashContent, Weight, Wrap,
};

use super::fonts;
use crate::picture::Mask;

/// Sets lines of text. Making one reads the fonts; keep it.
pub struct Typesetter {
    fonts: FontSystem,
    images: SwashCache,
    widths: HashMap<(String, u32), f32>,
}

/// A shaped line, its baseline's left end at the origin.
#[derive(Clone, Debug)]
pub struct SetLine {
    glyphs: Vec<LayoutGlyph>,
    /// Pixels across.
    pub width: f32,
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
        let fonts = FontSystem::new_with_locale_and_db("en-US".to_owned(), fonts::database());
        Self { fonts, images: SwashCache::new(), widths: HashMap::new() }
    }

    /// Shapes `text` as one line with letters of `size_px`.
    pub fn line(&mut self, text: &str, size_px: f32) -> SetLine {
        let mut buffer = Buffer::new(&mut self.fonts, Metrics::new(size_px, size_px));
        let attributes = Attrs::new().family(Family::Name(fonts::FAMILY)).weight(Weight::BOLD);
        buffer.set_wrap(Wrap::None);
        buffer.set_size(None, None);
        buffer.set_text(text, &attributes, Shaping::Advanced, None);
        buffer.shape_until_scroll(&mut self.fonts, false);
        let runs: Vec<_> = buffer.layout_runs().collect();
        SetLine {
            glyphs: runs.iter().flat_map(|run| run.glyphs.iter().cloned()).collect(),
            width: runs.iter().map(|run| run.line_w).fold(0.0, f32::max),
        }
    }

    /// Width of `text` as one line, in pixels.
    pub fn width(&mut self, text: &str, size_px: f32) -> f32 {
        let key = (text.to_owned(), size_px.to_bits());
        if let Some(width) = self.widths.get(&key) {
            return *width;
        }
        let width = self.line(text, size_px).width;
        self.widths.insert(key, width);
        width
    }

    /// The masks of the words of `line`, which are given as byte ranges of its text,
    /// with the left end of the baseline at `(left, baseline)`.
    pub fn masks(&mut self, line: &SetLine, words: &[Range<usize>], left: f32, baseline: f32) -> Vec<Mask> {
        words
            .iter()
            .map(|word| {
                let glyphs = line.glyphs.iter().filter(|glyph| word.contains(&glyph.start));
                let parts: Vec<Mask> = glyphs.filter_map(|glyph| self.mask(glyph, left, baseline)).collect();
                Mask::union(&parts)
            })
            .collect()
    }

    fn mask(&mut self, glyph: &LayoutGlyph, left: f32, baseline: f32) -> Option<Mask> {
        let physical = glyph.physical((left, baseline), 1.0);
        let image = self.images.get_image(&mut self.fonts, physical.cache_key).as_ref()?;
        let coverage = match image.content {
            SwashContent::Mask => image.data.clone(),
            // Four channels a pixel: the last is the coverage.
            SwashContent::Color | SwashContent::SubpixelMask => image.data.iter().skip(3).step_by(4).copied().collect(),
        };
        Some(Mask {
            left: physical.x + image.placement.left,
            top: physical.y - image.placement.top,
            width: image.placement.width as usize,
            height: image.placement.height as usize,
            coverage,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_that_ships_has_its_letters() {
        let mut typesetter = Typesetter::new();
        for text in ["Grüße", "Привет", "Γειά", "مرحبا", "שלום", "नमस्ते"] {
            let line = typesetter.line(text, 50.0);
            assert!(line.glyphs.iter().all(|glyph| glyph.glyph_id != 0), "{text} has a missing letter");
            let words = 0..text.len();
            let mask = &typesetter.masks(&line, std::slice::from_ref(&words), 0.0, 50.0)[0];
            assert!(mask.coverage.iter().any(|coverage| *coverage > 200), "{text} is not drawn");
        }
    }

    #[test]
    fn arabic_letters_take_the_form_of_their_place() {
        let mut typesetter = Typesetter::new();
        let forms: std::collections::HashSet<u16> =
            typesetter.line("ععع", 50.0).glyphs.iter().map(|glyph| glyph.glyph_id).collect();
        assert_eq!(forms.len(), 3, "first, middle and last differ");
    }
}
