//! Subtitle files: SubRip (.srt) and WebVTT (W3C, §4).

use std::fmt::Write;
use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use crate::timeline::{TimedSentence, TimedWord, Timeline};

/// The usual limit of one subtitle line, in characters.
const LINE_CHARACTERS: usize = 42;
/// A cue has at most two lines.
const CUE_CHARACTERS: usize = 2 * LINE_CHARACTERS;

/// A text and when it is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cue {
    /// From here.
    pub start: Duration,
    /// To here.
    pub end: Duration,
    /// One or two lines.
    pub lines: Vec<String>,
}

/// The cues of a whole video: sentences, cut where they do not fit two lines.
#[must_use]
pub fn cues(timeline: &Timeline) -> Vec<Cue> {
    let rate = timeline.output.frame_rate;
    let sentences = timeline.scenes.iter().flat_map(|scene| &scene.sentences);
    sentences
        .flat_map(chunks)
        .map(|(words, end_frame)| Cue {
            start: rate.time_of(words[0].first_frame),
            end: rate.time_of(end_frame),
            lines: balanced_lines(words),
        })
        .collect()
}

/// Runs of words that fit one cue, of about equal length, each with the frame at which the next begins.
fn chunks(sentence: &TimedSentence) -> Vec<(&[TimedWord], u64)> {
    let words = sentence.words.as_slice();
    let wanted = length(words).div_ceil(CUE_CHARACTERS).max(1);
    let target = length(words).div_ceil(wanted);
    let mut chunks = Vec::with_capacity(wanted);
    let mut start = 0;
    for index in 0..words.len() {
        let is_last = index + 1 == words.len();
        if is_last || length(&words[start..=index + 1]) > CUE_CHARACTERS || length(&words[start..=index]) >= target {
            let end_frame = words.get(index + 1).map_or(sentence.end_frame, |next| next.first_frame);
            chunks.push((&words[start..=index], end_frame));
            start = index + 1;
        }
    }
    chunks
}

/// Characters of the words and the spaces between; a wide one, such as a Chinese, counts twice.
fn length(words: &[TimedWord]) -> usize {
    TimedWord::joined(words).width()
}

fn balanced_lines(words: &[TimedWord]) -> Vec<String> {
    if length(words) <= LINE_CHARACTERS {
        return vec![TimedWord::joined(words)];
    }
    let unevenness = |split: &usize| length(&words[..*split]).abs_diff(length(&words[*split..]));
    match (1..words.len()).min_by_key(unevenness) {
        Some(split) => vec![TimedWord::joined(&words[..split]), TimedWord::joined(&words[split..])],
        None => vec![TimedWord::joined(words)],
    }
}

/// The cues as a SubRip file.
#[must_use]
pub fn to_srt(cues: &[Cue]) -> String {
    let mut text = String::new();
    for (index, cue) in cues.iter().enumerate() {
        let _ = writeln!(text, "{}\n{} --> {}", index + 1, clock(cue.start, ','), clock(cue.end, ','));
        let _ = writeln!(text, "{}\n", cue.lines.join("\n"));
    }
    text
}

/// The cues as a WebVTT file.
#[must_use]
pub fn to_vtt(cues: &[Cue]) -> String {
    let mut text = "WEBVTT\n\n".to_owned();
    for cue in cues {
        let _ = writeln!(text, "{} --> {}", clock(cue.start, '.'), clock(cue.end, '.'));
        let _ = writeln!(text, "{}\n", escaped(&cue.lines.join("\n")));
    }
    text
}

/// `&`, `<` and `>` begin markup in WebVTT cue text (§4.2.2).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn clock(time: Duration, decimal: char) -> String {
    let (seconds, milliseconds) = (time.as_secs(), time.subsec_millis());
    format!("{:02}:{:02}:{:02}{decimal}{milliseconds:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(text: &str) -> TimedSentence {
        let words: Vec<TimedWord> = text
            .split(' ')
            .enumerate()
            .map(|(index, word)| TimedWord {
                text: word.to_owned(),
                is_joined: false,
                first_frame: index as u64 * 10,
                end_frame: index as u64 * 10 + 10,
            })
            .collect();
        let end_frame = words.len() as u64 * 10;
        TimedSentence { words, end_frame }
    }

    #[test]
    fn a_long_sentence_is_cut_into_cues_of_two_lines_that_meet() {
        let text = "This is a rather long sentence that could never fit into one single subtitle of two short lines because it goes on and on";
        let sentence = sentence(text);
        let chunks = chunks(&sentence);
        assert_eq!(chunks.len(), 2);
        assert_eq!(chunks[0].1, chunks[1].0[0].first_frame);
        for (words, _) in &chunks {
            let lines = balanced_lines(words);
            assert!(
                lines.len() <= 2 && lines.iter().all(|line| line.chars().count() <= LINE_CHARACTERS + 6),
                "{lines:?}"
            );
        }
        let joined: Vec<String> = chunks.iter().flat_map(|(words, _)| balanced_lines(words)).collect();
        assert_eq!(joined.join(" "), text);
    }

    #[test]
    fn both_formats_write_their_own_clock_and_vtt_escapes_markup() {
        let cue = Cue {
            start: Duration::from_millis(3_661_007),
            end: Duration::from_secs(3662),
            lines: vec!["a < b".to_owned()],
        };
        assert_eq!(to_srt(std::slice::from_ref(&cue)), "1\n01:01:01,007 --> 01:01:02,000\na < b\n\n");
        assert_eq!(to_vtt(&[cue]), "WEBVTT\n\n01:01:01.007 --> 01:01:02.000\na &lt; b\n\n");
    }
}
