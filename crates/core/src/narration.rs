//! Speech: the sound of sentences and when each word of it begins.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use crate::words::written_words;

/// The sound of one sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Speech {
    /// What is heard.
    pub samples: Samples,
    /// Samples a second.
    pub sample_rate_hz: u32,
    /// The words in the order spoken; together the sentence's text.
    pub words: Vec<SpokenWord>,
}

/// One channel of 16-bit samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Samples {
    /// In memory.
    Held(Vec<i16>),
    /// In a file, so that an hour of speech takes no memory: two bytes each, the lower first.
    Spooled {
        /// The file, which other speech may share.
        path: Arc<Path>,
        /// Samples before the first.
        first: u64,
        /// How many.
        count: u64,
    },
}

impl Samples {
    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        match self {
            Self::Held(samples) => samples.len() as u64,
            Self::Spooled { count, .. } => *count,
        }
    }
}

impl From<Vec<i16>> for Samples {
    fn from(samples: Vec<i16>) -> Self {
        Self::Held(samples)
    }
}

/// One word as written, and when it sounds, from the sentence's start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpokenWord {
    /// As written, with its punctuation.
    pub text: String,
    /// Written without a space after the word before it, as Chinese words are.
    pub is_joined: bool,
    /// When it begins.
    pub start: Duration,
    /// When it is over.
    pub end: Duration,
}

impl Speech {
    /// How long the sentence sounds, with its closing pause.
    #[must_use]
    pub fn duration(&self) -> Duration {
        samples_duration(self.samples.count(), self.sample_rate_hz)
    }
}

/// The time that `samples` take at `sample_rate_hz`.
#[must_use]
pub fn samples_duration(samples: u64, sample_rate_hz: u32) -> Duration {
    Duration::from_nanos(samples.saturating_mul(1_000_000_000) / u64::from(sample_rate_hz.max(1)))
}

/// Turns moments at which the voice reached a byte of the sentence into words.
///
/// `marks` are `(byte offset, moment)` in the order spoken. A written word
/// begins at the first mark inside it. Words without a mark share the time
/// between their neighbours by length.
#[must_use]
pub fn words_from_marks(sentence: &str, marks: &[(usize, Duration)], end: Duration) -> Vec<SpokenWord> {
    let ranges = written_words(sentence);
    let mut starts: Vec<Option<Duration>> = ranges
        .iter()
        .map(|range| marks.iter().find(|(offset, _)| range.contains(offset)).map(|(_, moment)| *moment))
        .collect();
    if let Some(first) = starts.first_mut() {
        first.get_or_insert(Duration::ZERO);
    }
    let starts = fill_gaps(&starts, &ranges, end);
    let follows = |pair: &[Range<usize>]| pair[0].end == pair[1].start;
    let joined: Vec<bool> = std::iter::once(false).chain(ranges.windows(2).map(follows)).collect();
    ranges
        .into_iter()
        .enumerate()
        .map(|(index, range)| {
            let next = starts.get(index + 1).copied().unwrap_or(end);
            SpokenWord {
                text: sentence[range].to_owned(),
                is_joined: joined[index],
                start: starts[index],
                end: next.max(starts[index]),
            }
        })
        .collect()
}

/// Gives every word a start: known ones keep theirs (never earlier than the word
/// before), unknown ones share the gap they stand in by their length.
fn fill_gaps(starts: &[Option<Duration>], ranges: &[Range<usize>], end: Duration) -> Vec<Duration> {
    let mut filled: Vec<Duration> = Vec::with_capacity(starts.len());
    for (index, start) in starts.iter().enumerate() {
        let before = filled.last().copied().unwrap_or_default();
        let at = start.unwrap_or_else(|| {
            let following =
                starts[index..].iter().position(Option::is_some).map_or(starts.len(), |offset| index + offset);
            let until = starts.get(following).copied().flatten().unwrap_or(end).max(before);
            let from = index.saturating_sub(1);
            let whole: usize = ranges[from..following].iter().map(ExactSizeIterator::len).sum();
            let share = ranges[from].len() as f64 / whole.max(1) as f64;
            before + (until - before).mul_f64(share)
        });
        filled.push(at.max(before).min(end));
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_word_begins_at_the_first_mark_inside_it() {
        let words = words_from_marks(
            "It costs $5 now",
            &[(0, ms(0)), (3, ms(100)), (9, ms(300)), (10, ms(400)), (12, ms(600))],
            ms(900),
        );
        let starts: Vec<_> = words.iter().map(|word| (word.text.as_str(), word.start, word.end)).collect();
        assert_eq!(
            starts,
            [("It", ms(0), ms(100)), ("costs", ms(100), ms(300)), ("$5", ms(300), ms(600)), ("now", ms(600), ms(900))]
        );
    }

    #[test]
    fn words_without_a_mark_share_the_gap_by_length() {
        let words = words_from_marks("aa bb cccc", &[(0, ms(0))], ms(800));
        let starts: Vec<_> = words.iter().map(|word| word.start).collect();
        assert_eq!(starts, [ms(0), ms(200), ms(400)]);
    }

    proptest! {
        #[test]
        fn words_follow_each_other_without_gap_or_overlap(
            sentence in "[a-z]{1,8}( [a-z]{1,8}){0,10}",
            marks in proptest::collection::vec((0usize..90, 0u64..5000), 0..12),
        ) {
            let mut marks: Vec<_> = marks.into_iter().map(|(at, moment)| (at, ms(moment))).collect();
            marks.sort();
            let words = words_from_marks(&sentence, &marks, ms(5000));
            prop_assert_eq!(words.len(), sentence.split(' ').count());
            for pair in words.windows(2) {
                prop_assert_eq!(pair[0].end, pair[1].start);
            }
            prop_assert!(words.iter().all(|word| word.start <= word.end));
        }
    }
}
