//! Texts that are brought into a number of lines.

use rushes_core::spec::Font;

use super::cuts::WordRoom;
use super::line::{Line, Word};
use super::lines::{Extent, balanced_lines};
use super::script::Writing;
use super::{Typesetter, pixels};

/// The least share of the usual size that is tried before words are left out.
const SMALLEST: f32 = 0.5;
/// Shares of the usual size by which letters are made smaller.
const STEP: f32 = 0.1;
/// How many times the usual number of lines a text may have by its own line breaks; its letters are smaller then.
const MOST_LINE_BREAKS: usize = 2;
/// The share of the size down to which a long word is made smaller rather than cut.
const LEAST_WORD_SCALE: f32 = 0.7;

/// What a text may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// Height of the letters where they all fit and nothing else is in their way.
    pub size_px: f32,
    /// Share of that size that they have at most.
    pub scale: f32,
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
    /// Whether words were left out.
    pub is_cut: bool,
}

/// Breaks a text into lines; a line break in it stays one. A long text is made smaller until it fits, and cut with
/// an ellipsis where even half the size is too large.
pub fn fit(text: &str, font: Font, room: Room, typesetter: &mut Typesetter) -> FittedText {
    let writing = Writing::of(text);
    let paragraphs: Vec<Vec<Word>> = text.split('\n').map(Word::all).filter(|words| !words.is_empty()).collect();
    let most_lines = room.lines.max(paragraphs.len().min(room.lines * MOST_LINE_BREAKS));
    let mut size_px = room.size_px * room.scale.min(pixels(room.lines) / pixels(most_lines));
    let mut lines = typesetter.lines(&paragraphs, font, size_px, room.width, writing);
    while lines.len() > most_lines && size_px > room.size_px * SMALLEST {
        size_px -= room.size_px * STEP;
        lines = typesetter.lines(&paragraphs, font, size_px, room.width, writing);
    }
    let is_cut = lines.len() > most_lines;
    if is_cut {
        lines.truncate(most_lines);
        if let Some(last) = lines.last_mut().and_then(|line| line.last_mut()) {
            last.text.push('…');
        }
    }
    let lines: Vec<Line> = lines.iter().map(|line| Line::new(line, writing)).collect();
    let widest = lines.iter().map(|line| typesetter.width(line, font, size_px)).fold(1.0, f32::max);
    FittedText { lines, size_px: size_px * (room.width / widest).min(1.0), is_cut }
}

impl Typesetter {
    /// The words of each line, each paragraph balanced.
    fn lines(
        &mut self,
        paragraphs: &[Vec<Word>],
        font: Font,
        size_px: f32,
        width: f32,
        writing: Writing,
    ) -> Vec<Vec<Word>> {
        let room = WordRoom { font, size_px, width, least_scale: LEAST_WORD_SCALE, writing };
        let mut lines = Vec::new();
        for words in paragraphs {
            let words: Vec<Word> = words.iter().flat_map(|word| word.cut(&self.parts(&word.text, &room))).collect();
            let extents = self.extents(&words, font, size_px, writing);
            lines.extend(balanced_lines(&extents, width).into_iter().map(|line| words[line].to_vec()));
        }
        lines
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

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, lines: usize) -> (Vec<String>, bool) {
        let room = Room { size_px: 40.0, scale: 1.0, width: 600.0, lines };
        let fitted = fit(text, Font::Sans, room, &mut Typesetter::new());
        assert!(fitted.size_px >= 20.0 * LEAST_WORD_SCALE, "{text}: {}", fitted.size_px);
        (fitted.lines.into_iter().map(|line| line.text).collect(), fitted.is_cut)
    }

    #[test]
    fn a_line_break_stays_one() {
        assert_eq!(lines("a\nb\nc\nd", 3).0, ["a", "b", "c", "d"]);
        assert_eq!(lines("One\nTwo and a half", 3), (vec!["One".to_owned(), "Two and a half".to_owned()], false));
    }

    #[test]
    fn what_does_not_fit_ends_with_an_ellipsis() {
        let (cut, is_cut) = lines(&"many words ".repeat(40), 2);
        assert!(is_cut && cut.len() == 2 && cut[1].ends_with('…'), "{cut:?}");
    }

    #[test]
    fn a_long_address_takes_several_lines() {
        let (cut, is_cut) = lines("https://www.example.com/a/very/long/path/that/goes/on?query=string", 3);
        assert!(!is_cut && cut.len() == 3 && cut[0].ends_with(['/', '.', '=']), "{cut:?}");
    }
}
