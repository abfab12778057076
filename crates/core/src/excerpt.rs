//! What was sent, as answers repeat it: enough to be recognised, never all of it.

use std::fmt;

/// The most characters of one text that an answer repeats. With the place in which it stands, which may name it again,
/// that is less than 200.
const MAX_CHARACTERS: usize = 60;

/// A text of the client's between backquotes, cut where it is long.
#[derive(Clone, Copy, Debug)]
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        formatter.write_str("`")?;
        for character in characters.by_ref().take(MAX_CHARACTERS) {
            // A message is one line, whatever it repeats.
            let shown = if character.is_control() { '\u{fffd}' } else { character };
            write!(formatter, "{shown}")?;
        }
        formatter.write_str(if characters.next().is_some() { "…`" } else { "`" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_and_stays_one_line() {
        assert_eq!(Quoted("title").to_string(), "`title`");
        assert_eq!(Quoted("a\nb").to_string(), "`a\u{fffd}b`");
        assert_eq!(Quoted(&"ä".repeat(60)).to_string(), format!("`{}`", "ä".repeat(60)));
        assert_eq!(Quoted(&"ä".repeat(10_000)).to_string(), format!("`{}…`", "ä".repeat(60)));
    }
}
