//! What a voice is given where people write in short: dates, grouped digits, addresses. Captions
//! keep what was written.

use std::ops::Range;

use crate::numbers::grouped;
use crate::spec::Language;
use crate::white_space::parts_words;

mod date;

use date::Date;

/// Something that is read otherwise than it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Where it stands in the sentence, in bytes.
    pub written: Range<usize>,
    /// What the voice is given instead.
    pub spoken: String,
}

/// Everything in `sentence` that is read otherwise, in order.
#[must_use]
pub fn readings(sentence: &str, language: &Language) -> Vec<Reading> {
    let words = sentence.split(parts_words).filter_map(|word| {
        let bare = word.trim_matches(|outer: char| !outer.is_alphanumeric() && outer != '/');
        let spoken = Date::parse(bare, language).and_then(|date| date.spoken(language)).or_else(|| address(bare))?;
        let start = bare.as_ptr() as usize - sentence.as_ptr() as usize;
        Some(Reading { written: start..start + bare.len(), spoken })
    });
    let numbers = grouped(sentence).into_iter().map(|written| {
        let spoken = sentence[written.clone()].chars().filter(char::is_ascii_digit).collect();
        Reading { written, spoken }
    });
    let mut readings: Vec<Reading> = words.chain(numbers).collect();
    readings.sort_by_key(|reading| reading.written.start);
    readings
}

/// The host alone of a web address: what a person would say.
fn address(word: &str) -> Option<String> {
    let is_prefix = |prefix: &&str| word.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let scheme = ["https://", "http://"].into_iter().find(is_prefix);
    let rest = &word[scheme.map_or(0, str::len)..];
    let bare = rest.strip_prefix("www.").or_else(|| scheme.map(|_| rest))?;
    let host = bare.split(['/', '?', '#', ':']).next().filter(|host| host.contains('.'))?;
    Some(host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(sentence: &str, language: &str) -> String {
        let mut spoken = String::new();
        let mut end = 0;
        for reading in readings(sentence, &Language::parse(language).unwrap()) {
            spoken.push_str(&sentence[end..reading.written.start]);
            spoken.push_str(&reading.spoken);
            end = reading.written.end;
        }
        spoken + &sentence[end..]
    }

    #[test]
    fn dates_are_read_in_the_order_of_the_language() {
        let cases = [
            ("en-us", "On 12/05/2024, we met.", "On December 5, 2024, we met."),
            ("en", "13/05/2024", "May 13, 2024"),
            ("en-gb", "12/05/2024", "12 May 2024"),
            ("en-gb", "2024-05-12.", "12 May 2024."),
            ("en-us", "(2024-05-12)", "(May 12, 2024)"),
            ("de", "Am 12.05.2024 war", "Am 12. Mai 2024 war"),
            ("de", "am 3.10.1990!", "am 3. Oktober 1990!"),
            ("fr", "le 01/05/2024", "le 1er mai 2024"),
            ("es", "el 12/05/2024", "el 12 de mayo de 2024"),
            ("pt-br", "12/05/2024", "12 de maio de 2024"),
            ("ru", "12.05.2024", "12 мая 2024 года"),
            ("pl", "2024-05-12", "12 maja 2024"),
        ];
        for (language, written, wanted) in cases {
            assert_eq!(spoken(written, language), wanted, "{language}");
        }
    }

    #[test]
    fn what_is_no_date_is_left_to_the_voice() {
        for text in
            ["1/2", "12/05", "99/99/2024", "2024-13-01", "31.02.2024", "1.2.3", "192.168.0.1", "10:30", "05/2024/12"]
        {
            assert_eq!(spoken(text, "en-us"), text);
        }
        assert_eq!(spoken("12/05/2024", "xx"), "12/05/2024");
    }

    #[test]
    fn addresses_are_said_by_their_host_and_digits_without_gaps() {
        let text = "See https://www.example.com/a/b?c=d, HTTP://example.org. or www.example.net/x and 10 000 €.";
        assert_eq!(spoken(text, "en"), "See example.com, example.org. or example.net and 10000 €.");
        assert_eq!(spoken("http://localhost example.com a/b", "en"), "http://localhost example.com a/b");
    }
}
