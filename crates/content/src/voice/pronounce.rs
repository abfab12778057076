//! A dictionary of words that voices get wrong, and what people write in short. The voice is given
//! other writing; captions keep what was written, at the moments at which the other writing is heard.

use rushes_core::narration::{Speech, words_from_marks, written_words};
use rushes_core::reading::{Reading, readings};
use rushes_core::spec::{Language, Pronunciation};

use super::text::Rewritten;

/// The sentence as the voice is to be given it. The dictionary of the spec's author comes first.
pub fn rewrite(sentence: &str, dictionary: &[Pronunciation], language: &Language) -> Rewritten {
    let readings = readings(sentence, language);
    let mut rewritten = Rewritten::default();
    let (mut copied, mut at) = (0, 0);
    while let Some(character) = sentence[at..].chars().next() {
        let longest = dictionary
            .iter()
            .filter_map(|entry| Some((match_at(sentence, at, &entry.written)?, entry.spoken.as_str())))
            .max_by_key(|(end, _)| *end);
        match longest.or_else(|| read_at(&readings, at)) {
            Some((end, spoken)) => {
                rewritten.replace(&sentence[copied..at], copied..at);
                rewritten.replace(spoken, at..end);
                (copied, at) = (end, end);
            }
            None => at += character.len_utf8(),
        }
    }
    rewritten.replace(&sentence[copied..], copied..sentence.len());
    rewritten
}

/// What is read otherwise from `at` on: where it ends, and what is spoken.
fn read_at(readings: &[Reading], at: usize) -> Option<(usize, &str)> {
    let found = readings.iter().find(|reading| reading.written.start == at)?;
    Some((found.written.end, &found.spoken))
}

/// Where the whole word `written` ends that begins at `at`, whatever its capitals.
fn match_at(sentence: &str, at: usize, written: &str) -> Option<usize> {
    let mut rest = sentence[at..].char_indices();
    let mut end = at;
    for wanted in written.chars() {
        let (offset, found) = rest.next()?;
        let are_spaces = found.is_whitespace() && wanted.is_whitespace();
        if !are_spaces && !found.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
        end = at + offset + found.len_utf8();
    }
    let before = sentence[..at].chars().next_back();
    let after = sentence[end..].chars().next();
    let (first, last) = (written.chars().next()?, written.chars().next_back()?);
    (are_apart(before, first) && are_apart(after, last)).then_some(end)
}

/// Whether a word may end between two characters. Scripts from Chinese on set no spaces.
fn are_apart(outer: Option<char>, inner: char) -> bool {
    let joins = |character: char| character.is_alphanumeric() && character < '\u{2e80}';
    !outer.is_some_and(joins) || !joins(inner)
}

/// The speech of the rewritten sentence as the speech of the written one.
pub fn restore(mut speech: Speech, sentence: &str, rewritten: &Rewritten) -> Speech {
    let places = written_words(&rewritten.text);
    let heard = places.into_iter().zip(&speech.words);
    let marks: Vec<_> = heard.filter_map(|(place, word)| Some((rewritten.written(place.start)?, word.start))).collect();
    speech.words = words_from_marks(sentence, &marks, speech.duration());
    speech
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rushes_core::narration::SpokenWord;

    use super::*;

    fn dictionary(entries: &[(&str, &str)]) -> Vec<Pronunciation> {
        let entry = |(written, spoken): &(&str, &str)| Pronunciation {
            written: (*written).to_owned(),
            spoken: (*spoken).to_owned(),
        };
        entries.iter().map(entry).collect()
    }

    #[test]
    fn whole_words_are_replaced_whatever_their_capitals() {
        let dictionary = dictionary(&[("sql", "sequel"), ("SQL server", "sequel box"), ("東京", "とうきょう")]);
        let given = |text: &str| rewrite(text, &dictionary, &Language::default()).text;
        assert_eq!(given("SQL, MySQL and sql."), "sequel, MySQL and sequel.");
        assert_eq!(given("An SQL Server!"), "An sequel box!");
        assert_eq!(given("今日は東京に"), "今日はとうきょうに");
        assert_eq!(given("nothing"), "nothing");
    }

    #[test]
    fn dates_are_read_as_dates_unless_the_dictionary_knows_better() {
        let given =
            |entries: &[(&str, &str)]| rewrite("On 12/05/2024.", &dictionary(entries), &Language::default()).text;
        assert_eq!(given(&[]), "On December 5, 2024.");
        assert_eq!(given(&[("12/05/2024", "that day")]), "On that day.");
    }

    #[test]
    fn captions_keep_what_was_written_at_the_moments_of_what_is_heard() {
        let sentence = "Use SQL now.";
        let rewritten = rewrite(sentence, &dictionary(&[("SQL", "the query language")]), &Language::default());
        let ms = Duration::from_millis;
        let word = |(index, text): (u64, &str)| SpokenWord {
            text: text.to_owned(),
            is_joined: false,
            start: ms(index * 100),
            end: ms(index * 100 + 100),
        };
        let words = (0..).zip(rewritten.text.split(' ')).map(word).collect();
        let speech = Speech { samples: vec![0; 500].into(), sample_rate_hz: 1_000, words };
        let words = restore(speech, sentence, &rewritten).words;
        let shown: Vec<_> = words.iter().map(|word| (word.text.as_str(), word.start, word.end)).collect();
        assert_eq!(shown, [("Use", ms(0), ms(100)), ("SQL", ms(100), ms(400)), ("now.", ms(400), ms(500))]);
    }
}
