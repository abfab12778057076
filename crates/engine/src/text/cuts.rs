//! Words that are longer than a line: where they are cut.

use std::ops::Range;

use icu_segmenter::LineSegmenter;
use rushes_core::spec::Font;
use unicode_segmentation::UnicodeSegmentation;

use super::Typesetter;
use super::script::Writing;

/// Marks in addresses after which a line may end.
const MARKS: [char; 9] = ['/', '?', '&', '=', '-', '_', '.', ':', '#'];

/// What a word's letters may take.
#[derive(Clone, Copy, Debug)]
pub struct WordRoom {
    /// The family.
    pub font: Font,
    /// Height of the letters.
    pub size_px: f32,
    /// Pixels across.
    pub width: f32,
    /// The least share of the size down to which a word without marks is made smaller rather than cut.
    pub least_scale: f32,
    /// How the text around it is written.
    pub writing: Writing,
}

impl Typesetter {
    /// The parts of a word, as ranges of bytes, that may stand on lines of their own: the whole where it fits.
    pub fn parts(&mut self, word: &str, room: &WordRoom) -> Vec<Range<usize>> {
        let whole = || std::iter::once(0..word.len()).collect();
        let width = self.part_width(word, room);
        if width <= room.width {
            return whole();
        }
        let ends = places_to_cut(word);
        if ends.is_empty() && width * room.least_scale <= room.width {
            return whole();
        }
        let mut parts = Vec::new();
        let mut start = 0;
        for end in ends.into_iter().chain([word.len()]) {
            self.cut_anywhere(word, start..end, room, &mut parts);
            start = end;
        }
        parts
    }

    /// Cuts a part that has no marks between what readers see as characters, into pieces of about the same width.
    fn cut_anywhere(&mut self, word: &str, part: Range<usize>, room: &WordRoom, parts: &mut Vec<Range<usize>>) {
        let text = &word[part.clone()];
        let width = self.part_width(text, room);
        if width <= room.width {
            parts.push(part);
            return;
        }
        let pieces = (width / room.width).ceil();
        let limit = (width / pieces * EVENLY).min(room.width);
        let mut start = 0;
        for (at, character) in text.grapheme_indices(true) {
            let end = at + character.len();
            if at > start && self.part_width(&text[start..end], room) > limit {
                parts.push(part.start + start..part.start + at);
                start = at;
            }
        }
        parts.push(part.start + start..part.end);
    }

    fn part_width(&mut self, text: &str, room: &WordRoom) -> f32 {
        self.word_width(text, room.font, room.size_px, room.writing)
    }
}

/// How much more than its share a piece may take, so that the last is not a single letter.
const EVENLY: f32 = 1.08;

/// Where a line may end inside a word: after marks, and by the rules for all text (Unicode Standard Annex 14).
fn places_to_cut(word: &str) -> Vec<usize> {
    let lines = LineSegmenter::new_dictionary(Default::default());
    let mut places: Vec<usize> = lines.segment_str(word).filter(|at| (1..word.len()).contains(at)).collect();
    let after_marks = word.char_indices().filter_map(|(at, character)| {
        let end = at + character.len_utf8();
        let next = word[end..].chars().next()?;
        let is_number = next.is_ascii_digit() && word[..at].ends_with(|before: char| before.is_ascii_digit());
        (MARKS.contains(&character) && !MARKS.contains(&next) && !is_number).then_some(end)
    });
    places.extend(after_marks.filter(|at| word[*at..].starts_with(char::is_alphanumeric)));
    // A name like `https://` stays whole.
    places.retain(|at| !word[*at..].starts_with(MARKS));
    places.sort_unstable();
    places.dedup();
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(word: &str, width: f32) -> Vec<String> {
        let room = WordRoom { font: Font::Sans, size_px: 20.0, width, least_scale: 0.7, writing: Writing::of(word) };
        Typesetter::new().parts(word, &room).into_iter().map(|part| word[part].to_owned()).collect()
    }

    #[test]
    fn an_address_may_end_a_line_after_its_marks() {
        assert_eq!(
            cut("https://www.example.com/a-b/c_d?query=string&another=1.5", 150.0),
            ["https://", "www.", "example.", "com/", "a-", "b/", "c_", "d?", "query=", "string&", "another=", "1.5"]
        );
        assert_eq!(cut("https://a.io", 150.0), ["https://a.io"]);
    }

    #[test]
    fn a_word_without_marks_is_cut_where_it_would_be_too_small() {
        assert_eq!(cut("unbelievable", 110.0), ["unbelievable"]);
        let parts = cut(&"e\u{301}".repeat(60), 150.0);
        assert!(parts.len() > 3 && parts.iter().all(|part| part.starts_with('e')), "{parts:?}");
        assert_eq!(parts.concat(), "e\u{301}".repeat(60));
        let longest = parts.iter().map(String::len).max();
        assert!(parts.last().map(String::len) > longest.map(|longest| longest / 2), "{parts:?}");
    }

    #[test]
    fn signs_that_end_a_phrase_stay_with_what_they_end() {
        for word in ["«Donaudampfschifffahrtsgesellschaft\u{a0}!»", "(https://www.example.com/some/where)?!"] {
            for part in cut(word, 160.0) {
                assert!(!part.starts_with(['?', '!', '»', ')', '\u{a0}']) && !part.ends_with('«'), "{part}");
            }
        }
    }
}
