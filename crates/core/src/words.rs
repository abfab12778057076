//! Cutting a sentence into the words that captions show and highlight.

use std::ops::Range;

use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{LineSegmenter, WordSegmenter};

/// The written words of a sentence, as byte ranges.
///
/// Words end at white space. Scripts that set none between words are cut where a word
/// ends by the dictionary (Unicode Standard Annex 29, §4) and a line may end (Annex 14),
/// so that no line begins with a full stop.
#[must_use]
pub fn written_words(sentence: &str) -> Vec<Range<usize>> {
    let start_of = |word: &str| word.as_ptr() as usize - sentence.as_ptr() as usize;
    let mut words = Vec::new();
    for word in sentence.split_whitespace() {
        let start = start_of(word);
        let mut from = 0;
        for to in inner_boundaries(word).into_iter().chain([word.len()]) {
            words.push(start + from..start + to);
            from = to;
        }
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
        assert_eq!(cut("It costs well-known 5.5$ — no?"), ["It", "costs", "well-known", "5.5$", "—", "no?"]);
        assert_eq!(cut("오늘은 날씨가 좋습니다."), ["오늘은", "날씨가", "좋습니다."]);
    }

    #[test]
    fn chinese_and_japanese_are_cut_at_words_and_keep_their_punctuation() {
        assert_eq!(cut("今天天气很好，我们去公园。"), ["今天", "天气", "很好，", "我们", "去", "公园。"]);
        assert_eq!(cut("今日は「東京」に行きます。"), ["今日", "は", "「東京」", "に", "行き", "ます。"]);
        assert_eq!(cut("我用iPhone 15拍照"), ["我", "用", "iPhone", "15", "拍照"]);
    }

    proptest! {
        #[test]
        fn words_are_the_sentence_without_its_spaces(text in "[a-z 0-9今天気はカ。、「」ก่า가 -]{0,60}") {
            let words = written_words(&text);
            prop_assert!(words.windows(2).all(|pair| pair[0].end <= pair[1].start));
            prop_assert!(words.iter().all(|word| !word.is_empty()));
            let joined: String = words.into_iter().map(|word| &text[word]).collect();
            let expected: String = text.split_whitespace().collect();
            prop_assert_eq!(joined, expected);
        }
    }
}
