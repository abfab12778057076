//! Numbers whose digits are set apart in groups of three by spaces: `10 000`.

use std::ops::Range;

use crate::white_space::is_no_break_space;

/// The numbers of `text` that are written in groups, as byte ranges.
///
/// A plain space may also stand between two numbers. It groups digits where nothing but zeros
/// follows, or a unit.
#[must_use]
pub fn grouped(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(|character: char| character.is_ascii_digit()).map(|offset| at + offset) {
        let first = digits(&text[start..]);
        at = start + first;
        let is_inside = text[..start]
            .ends_with(|before: char| before.is_alphanumeric() || matches!(before, '.' | ',' | '/' | ':' | '-'));
        if first <= 3 && !is_inside {
            at = end_of_groups(text, at);
            if at > start + first {
                found.push(start..at);
            }
        }
    }
    found
}

/// Where the groups end that follow `start`.
fn end_of_groups(text: &str, start: usize) -> usize {
    let (mut end, mut is_certain) = (start, true);
    while let Some(space) = text[end..].chars().next().filter(|space| *space == ' ' || is_no_break_space(*space)) {
        let group = &text[end + space.len_utf8()..];
        if digits(group) != 3 {
            break;
        }
        is_certain &= space != ' ' || group.starts_with("000");
        end += space.len_utf8() + 3;
    }
    if is_certain || has_unit(&text[end..]) { end } else { start }
}

/// Whether a sign such as `€` or `%` follows.
fn has_unit(text: &str) -> bool {
    matches!(
        text.trim_start().chars().next(),
        Some('%' | '‰' | '°' | '$' | '€' | '£' | '¥' | '₽' | '₺' | '₴' | '₹' | '₩')
    )
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_no_break_spaces_or_before_zeros_and_units() {
        let found = |text: &'static str| grouped(text).into_iter().map(|range| &text[range]).collect::<Vec<_>>();
        assert_eq!(found("c’est 10 000 € !"), ["10 000"]);
        assert_eq!(found("1 234 567 %"), ["1 234 567"]);
        assert_eq!(found("12\u{202f}345 and 1\u{a0}000\u{a0}000."), ["12\u{202f}345", "1\u{a0}000\u{a0}000"]);
        for text in ["100 200 300", "in 2000 500 people", "12 34", "1 0000", "3.14 000", "A4 000", "call 555 123"] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
