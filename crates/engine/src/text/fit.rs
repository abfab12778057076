//! Texts that are brought into a number of lines.

use rushes_core::spec::Font;

use super::line::{Line, Word};
use super::lines::{Extent, balanced_lines};
use super::script::Writing;
use super::{Typesetter, pixels};

/// The least share of the wished size that is tried before words are left out.
const SMALLEST: f32 = 0.5;

/// What a text may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// Height of the letters where they all fit.
    pub size_px: f32,
    /// Pixels across.
    pub width: f32,
    /// The most lines.
    pub lines: usize,
}

/// A text in lines that fit.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedText {
    /// Balanced.
    pub lines: Vec<Line>,
    /// Height of the letters in pixels.
    pub size_px: f32,
}

/// Breaks a text into lines. A long one is made smaller until it fits, and cut with
/// an ellipsis where even half the size is too large.
pub fn fit(text: &str, font: Font, room: Room, typesetter: &mut Typesetter) -> FittedText {
    let writing = Writing::of(text);
    let mut words = Word::all(text);
    let mut size_px = room.size_px;
    let mut lines = typesetter.balanced(&words, font, size_px, room.width, writing);
    while lines.len() > room.lines && size_px > room.size_px * SMALLEST {
        size_px -= room.size_px * 0.1;
        lines = typesetter.balanced(&words, font, size_px, room.width, writing);
    }
    if let Some(cut) = lines.get(room.lines) {
        words.truncate(cut.start);
        if let Some(last) = words.last_mut() {
            last.text.push('…');
        }
        lines.truncate(room.lines);
    }
    let lines: Vec<Line> = lines.into_iter().map(|line| Line::new(&words[line], writing)).collect();
    let widest = lines.iter().map(|line| typesetter.width(line, font, size_px)).fold(1.0, f32::max);
    FittedText { lines, size_px: size_px * (room.width / widest).min(1.0) }
}

impl Typesetter {
    fn balanced(
        &mut self,
        words: &[Word],
        font: Font,
        size_px: f32,
        limit: f32,
        writing: Writing,
    ) -> Vec<std::ops::Range<usize>> {
        balanced_lines(&self.extents(words, font, size_px, writing), limit)
    }

    /// What each word takes.
    pub fn extents(&mut self, words: &[Word], font: Font, size_px: f32, writing: Writing) -> Vec<Extent> {
        let space = self.space(font, size_px);
        words
            .iter()
            .map(|word| Extent {
                width: self.word_width(&word.text, font, size_px, writing),
                gap: if word.is_joined { 0.0 } else { space },
            })
            .collect()
    }
}

impl FittedText {
    /// Pixels from the first baseline to the last.
    pub fn further_lines(&self, line_height: f32) -> f32 {
        self.size_px * line_height * pixels(self.lines.len().saturating_sub(1))
    }
}
