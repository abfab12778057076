//! Cutting narration at its sentences: the boundaries of Unicode Standard Annex 29 (§5), less those
//! that its rules cannot know to be none, such as behind the abbreviations of a language.

use icu_segmenter::SentenceSegmenter;
use icu_segmenter::options::SentenceBreakInvariantOptions;

use crate::spec::Language;

mod stops;
mod usage;
mod usages;

use stops::{before_openers, ends_apart, leading_closers};
use usage::Usage;

/// What is spoken in one breath.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Trimmed, on one line.
    pub text: String,
    /// Whether a paragraph ends with it, after which a reader pauses for longer.
    pub ends_paragraph: bool,
}

/// The sentences of `text` in order; together they hold all its words.
///
/// A line ends a sentence, an empty line a paragraph.
#[must_use]
pub fn sentences(text: &str, language: &Language) -> Vec<Sentence> {
    let usage = Usage::of(language);
    let mut sentences: Vec<Sentence> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let (true, Some(last)) = (line.is_empty(), sentences.last_mut()) {
            last.ends_paragraph = true;
        }
        for text in sentences_of_line(line, &usage) {
            match sentences.last_mut() {
                // A lone bracket or dash has no sound of its own: it stays with the sentence before.
                Some(before) if !is_speakable(&text) => {
                    before.text.push(' ');
                    before.text.push_str(&text);
                }
                _ => sentences.push(Sentence { text, ends_paragraph: false }),
            }
        }
    }
    sentences
}

fn sentences_of_line(line: &str, usage: &Usage) -> Vec<String> {
    let shadow = shadow(line, usage);
    let segmenter = SentenceSegmenter::new(SentenceBreakInvariantOptions::default());
    let mut sentences = Vec::new();
    let mut start = 0;
    for boundary in segmenter.segment_str(&shadow) {
        let end = before_openers(&line[..boundary]).unwrap_or_else(|| boundary + leading_closers(&line[boundary..]));
        if end <= start || !ends_apart(&line[..end]) {
            continue;
        }
        let (before, after) = (line[start..end].trim(), line[end..].trim_start());
        if is_speakable(before) && !after.is_empty() && usage.ends_between(before, after) {
            sentences.push(before.to_owned());
            start = end;
        }
    }
    let rest = line[start..].trim();
    if !rest.is_empty() {
        sentences.push(rest.to_owned());
    }
    sentences
}

fn is_speakable(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// The line with signs that the Annex does not know to end sentences replaced by ones of the same
/// length that do.
fn shadow(line: &str, usage: &Usage) -> String {
    let shadow = line.replace('…', "\u{fe52}");
    if usage.asks_with_semicolon { shadow.replace(';', "?") } else { shadow }
}

#[cfg(test)]
mod tests;
