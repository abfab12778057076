//! Capitals, which differ between languages.

use icu_casemap::CaseMapper;
use icu_locale_core::LanguageIdentifier;
use rushes_core::spec::Language;

/// The text in capitals, as the language writes them (Unicode Standard, §5.18 and SpecialCasing.txt): Turkish has an
/// `İ`, Greek capitals bear no accents.
pub fn capitals(text: &str, language: Option<&Language>) -> String {
    let tag = language.map(Language::as_str).and_then(|tag| LanguageIdentifier::try_from_str(tag).ok());
    CaseMapper::new().uppercase_to_string(text, &tag.unwrap_or(LanguageIdentifier::UNKNOWN)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_are_those_of_the_language() {
        let cases = [
            ("tr", "istanbul'da iyi bir gün, ışık var.", "İSTANBUL'DA İYİ BİR GÜN, IŞIK VAR."),
            ("az", "iki min iyirmi beş", "İKİ MİN İYİRMİ BEŞ"),
            ("el", "Καλημέρα, Ελλάδα, μαΐου ή.", "ΚΑΛΗΜΕΡΑ, ΕΛΛΑΔΑ, ΜΑΪΟΥ Ή."),
            ("lt", "i\u{307}\u{301}", "I\u{301}"),
            ("nl", "ijs", "IJS"),
            ("de", "straße", "STRASSE"),
            ("en-US", "istanbul", "ISTANBUL"),
            ("ru", "ёлка", "ЁЛКА"),
        ];
        for (language, text, expected) in cases {
            assert_eq!(capitals(text, Language::parse(language).as_ref()), expected, "{language}");
        }
        assert_eq!(capitals("istanbul ﬁne", None), "ISTANBUL FINE");
    }
}
