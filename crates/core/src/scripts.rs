//! Which scripts a text is written in.

use std::cmp::Reverse;

use icu_properties::CodePointMapData;
use icu_properties::props::Script;

/// The scripts of the letters of `text` and how many there are of each, the most frequent first.
#[must_use]
pub fn scripts(text: &str) -> Vec<(Script, usize)> {
    let mut counts: Vec<(Script, usize)> = Vec::new();
    for script in text.chars().filter(|character| character.is_alphabetic()).map(script_of) {
        if matches!(script, Script::Common | Script::Inherited | Script::Unknown) {
            continue;
        }
        match counts.iter_mut().find(|(known, _)| *known == script) {
            Some((_, count)) => *count += 1,
            None => counts.push((script, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| Reverse(*count));
    counts
}

/// The script of a character; both kinds of kana are one.
#[must_use]
pub fn script_of(character: char) -> Script {
    match CodePointMapData::<Script>::new().get(character) {
        Script::Katakana => Script::Hiragana,
        script => script,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_script_comes_first() {
        assert_eq!(scripts("Привет, world 5!"), [(Script::Cyrillic, 6), (Script::Latin, 5)]);
        assert_eq!(scripts("東京タワーの"), [(Script::Hiragana, 3), (Script::Han, 2)]);
        assert_eq!(scripts("5 + 5 😀"), []);
    }
}
