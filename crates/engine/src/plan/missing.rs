//! Letters that no font has.

use std::fmt::Write as _;

use rushes_core::spec::{CaptionMode, Font};
use rushes_core::timeline::{TimedSentence, TimedWord, Timeline, TimelineScene};
use unicode_segmentation::UnicodeSegmentation;

use crate::text::Typesetter;

/// Letters that a warning shows.
const SHOWN_LETTERS: usize = 5;
/// Places that are named.
const NAMED_PLACES: usize = 5;

/// A sentence for each place with letters that no font has, and one for all beyond the first few.
pub fn missing_letters(timeline: &Timeline, typesetter: &mut Typesetter) -> Vec<String> {
    let mut warnings = Vec::new();
    for (scene, number) in timeline.scenes.iter().zip(1..) {
        for (kind, font, text) in texts(scene) {
            let letters = missing(&text, font, typesetter);
            if !letters.is_empty() {
                let letters = listed(&letters);
                warnings.push(format!("scene {number}: no font has {letters} of the {kind}, so boxes stand there"));
            }
        }
    }
    let unnamed = warnings.len().saturating_sub(NAMED_PLACES);
    warnings.truncate(NAMED_PLACES);
    if unnamed > 0 {
        warnings.push(format!("scenes: there are letters that no font has in {unnamed} more places"));
    }
    warnings
}

/// What is written in a scene: its kind, its font, its words.
fn texts(scene: &TimelineScene) -> impl Iterator<Item = (&'static str, Font, String)> {
    let captions = || {
        let sentences = scene.sentences.iter().map(|sentence: &TimedSentence| TimedWord::joined(&sentence.words));
        sentences.collect::<Vec<_>>().join(" ")
    };
    let title = scene.title.as_ref().map(|heading| ("title", Font::Sans, heading.text.clone()));
    let two = |title: &str, subtitle: Option<&String>| format!("{title} {}", subtitle.map_or("", String::as_str));
    let card = scene.card.as_ref().map(|card| ("card", Font::Sans, two(&card.title, card.subtitle.as_ref())));
    let lower_third = scene.lower_third.as_ref();
    let lower_third = lower_third.map(|third| ("lower third", Font::Sans, two(&third.title, third.subtitle.as_ref())));
    let captions = (scene.captions.mode != CaptionMode::None).then(|| ("captions", scene.captions.font, captions()));
    [title, card, lower_third, captions].into_iter().flatten()
}

/// Each missing letter once, in order.
fn missing<'a>(text: &'a str, font: Font, typesetter: &mut Typesetter) -> Vec<&'a str> {
    let mut letters: Vec<&str> = Vec::new();
    for letter in text.graphemes(true) {
        if !typesetter.has_letter(letter, font) && !letters.contains(&letter) {
            letters.push(letter);
        }
    }
    letters
}

fn listed(letters: &[&str]) -> String {
    let mut list = letters.iter().take(SHOWN_LETTERS).map(|letter| shown(letter)).collect::<Vec<_>>().join(", ");
    if let Some(more) = letters.len().checked_sub(SHOWN_LETTERS).filter(|more| *more > 0) {
        // Writing into a string cannot fail.
        let _ = write!(list, " and {more} more letters");
    }
    list
}

/// The letter, or its number where nobody but its author knows how it looks.
fn shown(letter: &str) -> String {
    match letter.chars().next() {
        Some(private @ ('\u{e000}'..='\u{f8ff}' | '\u{f0000}'..)) => format!("U+{:04X}", u32::from(private)),
        _ => format!("“{letter}”"),
    }
}

#[cfg(test)]
mod tests {
    use rushes_core::spec::{Card, Output};
    use rushes_core::timeline::{Backdrop, SpokenScene, SpokenVideo};
    use rushes_core::units::Color;

    use super::*;

    fn warnings(cards: &[&str]) -> Vec<String> {
        let scene = |title: &&str| SpokenScene {
            card: Some(Card { title: (*title).to_owned(), subtitle: None }),
            ..SpokenScene::plain(Backdrop::Color(Color::rgb(0, 0, 0)))
        };
        let video = SpokenVideo::plain(cards.iter().map(scene).collect());
        missing_letters(&Timeline::lay(Output::default(), video).0, &mut Typesetter::new())
    }

    #[test]
    fn letters_that_no_font_has_are_named_with_their_place() {
        assert_eq!(
            warnings(&["Good – “so” 🎉 \u{2060}\u{feff}…", "𐎀𐎁𐎀 a \u{e000}"]),
            ["scene 2: no font has “𐎀”, “𐎁”, U+E000 of the card, so boxes stand there"]
        );
        assert_eq!(
            warnings(&["𐎀𐎁𐎂𐎃𐎄𐎅𐎆"]),
            ["scene 1: no font has “𐎀”, “𐎁”, “𐎂”, “𐎃”, “𐎄” and 2 more letters of the card, so boxes stand there"]
        );
        assert_eq!(warnings(&["𐎀"; 9])[5..], ["scenes: there are letters that no font has in 4 more places"]);
    }
}
