//! Words that stand beside each other.

use std::ops::Range;

use rushes_core::narration::written_words;
use rushes_core::spec::Language;
use rushes_core::timeline::TimedWord;

use super::capitals::capitals;
use super::script::Writing;

/// A word, and whether it follows the word before without a space, as Chinese words do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// As it will be drawn.
    pub text: String,
    /// Without a space before it.
    pub is_joined: bool,
}

/// A line of words, ready to be shaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The words with what stands between them.
    pub text: String,
    /// Where each word stands in the text, in bytes.
    pub words: Vec<Range<usize>>,
    /// How the text around it is written.
    pub writing: Writing,
}

impl Word {
    /// A spoken word as it is drawn, in capitals where so wished.
    pub fn spoken(word: &TimedWord, is_uppercase: bool, language: Option<&Language>) -> Self {
        let text = drawable(&word.text);
        Self { text: if is_uppercase { capitals(&text, language) } else { text }, is_joined: word.is_joined }
    }

    /// The words of a text.
    pub fn all(text: &str) -> Vec<Self> {
        let mut end = None;
        written_words(text)
            .into_iter()
            .map(|range| {
                let is_joined = end.replace(range.end) == Some(range.start);
                Self { text: drawable(&text[range]), is_joined }
            })
            .collect()
    }

    /// The parts of a word, of which only the first may have a space before it.
    pub fn cut(&self, parts: &[Range<usize>]) -> Vec<Self> {
        let part = |part: &Range<usize>| Self {
            text: self.text[part.clone()].to_owned(),
            is_joined: self.is_joined || part.start > 0,
        };
        parts.iter().map(part).collect()
    }
}

/// The text without control characters: they have no shape, and some end a paragraph.
fn drawable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

impl Line {
    /// Joins words.
    #[must_use]
    pub fn new(words: &[Word], writing: Writing) -> Self {
        let mut line = Self { text: String::new(), words: Vec::with_capacity(words.len()), writing };
        for word in words {
            if !line.text.is_empty() && !word.is_joined {
                line.text.push(' ');
            }
            let start = line.text.len();
            line.text.push_str(&word.text);
            line.words.push(start..line.text.len());
        }
        line
    }
}
