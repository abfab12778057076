//! Names of files that people save.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use unicode_segmentation::UnicodeSegmentation;

/// Of a name without its extension, in bytes: file systems take 255 for all of it.
const MAX_STEM_BYTES: usize = 180;

/// What stands for itself in `filename*` (`attr-char` of RFC 8187, §3.2.1).
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The name of a file that every file system takes and that reads like the title it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName {
    stem: String,
    /// Of nothing but ASCII, for clients that know no other.
    ascii_stem: String,
    extension: &'static str,
}

impl FileName {
    /// The name of a file about `title`; where that leaves nothing, `otherwise`, which is plain ASCII.
    #[must_use]
    pub fn new(title: &str, otherwise: &str, extension: &'static str) -> Self {
        let stem = Some(stem(title)).filter(|stem| !stem.is_empty()).unwrap_or_else(|| otherwise.to_owned());
        let ascii: String = stem.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
        let says_something = ascii.bytes().any(|byte| byte.is_ascii_alphanumeric());
        let ascii_stem = if says_something { ascii } else { otherwise.to_owned() };
        Self { stem, ascii_stem, extension }
    }

    /// The same name with more words behind it, which are plain ASCII.
    #[must_use]
    pub fn followed_by(self, more: &str) -> Self {
        let with_more = |stem: &str| format!("{stem} {more}");
        Self { stem: with_more(&self.stem), ascii_stem: with_more(&self.ascii_stem), ..self }
    }

    /// Tells a browser to save the file under this name rather than to show it: a value of the header
    /// `Content-Disposition` (RFC 6266), ASCII alone.
    #[must_use]
    pub fn as_attachment(&self) -> String {
        let Self { ascii_stem, extension, .. } = self;
        let name = self.to_string();
        let encoded = utf8_percent_encode(&name, ATTRIBUTE);
        format!("attachment; filename=\"{ascii_stem}.{extension}\"; filename*=UTF-8''{encoded}")
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.stem, self.extension)
    }
}

/// Whether it can stand between quotation marks as it is. Some clients take a percent sign for the
/// beginning of a code (RFC 6266, appendix D).
const fn is_plain(letter: char) -> bool {
    matches!(letter, ' '..='~') && !matches!(letter, '%' | '"' | '\\')
}

fn stem(title: &str) -> String {
    let named: String = title.chars().filter_map(in_a_name).collect();
    let mut stem = String::new();
    for word in named.split_whitespace().flat_map(|word| [" ", word]).skip(1) {
        for grapheme in word.graphemes(true) {
            if stem.len() + grapheme.len() > MAX_STEM_BYTES {
                return trimmed(&stem);
            }
            stem.push_str(grapheme);
        }
    }
    trimmed(&stem)
}

/// What a letter of a title is in a name: names have no control characters, none that turn the direction
/// of what follows, and none that some system takes for something else.
fn in_a_name(letter: char) -> Option<char> {
    match letter {
        '/' | '\\' | '|' | ':' => Some('-'),
        '"' => Some('\''),
        '*' | '?' | '<' | '>' => None,
        // Marks and overrides of direction, soft hyphens and byte order marks: nobody sees them.
        '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{ad}'
        | '\u{feff}' => None,
        letter if letter.is_control() => Some(' '),
        letter => Some(letter),
    }
}

/// Without dots and blanks at the ends: they hide a file here and are dropped there.
fn trimmed(stem: &str) -> String {
    stem.trim_matches(|letter: char| letter == '.' || letter.is_whitespace()).to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(title: &str) -> String {
        FileName::new(title, "01ABC", "mp4").to_string()
    }

    #[test]
    fn a_file_is_named_after_its_title() {
        for (title, name) in [
            ("Why is the sky blue?", "Why is the sky blue.mp4"),
            ("AC/DC: \"Live\" \\ <1979> *", "AC-DC- 'Live' - 1979.mp4"),
            ("One\nline\r\n\tand  another", "One line and another.mp4"),
            ("..hidden. ", "hidden.mp4"),
            ("Grüße 👩‍👩‍👧 مرحبا", "Grüße 👩‍👩‍👧 مرحبا.mp4"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم.mp4"),
            ("txt.\u{202e}4pm", "txt.4pm.mp4"),
            ("", "01ABC.mp4"),
            (" \n.?", "01ABC.mp4"),
        ] {
            assert_eq!(named(title), name, "{title:?}");
        }
    }

    #[test]
    fn it_is_said_twice_for_those_who_know_no_unicode() {
        let said = |title: &str| FileName::new(title, "01ABC", "srt").as_attachment();
        assert_eq!(said("A b"), "attachment; filename=\"A b.srt\"; filename*=UTF-8''A%20b.srt");
        assert_eq!(said("Où? 50%"), "attachment; filename=\"O_ 50_.srt\"; filename*=UTF-8''O%C3%B9%2050%25.srt");
        assert_eq!(said("日本"), "attachment; filename=\"01ABC.srt\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.srt");
        let further = FileName::new("日本", "01ABC", "mp4").followed_by("9x16-1080p").as_attachment();
        assert!(further.contains("\"01ABC 9x16-1080p.mp4\"") && further.ends_with("%E6%9C%AC%209x16-1080p.mp4"));
        assert_eq!(said("a'(b)"), "attachment; filename=\"a'(b).srt\"; filename*=UTF-8''a%27%28b%29.srt");
    }

    proptest! {
        #[test]
        fn any_title_makes_a_name_that_fits_and_a_header_that_can_be_sent(title in any::<String>()) {
            let name = FileName::new(&title, "01ABC", "mp4");
            let (shown, said) = (name.to_string(), name.as_attachment());
            prop_assert!((5..=MAX_STEM_BYTES + 4).contains(&shown.len()), "{shown}");
            let is_plain = !shown.contains(['/', '\\', '"', '\n', '\0', '\u{202e}']) && !shown.starts_with('.');
            prop_assert!(is_plain, "{shown}");
            prop_assert!(said.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{said}");
            prop_assert_eq!(said.matches('"').count(), 2);
        }

        #[test]
        fn a_long_title_is_cut_between_letters(letter in "[aé日👩]", count in 1_usize..400) {
            let shown = named(&letter.repeat(count));
            let stem = shown.strip_suffix(".mp4").unwrap();
            prop_assert!(stem.len() <= MAX_STEM_BYTES && letter.repeat(count).starts_with(stem));
        }
    }
}
