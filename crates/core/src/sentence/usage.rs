//! How a language writes what ends no sentence: abbreviations, initials, ordinals.

use crate::spec::Language;

use super::stops::is_closer;
use super::usages::{COMMON, Words, words_of};

/// The conventions of one language.
pub struct Usage {
    words: &'static Words,
    /// A semicolon is the question mark, as in Greek.
    pub asks_with_semicolon: bool,
}

/// A word that ends in a full stop, and what follows it.
struct Stop<'a> {
    /// Without the stop, in lower case.
    word: String,
    /// As written.
    written: &'a str,
    /// The next word, in lower case and up to an apostrophe.
    next: String,
    /// Whether the next word itself is abbreviated.
    is_next_dotted: bool,
}

impl Usage {
    /// The conventions of that language, or those that are common where they are not known.
    pub fn of(language: &Language) -> Self {
        let primary = language.primary();
        Self { words: words_of(&primary), asks_with_semicolon: primary == "el" }
    }

    /// Whether a sentence ends between `before`, which has a sign at its end that may end one, and `after`.
    pub fn ends_between(&self, before: &str, after: &str) -> bool {
        if first_word(after).chars().next().is_some_and(char::is_lowercase) {
            return false;
        }
        let core = before.trim_end_matches(|last: char| is_closer(last) || last.is_whitespace());
        let is_closed = core.len() < before.len();
        let Some(written) = core.strip_suffix(['.', '．']).filter(|rest| !rest.ends_with(['.', '…'])) else {
            return true;
        };
        let word = last_word(written);
        is_closed || !self.continues(&Stop::new(word, after), word.len() == written.len())
    }

    /// Whether the stop belongs to the word and ends no sentence.
    fn continues(&self, stop: &Stop<'_>, is_first: bool) -> bool {
        let has = |words: &str| lists(words, &stop.word);
        let goes_on = stop.is_next_dotted || !lists(self.words.starters, &stop.next);
        let is_before_number = stop.next.starts_with(|first: char| first.is_numeric());
        if has(self.words.bound) || has(COMMON.bound) {
            true
        } else if has(self.words.numbered) && !is_capital(stop.written) {
            is_before_number || is_roman(&stop.next)
        } else if has(self.words.open) || has(COMMON.open) || is_acronym(stop.written) {
            goes_on
        } else if is_initial(stop.written) {
            let is_small = stop.written.starts_with(char::is_lowercase);
            goes_on && (is_small || !is_before_number)
        } else {
            // A number alone would be a sentence of one number: it counts what follows.
            (is_first && is_number(stop.written)) || (self.words.has_ordinals && is_ordinal(stop.written) && goes_on)
        }
    }
}

impl<'a> Stop<'a> {
    fn new(written: &'a str, after: &str) -> Self {
        let next = first_word(after);
        let is_next_dotted = after[after.find(next).unwrap_or_default() + next.len()..].starts_with('.');
        let up_to_apostrophe = next.split(['\'', '’']).next().unwrap_or_default();
        Self { word: written.to_lowercase(), written, next: up_to_apostrophe.to_lowercase(), is_next_dotted }
    }
}

/// Whether `word` is one of `words`, which stand apart by white space.
fn lists(words: &str, word: &str) -> bool {
    words.split_ascii_whitespace().any(|listed| listed == word)
}

/// What stands between the last white space, dash or apostrophe (`l'avv.`) and the end of `text`,
/// without what opens it.
fn last_word(text: &str) -> &str {
    let parts = |character: char| character.is_whitespace() || matches!(character, '—' | '–' | '\'' | '’');
    text.rsplit(parts).next().unwrap_or_default().trim_start_matches(|first: char| !first.is_alphanumeric())
}

/// The letters, digits and apostrophes of the first word of `text`.
fn first_word(text: &str) -> &str {
    let text = text.trim_start_matches(|first: char| !first.is_alphanumeric());
    let end = text.find(|character: char| {
        !character.is_alphanumeric() && !matches!(character, '\'' | '’' | '\u{300}'..='\u{36f}')
    });
    &text[..end.unwrap_or(text.len())]
}

/// `P`, which is a name where `p` is a page.
fn is_capital(word: &str) -> bool {
    word.chars().count() == 1 && is_upper(word)
}

/// `J`, or the second half of `J.-P`.
fn is_initial(word: &str) -> bool {
    let last = word.rsplit(['-', '.']).next().unwrap_or_default();
    let mut letters = last.chars();
    let is_letter = letters.next().is_some_and(|first| first.is_lowercase() || first.is_uppercase());
    is_letter && letters.next().is_none() && word.split(['-', '.']).all(|part| part.chars().count() <= 2)
}

/// `U.S`, `a.m`, `z.B`: single letters with stops between.
fn is_acronym(word: &str) -> bool {
    let mut parts = word.split('.');
    let is_letter = |part: &str| part.chars().count() == 1 && part.chars().all(char::is_alphabetic);
    word.contains('.') && parts.all(is_letter)
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A day, a place in a row, the number of a king; no year.
fn is_ordinal(word: &str) -> bool {
    let is_small = |part: &str| part.len() <= 3;
    (is_number(word) && word.split('.').all(is_small)) || (word.len() > 1 && is_roman(word) && is_upper(word))
}

fn is_upper(word: &str) -> bool {
    word.chars().all(char::is_uppercase)
}

fn is_roman(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| b"ivxlcdm".contains(&byte.to_ascii_lowercase()))
}
