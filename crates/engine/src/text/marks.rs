//! Invisible characters that bring the shaper to keep a line's parts in their order.

use std::ops::Range;

use cosmic_text::LayoutGlyph;
use rushes_core::spec::Font;

use super::fonts;
use super::line::Line;
use super::script::{Writing, families, is_right_to_left};

/// Set the direction of what follows (Unicode Standard Annex 9, §2.6).
const RIGHT_TO_LEFT_MARK: char = '\u{200f}';
const LEFT_TO_RIGHT_MARK: char = '\u{200e}';
/// Ends what the shaper takes for a word. It has no direction of its own and no width.
const ZERO_WIDTH_SPACE: char = '\u{200b}';

/// A line's text with marks in it.
pub struct MarkedText {
    /// What is shaped.
    pub text: String,
    /// Its parts with the family that draws each.
    pub parts: Vec<(Range<usize>, &'static str)>,
    /// Where marks begin and end, in order.
    marks: Vec<Range<usize>>,
}

impl MarkedText {
    /// Marks a line's direction, and borders between fonts where it runs from right to left: the shaper would put the
    /// parts of one word in the order in which they are read from the left.
    pub fn new(line: &Line, font: Font) -> Self {
        let text = &line.text;
        let mut marked = Self { text: String::with_capacity(text.len() + 3), parts: Vec::new(), marks: Vec::new() };
        let has_right_to_left = Writing::has_right_to_left(text);
        if line.writing.is_right_to_left {
            marked.mark(RIGHT_TO_LEFT_MARK, font);
        } else if has_right_to_left {
            marked.mark(LEFT_TO_RIGHT_MARK, font);
        }
        for (range, family) in families(text, font, line.writing) {
            let (before, after) = text.split_at(range.start);
            let borders = [before.chars().next_back(), after.chars().next()];
            if has_right_to_left && borders.iter().all(|border| border.is_some_and(may_run_from_right)) {
                marked.mark(ZERO_WIDTH_SPACE, font);
            }
            let start = marked.text.len();
            marked.text.push_str(&text[range]);
            marked.parts.push((start..marked.text.len(), family));
        }
        marked
    }

    fn mark(&mut self, mark: char, font: Font) {
        let start = self.text.len();
        self.text.push(mark);
        self.parts.push((start..self.text.len(), fonts::family(font)));
        self.marks.push(start..self.text.len());
    }

    /// A glyph with its place in the line's own text; nothing for a mark.
    pub fn unmarked(&self, glyph: &LayoutGlyph) -> Option<LayoutGlyph> {
        if self.marks.iter().any(|mark| mark.contains(&glyph.start)) {
            return None;
        }
        let marks_before =
            |at| self.marks.iter().filter(move |mark| mark.end <= at).map(ExactSizeIterator::len).sum::<usize>();
        let own = |at| at - marks_before(at);
        Some(LayoutGlyph { start: own(glyph.start), end: own(glyph.end), ..glyph.clone() })
    }
}

/// Whether a character may be in a run from right to left: words and numbers of other scripts have runs of their own.
fn may_run_from_right(character: char) -> bool {
    is_right_to_left(character) || !(character.is_alphanumeric() || character.is_whitespace())
}
