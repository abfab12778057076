//! Text that is given to a voice in other writing than captions show it, and the way back.

use std::ops::Range;

/// A text rewritten piece by piece; knows for each place where it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewritten {
    /// As it is given to the voice.
    pub text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    given: Range<usize>,
    written: Range<usize>,
}

impl Rewritten {
    /// Adds text that comes from nowhere, such as a tag.
    pub fn add(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds `given` for what stands at `written`.
    pub fn replace(&mut self, given: &str, written: Range<usize>) {
        let start = self.text.len();
        self.text.push_str(given);
        self.pieces.push(Piece { given: start..self.text.len(), written });
    }

    /// Where the text at `offset` comes from; `None` for what was added.
    pub fn written(&self, offset: usize) -> Option<usize> {
        let after = self.pieces.partition_point(|piece| piece.given.end <= offset);
        let piece = self.pieces.get(after).filter(|piece| piece.given.contains(&offset))?;
        let is_copied = piece.given.len() == piece.written.len();
        Some(if is_copied { piece.written.start + (offset - piece.given.start) } else { piece.written.start })
    }
}

/// Cuts a text that is too long for one call where a reader would breathe: at most `limit`
/// characters each, as byte ranges that together are the whole text.
pub fn pieces(text: &str, limit: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while text[start..].chars().nth(limit).is_some() {
        let most = text[start..].char_indices().nth(limit).map_or(text.len(), |(at, _)| start + at);
        let end = start + breath(&text[start..most]);
        pieces.push(start..end);
        start = end;
    }
    pieces.push(start..text.len());
    pieces
}

/// The best place to cut within `text`: after punctuation, else after a space, else at its end.
fn breath(text: &str) -> usize {
    let after = |is_wanted: fn(char) -> bool| {
        let found = text.char_indices().rev().find(|(at, character)| *at > 0 && is_wanted(*character));
        found.map(|(at, character)| at + character.len_utf8())
    };
    // A comma at the very start would leave a piece of nothing but it.
    let is_worth = |at: &usize| *at > text.len() / 4;
    after(|character| matches!(character, ',' | ';' | ':' | '–' | '—' | '،' | '、' | '，' | '；'))
        .filter(is_worth)
        .or_else(|| after(char::is_whitespace))
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rewritten_text_knows_where_it_comes_from() {
        let mut text = Rewritten::default();
        text.add("<p>");
        text.replace("A ", 0..2);
        text.replace("sequel", 2..5);
        text.replace(" b", 5..7);
        assert_eq!(text.text, "<p>A sequel b");
        let from: Vec<_> = [0, 3, 4, 5, 9, 11, 12, 13].map(|offset| text.written(offset)).to_vec();
        assert_eq!(from, [None, Some(0), Some(1), Some(2), Some(2), Some(5), Some(6), None]);
    }

    #[test]
    fn long_texts_are_cut_where_a_reader_would_breathe() {
        let cut =
            |text: &'static str, limit| pieces(text, limit).into_iter().map(|range| &text[range]).collect::<Vec<_>>();
        assert_eq!(cut("short", 10), ["short"]);
        assert_eq!(cut("one two, three four", 12), ["one two,", " three four"]);
        assert_eq!(cut("one two three", 8), ["one two ", "three"]);
        assert_eq!(cut("äöüäöü", 4), ["äöüä", "öü"]);
        assert_eq!(cut(", aaaaaaaa bbbb", 12), [", aaaaaaaa ", "bbbb"]);
    }
}
