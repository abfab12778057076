//! White space in what people write: what may be folded, and what keeps its place.

/// Spaces at which no line may break (Unicode Standard Annex 14, class GL): typographers set them
/// on purpose.
const NO_BREAK_SPACES: [char; 3] = ['\u{a0}', '\u{2007}', '\u{202f}'];

/// Whether a space holds its neighbours together.
#[must_use]
pub fn is_no_break_space(character: char) -> bool {
    NO_BREAK_SPACES.contains(&character)
}

/// Whether a character parts words.
#[must_use]
pub fn parts_words(character: char) -> bool {
    character.is_whitespace() && !is_no_break_space(character)
}

/// The text on one line, each run of white space one plain space.
#[must_use]
pub fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines of a text without what is white around them, empty ones included.
///
/// Within a line each run of white space is one space: a no-break one where the run holds one.
#[must_use]
pub fn lines(text: &str) -> Vec<String> {
    let is_end = |character| matches!(character, '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    text.replace("\r\n", "\n").split(is_end).map(fold_line).collect()
}

/// The lines that hold something, one below the other.
#[must_use]
pub fn filled_lines(text: &str) -> String {
    let filled: Vec<String> = lines(text).into_iter().filter(|line| !line.is_empty()).collect();
    filled.join("\n")
}

fn fold_line(line: &str) -> String {
    let mut folded = String::with_capacity(line.len());
    let mut space = None;
    for character in line.trim().chars() {
        if is_no_break_space(character) {
            space = Some(character);
        } else if character.is_whitespace() {
            space = space.or(Some(' '));
        } else {
            folded.extend(space.take());
            folded.push(character);
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_no_break_spaces_stay_and_other_white_space_is_folded() {
        let cases = [
            (" One \r\n\tTwo\u{2003} three ", "One\nTwo three"),
            ("a\n\n\n b\u{2028}c", "a\nb\nc"),
            ("Oui\u{a0}!\u{202f}\n10\u{202f}000 \u{a0}€", "Oui\u{a0}!\n10\u{202f}000\u{a0}€"),
            ("A\u{2060}B", "A\u{2060}B"),
            (" \u{a0}\n ", ""),
        ];
        for (text, wanted) in cases {
            assert_eq!(filled_lines(text), wanted, "{text:?}");
        }
        assert_eq!(folded(" a\u{a0}\n b "), "a b");
    }
}
