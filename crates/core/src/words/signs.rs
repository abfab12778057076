//! Signs that people set apart from words: French `?` and `»`, dashes, units.

use std::ops::Range;

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

/// Signs that belong to what follows where they stand alone.
const OPENERS: &str = "([{«‹„‚“‘¿¡#№§&+-−=<>~*→×÷±@/|";
/// Signs of the category of pictographs that belong to the number before.
const UNITS: &str = "°℃℉™®©";

/// What a piece between white space is to the words around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A word of its own; so is an emoji.
    Word,
    /// Signs that belong to the next word.
    Opens,
    /// Signs that belong to the word before.
    Closes,
}

/// What the piece at `range` is.
pub fn role(sentence: &str, range: &Range<usize>) -> Role {
    let (before, piece, behind) = (&sentence[..range.start], &sentence[range.clone()], &sentence[range.end..]);
    let Some(first) = piece.chars().next().filter(|_| piece.chars().all(is_sign)) else { return Role::Word };
    let opens = match first {
        // Every second one closes.
        '"' | '\'' => before.matches(first).count().is_multiple_of(2),
        _ if is_currency(first) => {
            let is_number = |character: char| character.is_numeric();
            behind.trim_start().starts_with(is_number) && !before.trim_end().ends_with(is_number)
        }
        _ => OPENERS.contains(first),
    };
    if opens { Role::Opens } else { Role::Closes }
}

fn is_sign(character: char) -> bool {
    use GeneralCategory as Category;
    let is_sign = matches!(
        category(character),
        Category::ConnectorPunctuation
            | Category::DashPunctuation
            | Category::OpenPunctuation
            | Category::ClosePunctuation
            | Category::InitialPunctuation
            | Category::FinalPunctuation
            | Category::OtherPunctuation
            | Category::MathSymbol
            | Category::CurrencySymbol
            | Category::ModifierSymbol
            | Category::SpaceSeparator
            | Category::Format
    );
    is_sign || UNITS.contains(character)
}

fn is_currency(character: char) -> bool {
    category(character) == GeneralCategory::CurrencySymbol
}

fn category(character: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(character)
}
