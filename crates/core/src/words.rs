//! Cutting a sentence into the words that captions show and highlight.

use std::ops::Range;

use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{LineSegmenter, WordSegmenter};

use crate::numbers::grouped;
use crate::white_space::parts_words;

mod signs;

use signs::{Role, role};

/// The written words of a sentence, as byte ranges.
///
/// Words end at white space, but for spaces that hold their neighbours together. Scripts that set
/// none between words are cut where a word ends by the dictionary (Unicode Standard Annex 29, §4)
/// and a line may end (Annex 14), so that no line begins with a full stop. A sign that stands alone
/// belongs to the word that it is read with, so that no word is a sign where there is another.
#[must_use]
pub fn written_words(sentence: &str) -> Vec<Range<usize>> {
    with_signs(sentence, &apart(sentence))
}

/// What stands between white space, unspaced scripts cut.
fn apart(sentence: &str) -> Vec<Range<usize>> {
    let start_of = |word: &str| word.as_ptr() as usize - sentence.as_ptr() as usize;
    let mut words = Vec::new();
    for word in sentence.split(parts_words).filter(|word| !word.trim().is_empty()) {
        let start = start_of(word);
        let mut from = 0;
        for to in inner_boundaries(word).into_iter().chain([word.len()]) {
            words.push(start + from..start + to);
            from = to;
        }
    }
    words
}

/// Joins signs with the words before or behind them, and the groups of a number.
fn with_signs(sentence: &str, apart: &[Range<usize>]) -> Vec<Range<usize>> {
    let numbers = grouped(sentence);
    let is_same_number = |one: &Range<usize>, next: &Range<usize>| {
        numbers.iter().any(|number| number.start < one.end && one.end < number.end && number.contains(&next.start))
    };
    let mut words: Vec<Range<usize>> = Vec::with_capacity(apart.len());
    // Signs that wait for the word that they open.
    let mut waiting: Option<usize> = None;
    for range in apart {
        match (role(sentence, range), words.last_mut()) {
            (Role::Word, Some(last)) if waiting.is_none() && is_same_number(last, range) => last.end = range.end,
            (Role::Word, _) => words.push(waiting.take().unwrap_or(range.start)..range.end),
            (Role::Closes, Some(last)) if waiting.is_none() => last.end = range.end,
            (Role::Opens | Role::Closes, _) => {
                waiting.get_or_insert(range.start);
            }
        }
    }
    let end = apart.last().map_or(0, |last| last.end);
    match (waiting, words.last_mut()) {
        (Some(_), Some(last)) => last.end = end,
        (Some(start), None) => words.push(start..end),
        (None, _) => {}
    }
    words
}

/// Where a word without white space may be cut.
fn inner_boundaries(word: &str) -> Vec<usize> {
    if !word.chars().any(is_unspaced) {
        return Vec::new();
    }
    let words = WordSegmenter::new_dictionary(WordBreakInvariantOptions::default());
    let ends: Vec<usize> = words.segment_str(word).collect();
    let touches = |at: &usize| {
        let (before, after) = word.split_at(*at);
        before.chars().next_back().is_some_and(is_unspaced) || after.chars().next().is_some_and(is_unspaced)
    };
    let lines = LineSegmenter::new_dictionary(Default::default());
    let breaks = lines.segment_str(word).filter(|at| (1..word.len()).contains(at) && ends.binary_search(at).is_ok());
    breaks.filter(touches).collect()
}

/// Whether a character belongs to a script that sets no space between words, or to its punctuation.
const fn is_unspaced(character: char) -> bool {
    matches!(character,
        '\u{e00}'..='\u{eff}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' // Burmese
        | '\u{1780}'..='\u{17ff}' // Khmer
        | '\u{3000}'..='\u{30ff}' // punctuation, Hiragana, Katakana
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{9fff}' // Chinese characters
        | '\u{f900}'..='\u{faff}'
        | '\u{ff00}'..='\u{ff9f}'
        | '\u{20000}'..='\u{3ffff}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        written_words(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn words_with_spaces_stay_whole() {
        assert_eq!(cut("It costs well-known 5.5$ — no?"), ["It", "costs", "well-known", "5.5$ —", "no?"]);
        assert_eq!(cut("오늘은 날씨가 좋습니다."), ["오늘은", "날씨가", "좋습니다."]);
    }

    #[test]
    fn chinese_and_japanese_are_cut_at_words_and_keep_their_punctuation() {
        assert_eq!(cut("今天天气很好，我们去公园。"), ["今天", "天气", "很好，", "我们", "去", "公园。"]);
        assert_eq!(cut("今日は「東京」に行きます。"), ["今日", "は", "「東京」", "に", "行き", "ます。"]);
        assert_eq!(cut("我用iPhone 15拍照"), ["我", "用", "iPhone", "15", "拍照"]);
    }

    #[test]
    fn signs_stay_with_the_word_that_they_are_read_with() {
        assert_eq!(
            cut("Vraiment ? Comment ça va ? « Très bien » — dit-il : c’est 10 000 € !"),
            ["Vraiment ?", "Comment", "ça", "va ?", "« Très", "bien » —", "dit-il :", "c’est", "10 000 € !"]
        );
        assert_eq!(
            cut("Rock & roll - it's 50 % off ... -> go * now"),
            ["Rock", "& roll", "- it's", "50 %", "off ...", "-> go", "* now"]
        );
        assert_eq!(
            cut("Oui\u{a0}! «\u{202f}Non\u{202f}» ; 5\u{a0}000\u{a0}km"),
            ["Oui\u{a0}!", "«\u{202f}Non\u{202f}» ;", "5\u{a0}000\u{a0}km"]
        );
        assert_eq!(
            cut("the $ 5 and 5 $ or \" quoted \" 👋 !"),
            ["the", "$ 5", "and", "5 $", "or", "\" quoted \"", "👋 !"]
        );
        assert_eq!(cut("— Bonjour ( vite ) …"), ["— Bonjour", "( vite ) …"]);
        assert_eq!(cut("a «"), ["a «"]);
        assert_eq!(cut("? !"), ["? !"]);
    }

    proptest! {
        #[test]
        fn no_word_is_a_sign_where_there_is_another(text in "[a-z0-9?!:;»«%€—(), \u{a0}今。-]{0,40}") {
            let words = cut(&text);
            let is_sign = |word: &&str| !word.chars().any(char::is_alphanumeric);
            prop_assert!(words.len() < 2 || !words.iter().any(is_sign), "{words:?}");
        }

        #[test]
        fn words_are_the_sentence_without_its_spaces(text in "[a-z 0-9今天気はカ。、「」ก่า가«»?€\u{a0} -]{0,60}") {
            let words = written_words(&text);
            prop_assert!(words.windows(2).all(|pair| pair[0].end <= pair[1].start));
            prop_assert!(words.iter().all(|word| !word.is_empty()));
            let joined: String = words.into_iter().flat_map(|word| text[word].split_whitespace()).collect();
            let expected: String = text.split_whitespace().collect();
            prop_assert_eq!(joined, expected);
        }
    }
}
