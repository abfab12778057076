//! Cutting narration at its sentences (Unicode Standard Annex 29, §5, with the
//! abbreviations that its rules cannot know).

use unicode_segmentation::UnicodeSegmentation;

/// Words after which a full stop does not end a sentence, in lower case.
const ABBREVIATIONS: &[&str] = &[
    "mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "vs.", "etc.", "e.g.", "i.e.", "no.", "fig.", "approx.", "jr.", "sr.",
    "inc.", "ltd.", "u.s.", "u.k.", "z.b.", "bzw.", "ca.", "nr.", "bspw.",
];

/// The sentences of `text` in order, trimmed; together they hold all its words.
#[must_use]
pub fn sentences(text: &str) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    let mut open = String::new();
    for piece in text.split_sentence_bounds() {
        open.push_str(piece);
        if ends_apart(piece) && !ends_in_abbreviation(&open) {
            close(&mut open, &mut sentences);
        }
    }
    close(&mut open, &mut sentences);
    sentences
}

/// Whether what follows is set off by space, or the script needs none (CJK).
fn ends_apart(piece: &str) -> bool {
    piece.ends_with(|last: char| last.is_whitespace() || matches!(last, '。' | '！' | '？' | '」' | '』'))
}

fn ends_in_abbreviation(text: &str) -> bool {
    text.split_whitespace().next_back().is_some_and(|word| {
        let word = word.trim_start_matches(['(', '"', '“', '\'']).to_lowercase();
        ABBREVIATIONS.contains(&word.as_str())
    })
}

fn close(open: &mut String, sentences: &mut Vec<String>) {
    let sentence = open.trim();
    let speakable = sentence.chars().any(char::is_alphanumeric);
    match sentences.last_mut() {
        // A lone bracket or dash has no sound of its own: it stays with the sentence before.
        Some(before) if !speakable && !sentence.is_empty() => {
            before.push(' ');
            before.push_str(sentence);
        }
        _ if !sentence.is_empty() => sentences.push(sentence.to_owned()),
        _ => {}
    }
    open.clear();
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sentences_end_where_a_reader_would_pause() {
        assert_eq!(
            sentences("Dr. Smith saw it. It cost 3.5 dollars! Did it? “Yes.” He left"),
            ["Dr. Smith saw it.", "It cost 3.5 dollars!", "Did it?", "“Yes.”", "He left"]
        );
    }

    #[test]
    fn other_scripts_have_sentences_too() {
        assert_eq!(sentences("今日は晴れ。明日は雨。"), ["今日は晴れ。", "明日は雨。"]);
        assert_eq!(sentences("यह पहला है। यह दूसरा है।").len(), 2);
    }

    proptest! {
        #[test]
        fn no_word_is_lost_or_doubled(text in "[a-zA-Z0-9 .,!?;:()'“”-]{0,200}") {
            let before: Vec<&str> = text.split_whitespace().collect();
            let joined = sentences(&text).join(" ");
            let after: Vec<&str> = joined.split_whitespace().collect();
            prop_assert_eq!(before, after);
        }
    }
}
